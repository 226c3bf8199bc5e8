"""Tables on as many slides as they need, by the height of their rows, as large as they can be read.

Nothing is dropped: a row higher than what is left goes on in a row of the next slide, line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reports.slides.column_widths import CONTINUATION_MARK, Column, ColumnWidths, RowCells, column_widths
from reports.slides.deck import (
    BODY,
    CELL_PADDINGS,
    CONTINUED_SIZES,
    GAP,
    PAD_X,
    PAD_Y,
    SIZES,
    Paragraph,
    Rect,
    Shape,
    Slide,
    TableRow,
    TableShape,
    TextBox,
    line_height,
)
from reports.slides.share_bars import Share, share_bars, share_bars_height
from reports.slides.text_layout import fit_paragraphs, number_slides, paginate_paragraphs, text_height
from reports.slides.text_metrics import WrappedLine, clean_text, join_lines, wrap_text
from reports.slides.totals import TOTALS_HEIGHT, SlideTotal, total_shapes

_MAX_UNSPLIT_LINES = 10  # a row of up to so many lines is never cut
_MIN_LINES_TO_SPLIT = 4  # a higher one is cut where at least so many of its lines still stand on the slide
_MAX_NOTE_SIZE, _MAX_TEXT_SIZE, _MAX_WRAPPED_SIZE = 14.0, 16.0, 16.0


@dataclass(frozen=True)
class TableExtras:
    """What stands with a table: sums and a note above it on the first slide, text and bars below it on the last."""

    totals: Sequence[SlideTotal] = ()
    note: str = ""
    text: Sequence[Paragraph] = ()
    shares: Sequence[Share] = ()

    def shapes_above(self, size: float) -> tuple[tuple[Shape, ...], float]:
        """The shapes, and where the table begins."""
        shapes: tuple[Shape, ...] = ()
        top = BODY.top
        if self.totals:
            shapes, top = (*total_shapes(self.totals, top),), top + TOTALS_HEIGHT + GAP
        if self.note:
            said = Paragraph(clean_text(self.note), min(size, _MAX_NOTE_SIZE), "muted")
            high = text_height([said], BODY.width)
            shapes, top = (*shapes, TextBox(Rect(BODY.left, top, BODY.width, high), (said,))), top + high + GAP
        return shapes, top

    def fitted_text(self, room: float) -> list[Paragraph]:
        """The text, in so much room as large as it fits there."""
        return fit_paragraphs(self.text, BODY.width, room, _MAX_TEXT_SIZE)


@dataclass(frozen=True)
class _TableLayout:
    """A table set at one size. `pad`: points above and below the letters."""

    columns: Sequence[Column]
    widths: tuple[float, ...]
    size: float
    pad: float = PAD_Y

    @cached_property
    def heading_row(self) -> TableRow:
        cells = [one.heading_cell for one in self.columns]
        return self.make_row(cells, self.wrap_cells(cells))

    def wrap_cells(self, cells: RowCells) -> list[list[WrappedLine]]:
        """The lines of each cell."""
        return [
            wrap_text(clean_text(cell.text), width - 2 * PAD_X, self.size, cell.is_bold)
            for cell, width in zip(cells, self.widths, strict=True)
        ]

    def make_row(self, cells: RowCells, lines: Sequence[list[WrappedLine]]) -> TableRow:
        """The row that says these lines."""
        said = tuple(
            replace(cell, text=(text := join_lines(some)), is_number=column.is_number, fill=cell.fill if text else "")
            for column, cell, some in zip(self.columns, cells, lines, strict=True)
        )
        return TableRow(said, max(map(len, lines), default=1) * line_height(self.size) + 2 * self.pad)

    def max_lines(self, height: float) -> int:
        """How many lines a row of at most this height has."""
        return int((height - 2 * self.pad) / line_height(self.size) + 1e-6)

    def height(self, rows: Sequence[RowCells], most: float) -> float:
        """Of all rows with their head; more than `most` where they are too many for it."""
        if len(rows) * (line_height(self.size) + 2 * self.pad) > most:
            return most + 1
        return self.heading_row.height + sum(self.make_row(cells, self.wrap_cells(cells)).height for cells in rows)

    def grid(self, rows: Sequence[TableRow], top: float) -> TableShape:
        return TableShape(BODY.left, top, self.widths, (self.heading_row, *rows), self.size, self.pad)


def table_slides(
    title: str, columns: Sequence[Column], rows: Sequence[RowCells], extras: TableExtras = TableExtras()
) -> list[Slide]:
    """A table on one slide or more, its head on each, with what stands beside it."""
    setting = _choose_layout(columns, rows, extras)
    above, first = extras.shapes_above(setting.size)
    slides: list[tuple[Shape, ...]] = [
        (*(() if number else above), setting.grid(page, BODY.top if number else first))
        for number, page in enumerate(_paginate_rows(setting, rows, BODY.bottom - first))
    ]
    return number_slides(title, _add_share_bars(_add_text(slides, extras), extras.shares))


def _add_text(slides: list[tuple[Shape, ...]], extras: TableExtras) -> list[tuple[Shape, ...]]:
    """The slides with the text after the last of their tables."""
    if not extras.text:
        return slides
    top = _bottom_of(slides[-1]) + GAP
    room = BODY.bottom - top
    first, *others = paginate_paragraphs(extras.fitted_text(room - share_bars_height(extras.shares)), room)
    under = TextBox(Rect(BODY.left, top, BODY.width, text_height(first, BODY.width)), tuple(first))
    last = (*slides[-1], under) if first else slides[-1]
    return [*slides[:-1], last, *((TextBox(BODY, tuple(page)),) for page in others)]


def _add_share_bars(slides: list[tuple[Shape, ...]], shares: Sequence[Share]) -> list[tuple[Shape, ...]]:
    """The slides with bars in the room that the last one has left."""
    end = _bottom_of(slides[-1])
    return [*slides[:-1], (*slides[-1], *share_bars(shares, end + GAP, BODY.bottom - end))]


def _bottom_of(shapes: Sequence[Shape]) -> float:
    return max(shape.rect.bottom for shape in shapes)


def _choose_layout(columns: Sequence[Column], rows: Sequence[RowCells], extras: TableExtras) -> _TableLayout:
    """As large as all stands on one slide with whole words, if need be without bars; else so that it goes on."""
    widths = column_widths(columns, rows)
    whole = [
        size
        for size in SIZES
        if not (widths.has_wrapped_lines if size > _MAX_WRAPPED_SIZE else widths.has_cut_words)(size)
    ]
    settings = [_TableLayout(columns, widths.widths_at(size), size, pad) for size in whole for pad in CELL_PADDINGS]
    ways = ((one, bars) for bars in (share_bars_height(extras.shares), 0.0) for one in settings)
    found = (one for one, bars in ways if _is_on_one_slide(one, rows, extras, bars))
    return next(found, None) or _continued_layout(columns, widths)


def _continued_layout(columns: Sequence[Column], widths: ColumnWidths) -> _TableLayout:
    size = next((size for size in CONTINUED_SIZES if not widths.has_cut_words(size)), CONTINUED_SIZES[-1])
    return _TableLayout(columns, widths.widths_at(size), size)


def _is_on_one_slide(layout: _TableLayout, rows: Sequence[RowCells], extras: TableExtras, bars: float) -> bool:
    """With so many points for bars."""
    _, top = extras.shapes_above(layout.size)
    text = extras.fitted_text(0.0)
    room = BODY.bottom - top - bars - (text_height(text, BODY.width) + GAP if text else 0.0)
    return layout.height(rows, room) <= room


def _paginate_rows(layout: _TableLayout, rows: Sequence[RowCells], first: float) -> Iterator[list[TableRow]]:
    """The rows of each slide. `first`: the height that the first slide has for the table."""
    head = layout.heading_row.height
    page: list[TableRow] = []
    left, whole = first - head, BODY.height - head
    for cells in rows:
        for piece in _split_row(layout, cells, left, whole):
            if piece.height > left + 1e-6:
                yield page
                page, left = [], whole
            page.append(piece)
            left -= piece.height
    yield page


def _split_row(layout: _TableLayout, cells: RowCells, left: float, whole: float) -> Iterator[TableRow]:
    """The row, or the rows it is cut into: what still stands on this slide, then what goes on the next ones."""
    lines = layout.wrap_cells(cells)
    room = layout.max_lines(left)
    while (most := max(map(len, lines))) > room:
        if most > _MAX_UNSPLIT_LINES and room >= _MIN_LINES_TO_SPLIT:
            yield layout.make_row(cells, [some[:room] for some in lines])
            lines = [
                *_continued_label_lines(layout, lines[0], room),
                *(some[room:] or [WrappedLine("")] for some in lines[1:]),
            ]
        room = layout.max_lines(whole)
    yield layout.make_row(cells, lines)


def _continued_label_lines(layout: _TableLayout, lines: list[WrappedLine], taken: int) -> Iterator[list[WrappedLine]]:
    """What is left of the first cell, which goes on saying what the row is of."""
    text = join_lines(lines).removesuffix(CONTINUATION_MARK) + CONTINUATION_MARK
    yield lines[taken:] or wrap_text(text, layout.widths[0] - 2 * PAD_X, layout.size)
