"""Tables on as many slides as they need, by the height of their rows, as large as they can be read.

Nothing is dropped: a row higher than what is left goes on in a row of the next slide, line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from reports.slides.column_widths import GOING_ON, Cells, Column, Widths, widths_of
from reports.slides.deck import (
    BODY,
    GAP,
    GOES_ON,
    PAD_X,
    PAD_Y,
    PADS,
    SIZES,
    Box,
    Grid,
    Paragraph,
    Row,
    Shape,
    Slide,
    Words,
    line_height,
)
from reports.slides.share_bars import Share, share_bars, shares_height
from reports.slides.text_layout import as_large_as_fits, numbered, text_height, text_pages
from reports.slides.text_metrics import Line, clean, joined, wrapped
from reports.slides.totals import HEIGHT as TILE_HEIGHT
from reports.slides.totals import Tile, tiles

_KEPT_WHOLE = 10  # a row of up to so many lines is never cut
_CUT_FROM = 4  # a higher one is cut where at least so many of its lines still stand on the slide
_LARGEST_NOTE, _LARGEST_TEXT, _LARGEST_WRAPPED = 14.0, 16.0, 16.0


@dataclass(frozen=True)
class Beside:
    """What stands with a table: sums and a note above it on the first slide, text and bars below it on the last."""

    sums: Sequence[Tile] = ()
    note: str = ""
    text: Sequence[Paragraph] = ()
    shares: Sequence[Share] = ()

    def above(self, size: float) -> tuple[tuple[Shape, ...], float]:
        """The shapes, and where the table begins."""
        shapes: tuple[Shape, ...] = ()
        top = BODY.top
        if self.sums:
            shapes, top = (*tiles(self.sums, top),), top + TILE_HEIGHT + GAP
        if self.note:
            said = Paragraph(clean(self.note), min(size, _LARGEST_NOTE), "muted")
            high = text_height([said], BODY.width)
            shapes, top = (*shapes, Words(Box(BODY.left, top, BODY.width, high), (said,))), top + high + GAP
        return shapes, top

    def said(self, room: float) -> list[Paragraph]:
        """The text, in so much room as large as it fits there."""
        return as_large_as_fits(self.text, BODY.width, room, _LARGEST_TEXT)


@dataclass(frozen=True)
class _Setting:
    """A table set at one size. `pad`: points above and below the letters."""

    columns: Sequence[Column]
    widths: tuple[float, ...]
    size: float
    pad: float = PAD_Y

    @cached_property
    def head(self) -> Row:
        cells = [one.head_cell for one in self.columns]
        return self.row(cells, self.lines(cells))

    def lines(self, cells: Cells) -> list[list[Line]]:
        """The lines of each cell."""
        return [
            wrapped(clean(cell.text), width - 2 * PAD_X, self.size, cell.is_bold)
            for cell, width in zip(cells, self.widths, strict=True)
        ]

    def row(self, cells: Cells, lines: Sequence[list[Line]]) -> Row:
        """The row that says these lines."""
        said = tuple(
            replace(cell, text=(text := joined(some)), is_number=column.is_number, fill=cell.fill if text else "")
            for column, cell, some in zip(self.columns, cells, lines, strict=True)
        )
        return Row(said, max(map(len, lines), default=1) * line_height(self.size) + 2 * self.pad)

    def fit(self, height: float) -> int:
        """How many lines a row of at most this height has."""
        return int((height - 2 * self.pad) / line_height(self.size) + 1e-6)

    def height(self, rows: Sequence[Cells], most: float) -> float:
        """Of all rows with their head; more than `most` where they are too many for it."""
        if len(rows) * (line_height(self.size) + 2 * self.pad) > most:
            return most + 1
        return self.head.height + sum(self.row(cells, self.lines(cells)).height for cells in rows)

    def grid(self, rows: Sequence[Row], top: float) -> Grid:
        return Grid(BODY.left, top, self.widths, (self.head, *rows), self.size, self.pad)


def table_slides(
    title: str, columns: Sequence[Column], rows: Sequence[Cells], beside: Beside = Beside()
) -> list[Slide]:
    """A table on one slide or more, its head on each, with what stands beside it."""
    setting = _set(columns, rows, beside)
    above, first = beside.above(setting.size)
    slides: list[tuple[Shape, ...]] = [
        (*(() if number else above), setting.grid(page, BODY.top if number else first))
        for number, page in enumerate(_pages(setting, rows, BODY.bottom - first))
    ]
    return numbered(title, _with_bars(_with_text(slides, beside), beside.shares))


def _with_text(slides: list[tuple[Shape, ...]], beside: Beside) -> list[tuple[Shape, ...]]:
    """The slides with the text after the last of their tables."""
    if not beside.text:
        return slides
    top = _end(slides[-1]) + GAP
    room = BODY.bottom - top
    first, *others = text_pages(beside.said(room - shares_height(beside.shares)), room)
    under = Words(Box(BODY.left, top, BODY.width, text_height(first, BODY.width)), tuple(first))
    last = (*slides[-1], under) if first else slides[-1]
    return [*slides[:-1], last, *((Words(BODY, tuple(page)),) for page in others)]


def _with_bars(slides: list[tuple[Shape, ...]], shares: Sequence[Share]) -> list[tuple[Shape, ...]]:
    """The slides with bars in the room that the last one has left."""
    end = _end(slides[-1])
    return [*slides[:-1], (*slides[-1], *share_bars(shares, end + GAP, BODY.bottom - end))]


def _end(shapes: Sequence[Shape]) -> float:
    return max(shape.box.bottom for shape in shapes)


def _set(columns: Sequence[Column], rows: Sequence[Cells], beside: Beside) -> _Setting:
    """As large as all stands on one slide with whole words, if need be without bars; else so that it goes on."""
    widths = widths_of(columns, rows)
    whole = [size for size in SIZES if not (widths.wrap if size > _LARGEST_WRAPPED else widths.cut_words)(size)]
    settings = [_Setting(columns, widths.at(size), size, pad) for size in whole for pad in PADS]
    ways = ((one, bars) for bars in (shares_height(beside.shares), 0.0) for one in settings)
    found = (one for one, bars in ways if _is_on_one_slide(one, rows, beside, bars))
    return next(found, None) or _goes_on(columns, widths)


def _goes_on(columns: Sequence[Column], widths: Widths) -> _Setting:
    size = next((size for size in GOES_ON if not widths.cut_words(size)), GOES_ON[-1])
    return _Setting(columns, widths.at(size), size)


def _is_on_one_slide(setting: _Setting, rows: Sequence[Cells], beside: Beside, bars: float) -> bool:
    """With so many points for bars."""
    _, top = beside.above(setting.size)
    text = beside.said(0.0)
    room = BODY.bottom - top - bars - (text_height(text, BODY.width) + GAP if text else 0.0)
    return setting.height(rows, room) <= room


def _pages(setting: _Setting, rows: Sequence[Cells], first: float) -> Iterator[list[Row]]:
    """The rows of each slide. `first`: the height that the first slide has for the table."""
    head = setting.head.height
    page: list[Row] = []
    left, whole = first - head, BODY.height - head
    for cells in rows:
        for piece in _pieces(setting, cells, left, whole):
            if piece.height > left + 1e-6:
                yield page
                page, left = [], whole
            page.append(piece)
            left -= piece.height
    yield page


def _pieces(setting: _Setting, cells: Cells, left: float, whole: float) -> Iterator[Row]:
    """The row, or the rows it is cut into: what still stands on this slide, then what goes on the next ones."""
    lines = setting.lines(cells)
    room = setting.fit(left)
    while (most := max(map(len, lines))) > room:
        if most > _KEPT_WHOLE and room >= _CUT_FROM:
            yield setting.row(cells, [some[:room] for some in lines])
            lines = [*_label(setting, lines[0], room), *(some[room:] or [Line("")] for some in lines[1:])]
        room = setting.fit(whole)
    yield setting.row(cells, lines)


def _label(setting: _Setting, lines: list[Line], taken: int) -> Iterator[list[Line]]:
    """What is left of the first cell, which goes on saying what the row is of."""
    text = joined(lines).removesuffix(GOING_ON) + GOING_ON
    yield lines[taken:] or wrapped(text, setting.widths[0] - 2 * PAD_X, setting.size)
