"""Layout of tables on slides: the largest font size that fits one slide, else continued on further slides.

Nothing is dropped: a row that is too high for the rest of a slide is split by lines and continued on the next one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

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

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_MAX_UNSPLIT_LINES = 10  # a row with at most this many lines is never split
_MIN_LINES_TO_SPLIT = 4  # a longer row is split if at least this many of its lines fit the slide
_MAX_NOTE_SIZE, _MAX_TEXT_SIZE, _MAX_WRAPPED_SIZE = 14.0, 16.0, 16.0


@dataclass(frozen=True)
class TableExtras:
    """Content around a table: totals and a note above it on the first slide, text and bars below it on the last."""

    totals: Sequence[SlideTotal] = ()
    note: str = ""
    text: Sequence[Paragraph] = ()
    shares: Sequence[Share] = ()

    def shapes_above(self, size: float) -> tuple[tuple[Shape, ...], float]:
        """The shapes above the table, and the top of the table (pt)."""
        shapes: tuple[Shape, ...] = ()
        top = BODY.top
        if self.totals:
            shapes, top = (*total_shapes(self.totals, top),), top + TOTALS_HEIGHT + GAP
        if self.note:
            note = Paragraph(clean_text(self.note), min(size, _MAX_NOTE_SIZE), "muted")
            height = text_height([note], BODY.width)
            shapes, top = (*shapes, TextBox(Rect(BODY.left, top, BODY.width, height), (note,))), top + height + GAP
        return shapes, top

    def fitted_text(self, room: float) -> list[Paragraph]:
        """The text in the largest size that fits a height of `room` points."""
        return fit_paragraphs(self.text, BODY.width, room, _MAX_TEXT_SIZE)


@dataclass(frozen=True)
class _TableLayout:
    """A table in one font size. `pad`: padding above and below the text (pt)."""

    columns: Sequence[Column]
    widths: tuple[float, ...]
    size: float
    pad: float = PAD_Y

    @cached_property
    def heading_row(self) -> TableRow:
        cells = [column.heading_cell for column in self.columns]
        return self.make_row(cells, self.wrap_cells(cells))

    def wrap_cells(self, cells: RowCells) -> list[list[WrappedLine]]:
        """The wrapped lines of each cell."""
        return [
            wrap_text(clean_text(cell.text), width - 2 * PAD_X, self.size, cell.is_bold)
            for cell, width in zip(cells, self.widths, strict=True)
        ]

    def make_row(self, cells: RowCells, lines: Sequence[list[WrappedLine]]) -> TableRow:
        """The row with these lines as the texts of its cells."""
        filled_cells = tuple(
            replace(
                cell, text=(text := join_lines(cell_lines)), is_number=column.is_number, fill=cell.fill if text else ""
            )
            for column, cell, cell_lines in zip(self.columns, cells, lines, strict=True)
        )
        return TableRow(filled_cells, max(map(len, lines), default=1) * line_height(self.size) + 2 * self.pad)

    def max_lines(self, height: float) -> int:
        """The number of lines that fit a row of this height (pt)."""
        return int((height - 2 * self.pad) / line_height(self.size) + 1e-6)

    def height(self, rows: Sequence[RowCells], most: float) -> float:
        """Height (pt) of all rows with the heading; a value above `most` if there are clearly too many rows."""
        if len(rows) * (line_height(self.size) + 2 * self.pad) > most:
            return most + 1
        return self.heading_row.height + sum(self.make_row(cells, self.wrap_cells(cells)).height for cells in rows)

    def grid(self, rows: Sequence[TableRow], top: float) -> TableShape:
        return TableShape(BODY.left, top, self.widths, (self.heading_row, *rows), self.size, self.pad)


def table_slides(
    title: str, columns: Sequence[Column], rows: Sequence[RowCells], extras: TableExtras = TableExtras()
) -> list[Slide]:
    """A table on one or more slides, its heading on each, with the content around it."""
    layout = _choose_layout(columns, rows, extras)
    above, first = extras.shapes_above(layout.size)
    slides: list[tuple[Shape, ...]] = [
        (*(() if number else above), layout.grid(page, BODY.top if number else first))
        for number, page in enumerate(_paginate_rows(layout, rows, BODY.bottom - first))
    ]
    return number_slides(title, _add_share_bars(_add_text(slides, extras), extras.shares))


def _add_text(slides: list[tuple[Shape, ...]], extras: TableExtras) -> list[tuple[Shape, ...]]:
    """The slides with the text below the last table."""
    if not extras.text:
        return slides
    top = _bottom_of(slides[-1]) + GAP
    room = BODY.bottom - top
    first, *others = paginate_paragraphs(extras.fitted_text(room - share_bars_height(extras.shares)), room)
    under = TextBox(Rect(BODY.left, top, BODY.width, text_height(first, BODY.width)), tuple(first))
    last = (*slides[-1], under) if first else slides[-1]
    return [*slides[:-1], last, *((TextBox(BODY, tuple(page)),) for page in others)]


def _add_share_bars(slides: list[tuple[Shape, ...]], shares: Sequence[Share]) -> list[tuple[Shape, ...]]:
    """The slides with bars in the free space of the last one."""
    end = _bottom_of(slides[-1])
    return [*slides[:-1], (*slides[-1], *share_bars(shares, end + GAP, BODY.bottom - end))]


def _bottom_of(shapes: Sequence[Shape]) -> float:
    return max(shape.rect.bottom for shape in shapes)


def _choose_layout(columns: Sequence[Column], rows: Sequence[RowCells], extras: TableExtras) -> _TableLayout:
    """The largest layout that fits one slide without broken words, if necessary without bars; else a continued one."""
    widths = column_widths(columns, rows)
    sizes = [
        size
        for size in SIZES
        if not (widths.has_wrapped_lines if size > _MAX_WRAPPED_SIZE else widths.has_cut_words)(size)
    ]
    layouts = [_TableLayout(columns, widths.widths_at(size), size, pad) for size in sizes for pad in CELL_PADDINGS]
    candidates = ((layout, bars) for bars in (share_bars_height(extras.shares), 0.0) for layout in layouts)
    fitting = (layout for layout, bars in candidates if _is_on_one_slide(layout, rows, extras, bars))
    return next(fitting, None) or _continued_layout(columns, widths)


def _continued_layout(columns: Sequence[Column], widths: ColumnWidths) -> _TableLayout:
    size = next((size for size in CONTINUED_SIZES if not widths.has_cut_words(size)), CONTINUED_SIZES[-1])
    return _TableLayout(columns, widths.widths_at(size), size)


def _is_on_one_slide(layout: _TableLayout, rows: Sequence[RowCells], extras: TableExtras, bars: float) -> bool:
    """Whether everything fits one slide with `bars` points reserved for bars."""
    _, top = extras.shapes_above(layout.size)
    text = extras.fitted_text(0.0)
    room = BODY.bottom - top - bars - (text_height(text, BODY.width) + GAP if text else 0.0)
    return layout.height(rows, room) <= room


def _paginate_rows(layout: _TableLayout, rows: Sequence[RowCells], first: float) -> Iterator[list[TableRow]]:
    """The rows of each slide. `first`: the height (pt) for the table on the first slide."""
    heading_height = layout.heading_row.height
    page: list[TableRow] = []
    left, whole = first - heading_height, BODY.height - heading_height
    for cells in rows:
        for piece in _split_row(layout, cells, left, whole):
            if piece.height > left + 1e-6:
                yield page
                page, left = [], whole
            page.append(piece)
            left -= piece.height
    yield page


def _split_row(layout: _TableLayout, cells: RowCells, left: float, whole: float) -> Iterator[TableRow]:
    """The row, or the rows that it is split into: the part for this slide, then those for the following slides."""
    lines = layout.wrap_cells(cells)
    room = layout.max_lines(left)
    while (longest := max(map(len, lines))) > room:
        if longest > _MAX_UNSPLIT_LINES and room >= _MIN_LINES_TO_SPLIT:
            yield layout.make_row(cells, [cell_lines[:room] for cell_lines in lines])
            lines = [
                *_continued_label_lines(layout, lines[0], room),
                *(cell_lines[room:] or [WrappedLine("")] for cell_lines in lines[1:]),
            ]
        room = layout.max_lines(whole)
    yield layout.make_row(cells, lines)


def _continued_label_lines(layout: _TableLayout, lines: list[WrappedLine], taken: int) -> Iterator[list[WrappedLine]]:
    """The rest of the first cell, or its label again, so that each part of the row shows what it belongs to."""
    text = join_lines(lines).removesuffix(CONTINUATION_MARK) + CONTINUATION_MARK
    yield lines[taken:] or wrap_text(text, layout.widths[0] - 2 * PAD_X, layout.size)
