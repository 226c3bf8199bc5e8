"""The sums of a slide, large, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.slides.deck import BODY, Block, Box, Paragraph, Shape, Words
from reports.slides.text_metrics import width

HEIGHT = 66.0
_BETWEEN, _INSIDE = 10.0, 12.0
_SIZES, _LABEL = (26.0, 22.0, 18.0, 15.0), 13.0


@dataclass(frozen=True)
class Tile:
    """A number under its label; `tone`: that of its verdict, where it is about one."""

    label: str
    text: str
    tone: str = ""


def tiles(all_of: Sequence[Tile], top: float) -> list[Shape]:
    """All of one height and width, over the whole slide, the numbers in one size."""
    wide = (BODY.width - _BETWEEN * (len(all_of) - 1)) / len(all_of)
    room = wide - 2 * _INSIDE
    size = next((size for size in _SIZES if all(width(one.text, size, True) <= room for one in all_of)), _SIZES[-1])
    return [
        shape
        for place, one in enumerate(all_of)
        for shape in _tile(one, Box(BODY.left + place * (wide + _BETWEEN), top, wide, HEIGHT), size)
    ]


def _tile(one: Tile, box: Box, size: float) -> tuple[Shape, ...]:
    number = Paragraph(one.text, size, one.tone or "ink", is_bold=True)
    label = Paragraph(one.label, _LABEL, one.tone or "muted")
    high = number.line + label.line
    inside = Box(box.left + _INSIDE, box.top + (HEIGHT - high) / 2, box.width - 2 * _INSIDE, high)
    return Block(box, f"{one.tone}-soft" if one.tone else "sunken"), Words(inside, (number, label))
