"""A deck of slides as plain data. Lengths in points, positions from the top left corner."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Sequence

WIDTH, HEIGHT = 960.0, 540.0
FONT = "Arial"
# Font sizes of tables and texts: the largest at which everything fits one slide. What continues on further slides is
# set in the first of `CONTINUED_SIZES` that breaks no word.
SIZES = (20.0, 18.0, 16.0, 15.0, 14.0, 13.0)
CONTINUED_SIZES = (14.0, 13.0, 12.0, 11.0)
SMALLEST = CONTINUED_SIZES[-1]
TITLE_SIZE, FOOTER_SIZE = 28, 10
GAP = 14.0  # between the shapes of a slide
PAD_X, PAD_Y = 5.0, 2.5  # inside a cell, at least
CELL_PADDINGS = (7.0, 4.5, PAD_Y)  # above and below the text, the largest that fits
BULLET_INDENT = 14.0
OUTLINE_WIDTH = 1.5  # of an outlined rectangle

# The colours of the pages in light (static/css/tokens.css), by the same names.
COLOURS = {
    "ink": "18212c",
    "muted": "515d6c",
    "line": "d6dbe2",
    "surface": "ffffff",
    "sunken": "eceff3",
    "accent": "0f57b8",
    "good": "0a665c",
    "good-soft": "dcf2ee",
    "bad": "a92c08",
    "bad-soft": "fde8e0",
    "undecided": "744d00",
    "undecided-soft": "fbf0d0",
}


@dataclass(frozen=True)
class Rect:
    """Position and size of a shape."""

    left: float
    top: float
    width: float
    height: float

    @property
    def right(self) -> float:
        return self.left + self.width

    @property
    def bottom(self) -> float:
        return self.top + self.height


COVER_TITLE = Rect(72, 96, 816, 56)
TITLE = Rect(36, 24, 888, 40)
BODY = Rect(36, 78, 888, 414)
FOOTER = Rect(36, 508, 740, 18)
SLIDE_NUMBER = Rect(804, 508, 120, 18)


@dataclass(frozen=True)
class Paragraph:
    """Text in one style. `tone`: a key of `COLOURS`."""

    text: str
    size: float = 14
    tone: str = "ink"
    is_bold: bool = False
    is_bullet: bool = False
    align: Literal["start", "center", "end"] = "start"

    @property
    def line_height(self) -> float:
        return line_height(self.size)


def line_height(size: float) -> float:
    """Height of a line (pt). It is set exactly, so that a letter of another font does not increase it."""
    return round(size * 1.25, 1)


@dataclass(frozen=True)
class TextBox:
    """A box with paragraphs, aligned to its top."""

    rect: Rect
    paragraphs: tuple[Paragraph, ...]


@dataclass(frozen=True)
class RectangleShape:
    """A filled rectangle. `outline`: the tone of its outline; empty for none."""

    rect: Rect
    tone: str
    outline: str = ""


@dataclass(frozen=True)
class TableCell:
    """A cell of a table. `fill`: the tone of its background; empty for none."""

    text: str = ""
    tone: str = "ink"
    is_bold: bool = False
    is_number: bool = False
    fill: str = ""


@dataclass(frozen=True)
class TableRow:
    """A row of a table, as high as its highest cell."""

    cells: tuple[TableCell, ...]
    height: float


@dataclass(frozen=True)
class TableShape:
    """A table; its first row is the heading. `size`: font size; `pad`: padding above and below the text."""

    left: float
    top: float
    widths: tuple[float, ...]
    rows: tuple[TableRow, ...]
    size: float = SMALLEST
    pad: float = PAD_Y

    @property
    def rect(self) -> Rect:
        return Rect(self.left, self.top, sum(self.widths), sum(row.height for row in self.rows))


Shape = TextBox | RectangleShape | TableShape


@dataclass(frozen=True)
class Slide:
    """A slide. A cover has a large title and no footer."""

    title: str
    shapes: tuple[Shape, ...] = ()
    is_cover: bool = False

    @property
    def title_rect(self) -> Rect:
        return COVER_TITLE if self.is_cover else TITLE

    @property
    def title_paragraph(self) -> Paragraph:
        return Paragraph(self.title, size=40 if self.is_cover else TITLE_SIZE, is_bold=True)


@dataclass(frozen=True)
class Deck:
    """All slides, with the metadata of the file."""

    title: str
    author: str
    footer: str
    slides: Sequence[Slide] = field(default_factory=list)
