"""The totals of a slide in large type, side by side."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from reports.slides.deck import BODY, Paragraph, Rect, RectangleShape, Shape, TextBox
from reports.slides.text_metrics import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence

TOTALS_HEIGHT = 66.0
_SPACING, _PADDING = 10.0, 12.0
_NUMBER_SIZES, _LABEL_SIZE = (26.0, 22.0, 18.0, 15.0), 13.0


@dataclass(frozen=True)
class SlideTotal:
    """A number with its label. `tone`: the verdict that it counts, or empty."""

    label: str
    text: str
    tone: str = ""


def total_shapes(totals: Sequence[SlideTotal], top: float) -> list[Shape]:
    """The shapes of all totals, of equal size over the width of the slide, the numbers in one font size."""
    width = (BODY.width - _SPACING * (len(totals) - 1)) / len(totals)
    room = width - 2 * _PADDING
    size = next(
        (size for size in _NUMBER_SIZES if all(text_width(total.text, size, True) <= room for total in totals)),
        _NUMBER_SIZES[-1],
    )
    return [
        shape
        for index, total in enumerate(totals)
        for shape in _total_shapes(total, Rect(BODY.left + index * (width + _SPACING), top, width, TOTALS_HEIGHT), size)
    ]


def _total_shapes(total: SlideTotal, rect: Rect, size: float) -> tuple[Shape, ...]:
    number = Paragraph(total.text, size, total.tone or "ink", is_bold=True)
    label = Paragraph(total.label, _LABEL_SIZE, total.tone or "muted")
    height = number.line_height + label.line_height
    inside = Rect(rect.left + _PADDING, rect.top + (TOTALS_HEIGHT - height) / 2, rect.width - 2 * _PADDING, height)
    return RectangleShape(rect, f"{total.tone}-soft" if total.tone else "sunken"), TextBox(inside, (number, label))
