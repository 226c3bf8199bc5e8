"""Bar charts by day, stacked by verdict, as rectangles with their values."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from certify.models.choices import Verdict
from oms.formatting import lumi_in_column
from reports.lumi_sums import unknown_count, unknown_note
from reports.slides.deck import BODY, Paragraph, Rect, RectangleShape, Shape, Slide, TextBox, line_height
from reports.slides.phrases import VERDICT_LABELS, verdict_rectangle
from reports.slides.text_layout import number_slides
from reports.slides.text_metrics import text_width

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date

    from reports.lumi_sums import LumiSum
    from reports.weekly.sections import Amounts

MAX_DAYS = 10
_LEGEND_SIZE = 14.0
_NUMBER_SIZES = (16.0, 14.0, 12.0)
_LEGEND_HEIGHT, _LABEL_HEIGHT, _NUMBER_HEIGHT = 26.0, 44.0, 20.0
_MAX_BAR_WIDTH = 80.0
_BASELINE = BODY.bottom - _LABEL_HEIGHT


def bar_slides(title: str, days: Sequence[date], amounts: Amounts) -> list[Slide]:
    """Charts of luminosity by day, `MAX_DAYS` days per slide, all with the same scale."""
    maximum = max((math.fsum(_heights(amounts.get(day, {})).values()) for day in days), default=0.0)
    pages = [days[first : first + MAX_DAYS] for first in range(0, len(days), MAX_DAYS)]
    return number_slides(title, [_chart_shapes(page, amounts, maximum) for page in pages])


def _heights(amounts: dict[Verdict, LumiSum]) -> dict[Verdict, float]:
    """The luminosity (1/pb) of each verdict that has a bar."""
    return {verdict: lumi.positive for verdict, lumi in amounts.items() if lumi.positive}


def _chart_shapes(days: Sequence[date], amounts: Amounts, maximum: float) -> tuple[Shape, ...]:
    step = BODY.width / max(len(days), 7)
    size = _number_size([_total_text(amounts.get(day, {})) for day in days], step)
    unknown = unknown_count(lumi for day in days for lumi in amounts.get(day, {}).values())
    axis = RectangleShape(Rect(BODY.left, _BASELINE, BODY.width, 0.75), "muted")
    stacks = [
        shape
        for index, day in enumerate(days)
        for shape in _day_bar_shapes(day, amounts.get(day, {}), BODY.left + index * step, step, maximum, size)
    ]
    return (*_legend_shapes(unknown_note(unknown)), axis, *stacks)


def _legend_shapes(note: str) -> list[Shape]:
    """The legend: a rectangle and a label for each verdict, then the note, if any."""
    shapes: list[Shape] = []
    left = BODY.left
    for verdict in Verdict:
        label = VERDICT_LABELS[verdict.value]
        shapes.append(verdict_rectangle(Rect(left, BODY.top + 3, 12, 12), verdict))
        width = text_width(label, _LEGEND_SIZE) + 16
        shapes.append(TextBox(Rect(left + 18, BODY.top, width, 18), (Paragraph(label, _LEGEND_SIZE),)))
        left += 18 + width
    if note:
        paragraph = Paragraph(note, _LEGEND_SIZE, "muted", align="end")
        shapes.append(TextBox(Rect(left, BODY.top, BODY.right - left, 18), (paragraph,)))
    return shapes


def _total_text(amounts: dict[Verdict, LumiSum]) -> str:
    """The sum of a day, with an asterisk if the luminosity of a certification is unknown."""
    total = lumi_in_column(math.fsum(lumi.recorded for lumi in amounts.values()))
    return f"{total}*" if unknown_count(amounts.values()) else total


def _number_size(numbers: list[str], step: float) -> float:
    """The largest font size at which the numbers fit side by side, each within `step` points."""
    return next(
        (size for size in _NUMBER_SIZES if all(text_width(number, size) < step for number in numbers)),
        _NUMBER_SIZES[-1],
    )


def _day_bar_shapes(
    day: date, amounts: dict[Verdict, LumiSum], left: float, step: float, maximum: float, size: float
) -> list[Shape]:
    """The bars of one day, good at the bottom, with the total above and the day below."""
    width = min(step * 0.7, _MAX_BAR_WIDTH)
    shapes: list[Shape] = []
    foot = _BASELINE
    for verdict, value in _heights(amounts).items():
        height = value / maximum * (_BASELINE - BODY.top - _LEGEND_HEIGHT - _NUMBER_HEIGHT)
        foot -= height
        shapes.append(verdict_rectangle(Rect(left + (step - width) / 2, foot, width, max(height, 0.5)), verdict))
    if shapes or unknown_count(amounts.values()):
        shapes.append(
            _centred_text(_total_text(amounts), Rect(left, foot - _NUMBER_HEIGHT, step, line_height(size)), size)
        )
    return [
        *shapes,
        _centred_text(f"{day:%a}\n{day:%d %b}", Rect(left, _BASELINE + 3, step, 2 * line_height(size)), size),
    ]


def _centred_text(text: str, rect: Rect, size: float) -> TextBox:
    return TextBox(rect, (Paragraph(text, size, align="center"),))
