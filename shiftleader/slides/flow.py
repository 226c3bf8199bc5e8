"""Long things on as many slides as they need: tables by the height of their rows, text by its lines.

Nothing is dropped: a row higher than what is left goes on in a row of the next slide, line by line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from shiftleader.slides.deck import BODY, Box, Cell, Grid, Paragraph, Row, Shape, Slide, Words, line_height
from shiftleader.slides.measure import Line, clean, joined, wrapped

CELL_SIZE = 11
CELL_LINE = line_height(CELL_SIZE)
PAD_X, PAD_Y = 5.0, 2.5
POINT_INDENT = 14.0
_KEPT_WHOLE = 10  # a row of up to so many lines is never cut
_CUT_FROM = 4  # a higher one is cut where at least so many of its lines still stand on the slide
_GOES_ON = " …"
_GAP = 10.0


@dataclass(frozen=True)
class Column:
    """A column of a table: its head and its width in points."""

    head: str
    width: float
    is_number: bool = False


def table_slides(title: str, columns: Sequence[Column], rows: Sequence[Sequence[Cell]], note: str = "") -> list[Slide]:
    """A table on one slide or more, its head on each, a note above it on the first."""
    above = _note(note)
    first = BODY.top + (above.box.height + _GAP if above else 0.0)
    pages = list(_pages(columns, rows, BODY.bottom - first))
    shapes: list[tuple[Shape, ...]] = [
        ((above,) if above and not number else ()) + (_grid(columns, page, BODY.top if number else first),)
        for number, page in enumerate(pages)
    ]
    return numbered(title, shapes)


def text_slides(title: str, paragraphs: Iterable[Paragraph]) -> list[Slide]:
    """Paragraphs on one slide or more."""
    pages: list[list[Paragraph]] = [[]]
    left = BODY.height
    for paragraph in paragraphs:
        for piece in _text_pieces(paragraph, left):
            if (high := height_of([piece], BODY.width)) > left + 1e-6:
                pages.append([])
                left = BODY.height
            pages[-1].append(piece)
            left -= high
    return numbered(title, [(Words(BODY, tuple(page)),) for page in pages])


def _text_pieces(paragraph: Paragraph, left: float) -> Iterator[Paragraph]:
    """What of a paragraph still stands on this slide, then what each next one takes; all as far in as the first."""
    lines = lines_of(paragraph, BODY.width)
    room, whole = (int(height / paragraph.line + 1e-6) for height in (left, BODY.height))
    while len(lines) > room:
        if room:
            yield replace(paragraph, text=joined(lines[:room]))
            lines = lines[room:]
        room = whole
    yield replace(paragraph, text=joined(lines))


def numbered(title: str, pages: Sequence[tuple[Shape, ...]]) -> list[Slide]:
    """The slides of one thing, which say how many there are when it is more than one."""
    many = len(pages) > 1
    return [
        Slide(f"{title} ({number} of {len(pages)})" if many else title, shapes)
        for number, shapes in enumerate(pages, start=1)
    ]


def lines_of(paragraph: Paragraph, room: float) -> list[Line]:
    """The lines of a paragraph in so much room."""
    indent = POINT_INDENT if paragraph.is_point else 0.0
    return wrapped(clean(paragraph.text), room - indent, paragraph.size, paragraph.is_bold)


def height_of(paragraphs: Iterable[Paragraph], room: float) -> float:
    """How high these paragraphs are in so much room."""
    return sum(len(lines_of(one, room)) * one.line for one in paragraphs)


def _note(text: str) -> Words | None:
    if not text:
        return None
    said = Paragraph(clean(text), size=12, tone="muted")
    return Words(Box(BODY.left, BODY.top, BODY.width, height_of([said], BODY.width)), (said,))


def _head(columns: Sequence[Column]) -> Row:
    cells = [Cell(one.head, is_bold=True, is_number=one.is_number, fill="sunken") for one in columns]
    return _row(columns, cells, [_lines(cell, column) for cell, column in zip(cells, columns, strict=True)])


def _lines(cell: Cell, column: Column) -> list[Line]:
    return wrapped(clean(cell.text), column.width - 2 * PAD_X, CELL_SIZE, cell.is_bold)


def _row(columns: Sequence[Column], cells: Sequence[Cell], lines: Sequence[list[Line]]) -> Row:
    said = tuple(
        replace(cell, text=(text := joined(some)), is_number=column.is_number, fill=cell.fill if text else "")
        for column, cell, some in zip(columns, cells, lines, strict=True)
    )
    return Row(said, _height(max(map(len, lines), default=1)))


def _height(lines: int) -> float:
    return max(lines, 1) * CELL_LINE + 2 * PAD_Y


def _grid(columns: Sequence[Column], rows: Sequence[Row], top: float) -> Grid:
    return Grid(BODY.left, top, tuple(column.width for column in columns), (_head(columns), *rows))


def _pages(columns: Sequence[Column], rows: Iterable[Sequence[Cell]], first: float) -> Iterator[list[Row]]:
    """The rows of each slide. `first`: the height that the first slide has for the table."""
    head = _head(columns).height
    page: list[Row] = []
    left, whole = first - head, BODY.height - head
    for cells in rows:
        for piece in _pieces(columns, cells, left, whole):
            if piece.height > left + 1e-6:
                yield page
                page, left = [], whole
            page.append(piece)
            left -= piece.height
    yield page


def _pieces(columns: Sequence[Column], cells: Sequence[Cell], left: float, whole: float) -> Iterator[Row]:
    """The row, or the rows it is cut into: what still stands on this slide, then what goes on the next ones."""
    lines = [_lines(cell, column) for cell, column in zip(cells, columns, strict=True)]
    room = _fit(left)
    while (most := max(map(len, lines))) > room:
        if most > _KEPT_WHOLE and room >= _CUT_FROM:
            yield _row(columns, cells, [some[:room] for some in lines])
            lines = [_rest(some, room, number) for number, some in enumerate(lines)]
        room = _fit(whole)
    yield _row(columns, cells, lines)


def _rest(lines: list[Line], taken: int, number: int) -> list[Line]:
    """What is left of a cell; the first column goes on saying what the row is of."""
    if number == 0 and len(lines) <= taken:
        return [Line(joined(lines).removesuffix(_GOES_ON) + _GOES_ON)]
    return lines[taken:] or [Line("")]


def _fit(height: float) -> int:
    """How many lines a row of at most this height has."""
    return int((height - 2 * PAD_Y) / CELL_LINE + 1e-6)
