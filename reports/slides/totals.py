"""The sums of a slide, large, side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.slides.deck import BODY, Paragraph, Rect, RectangleShape, Shape, TextBox
from reports.slides.text_metrics import text_width

TOTALS_HEIGHT = 66.0
_SPACING, _PADDING = 10.0, 12.0
_NUMBER_SIZES, _LABEL_SIZE = (26.0, 22.0, 18.0, 15.0), 13.0


@dataclass(frozen=True)
class SlideTotal:
    """A number under its label; `tone`: that of its verdict, where it is about one."""

    label: str
    text: str
    tone: str = ""


def total_shapes(totals: Sequence[SlideTotal], top: float) -> list[Shape]:
    """All of one height and width, over the whole slide, the numbers in one size."""
    wide = (BODY.width - _SPACING * (len(totals) - 1)) / len(totals)
    room = wide - 2 * _PADDING
    size = next(
        (size for size in _NUMBER_SIZES if all(text_width(one.text, size, True) <= room for one in totals)),
        _NUMBER_SIZES[-1],
    )
    return [
        shape
        for place, one in enumerate(totals)
        for shape in _total_shapes(one, Rect(BODY.left + place * (wide + _SPACING), top, wide, TOTALS_HEIGHT), size)
    ]


def _total_shapes(one: SlideTotal, rect: Rect, size: float) -> tuple[Shape, ...]:
    number = Paragraph(one.text, size, one.tone or "ink", is_bold=True)
    label = Paragraph(one.label, _LABEL_SIZE, one.tone or "muted")
    high = number.line_height + label.line_height
    inside = Rect(rect.left + _PADDING, rect.top + (TOTALS_HEIGHT - high) / 2, rect.width - 2 * _PADDING, high)
    return RectangleShape(rect, f"{one.tone}-soft" if one.tone else "sunken"), TextBox(inside, (number, label))
