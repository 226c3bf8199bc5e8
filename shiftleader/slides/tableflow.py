"""Tables on as many slides as they need, by the height of their rows, as large as they can be read.

Nothing is dropped: a row higher than what is left goes on in a row of the next slide, line by line.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from shiftleader.slides.deck import (
    BODY,
    CELL_SIZE,
    PAD_X,
    PAD_Y,
    Box,
    Cell,
    Grid,
    Paragraph,
    Row,
    Shape,
    Slide,
    Words,
    line_height,
)
from shiftleader.slides.flow import GAP, numbered, text_height, text_pages
from shiftleader.slides.measure import Line, clean, joined, wrapped

_SIZES = (15.0, 13.0, CELL_SIZE)
_KEPT_WHOLE = 10  # a row of up to so many lines is never cut
_CUT_FROM = 4  # a higher one is cut where at least so many of its lines still stand on the slide
_GOES_ON = " …"

Cells = Sequence[Cell]


@dataclass(frozen=True)
class Column:
    """A column of a table: its head and its width in points."""

    head: str
    width: float
    is_number: bool = False


@dataclass(frozen=True)
class _Setting:
    """A table set at one size."""

    columns: Sequence[Column]
    size: float

    @property
    def head(self) -> Row:
        cells = [Cell(one.head, is_bold=True, fill="sunken") for one in self.columns]
        return self.row(cells, self.lines(cells))

    def lines(self, cells: Cells) -> list[list[Line]]:
        """The lines of each cell."""
        return [
            wrapped(clean(cell.text), column.width - 2 * PAD_X, self.size, cell.is_bold)
            for cell, column in zip(cells, self.columns, strict=True)
        ]

    def row(self, cells: Cells, lines: Sequence[list[Line]]) -> Row:
        """The row that says these lines."""
        said = tuple(
            replace(cell, text=(text := joined(some)), is_number=column.is_number, fill=cell.fill if text else "")
            for column, cell, some in zip(self.columns, cells, lines, strict=True)
        )
        return Row(said, max(map(len, lines), default=1) * line_height(self.size) + 2 * PAD_Y)

    def fit(self, height: float) -> int:
        """How many lines a row of at most this height has."""
        return int((height - 2 * PAD_Y) / line_height(self.size) + 1e-6)

    def cuts_words(self, rows: Sequence[Cells]) -> bool:
        """Whether a word is too long for its column."""
        heads = [Cell(one.head, is_bold=True) for one in self.columns]
        return any(not line.end for cells in (heads, *rows) for some in self.lines(cells) for line in some[:-1])

    def grid(self, rows: Sequence[Row], top: float) -> Grid:
        return Grid(BODY.left, top, tuple(column.width for column in self.columns), (self.head, *rows), self.size)


def table_slides(
    title: str,
    columns: Sequence[Column],
    rows: Sequence[Cells],
    note: str = "",
    below: Sequence[Paragraph] = (),
) -> list[Slide]:
    """A table on one slide or more, its head on each, a note above it on the first, text below it on the last."""
    above = _note(note)
    first = BODY.top + (above.box.height + GAP if above else 0.0)
    setting = _largest(columns, rows, BODY.bottom - first)
    slides: list[tuple[Shape, ...]] = [
        ((above,) if above and not number else ()) + (setting.grid(page, BODY.top if number else first),)
        for number, page in enumerate(_pages(setting, rows, BODY.bottom - first))
    ]
    return numbered(title, _with_text(slides, below))


def _note(text: str) -> Words | None:
    if not text:
        return None
    said = Paragraph(clean(text), size=12, tone="muted")
    return Words(Box(BODY.left, BODY.top, BODY.width, text_height([said], BODY.width)), (said,))


def _with_text(slides: list[tuple[Shape, ...]], below: Sequence[Paragraph]) -> list[tuple[Shape, ...]]:
    """The slides with this text after the last of their tables."""
    if not below:
        return slides
    top = max(shape.box.bottom for shape in slides[-1]) + GAP
    first, *others = text_pages(below, BODY.bottom - top)
    under = Words(Box(BODY.left, top, BODY.width, BODY.bottom - top), tuple(first))
    last = (*slides[-1], under) if first else slides[-1]
    return [*slides[:-1], last, *((Words(BODY, tuple(page)),) for page in others)]


def _largest(columns: Sequence[Column], rows: Sequence[Cells], room: float) -> _Setting:
    """The largest size at which all stands on one slide with whole words; else the smallest."""
    for size in _SIZES[:-1]:
        setting = _Setting(columns, size)
        if len(rows) * (line_height(size) + 2 * PAD_Y) > room or setting.cuts_words(rows):
            continue
        if sum(setting.row(cells, setting.lines(cells)).height for cells in rows) + setting.head.height <= room:
            return setting
    return _Setting(columns, _SIZES[-1])


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
            lines = [_rest(some, room, number) for number, some in enumerate(lines)]
        room = setting.fit(whole)
    yield setting.row(cells, lines)


def _rest(lines: list[Line], taken: int, number: int) -> list[Line]:
    """What is left of a cell; the first column goes on saying what the row is of."""
    if number == 0 and len(lines) <= taken:
        return [Line(joined(lines).removesuffix(_GOES_ON) + _GOES_ON)]
    return lines[taken:] or [Line("")]
