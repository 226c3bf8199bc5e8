"""Bars by day, stacked by verdict, as rectangles with their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from certify.models.choices import Verdict
from oms.formatting import lumi_text
from reports.slides.deck import BODY, Block, Box, Paragraph, Shape, Slide, Words, line_height
from reports.slides.phrases import VERDICT_WORDS, verdict_block
from reports.slides.text_layout import numbered
from reports.slides.text_metrics import width
from reports.weekly.sections import Amounts

MOST_DAYS = 10
_LEGEND_SIZE = 14.0
_SIZES = (16.0, 14.0, 12.0)
_LEGEND, _LABEL, _NUMBER = 26.0, 44.0, 20.0
_WIDEST = 80.0
_FOOT = BODY.bottom - _LABEL


def bar_slides(title: str, days: Sequence[date], amounts: Amounts) -> list[Slide]:
    """Luminosities (1/pb) by day; more days than stand on a slide go on, drawn to the same scale."""
    most = max((sum(_drawn(amounts.get(day, {})).values()) for day in days), default=0.0)
    pages = [days[first : first + MOST_DAYS] for first in range(0, len(days), MOST_DAYS)]
    return numbered(title, [_page(page, amounts, most) for page in pages])


def _drawn(amounts: dict[Verdict, float]) -> dict[Verdict, float]:
    """A luminosity below zero, which OMS has said before, is no bar."""
    return {verdict: value for verdict, value in amounts.items() if value > 0}


def _page(days: Sequence[date], amounts: Amounts, most: float) -> tuple[Shape, ...]:
    step = BODY.width / max(len(days), 7)
    size = _size_of([lumi_text(_total(amounts.get(day, {}))) for day in days], step)
    axis = Block(Box(BODY.left, _FOOT, BODY.width, 0.75), "muted")
    stacks = [
        shape
        for place, day in enumerate(days)
        for shape in _stack(day, amounts.get(day, {}), BODY.left + place * step, step, most, size)
    ]
    return (*_legend(), axis, *stacks)


def _legend() -> list[Shape]:
    """Which colour is which verdict."""
    shapes: list[Shape] = []
    left = BODY.left
    for verdict in Verdict:
        word = VERDICT_WORDS[verdict.value]
        shapes.append(verdict_block(Box(left, BODY.top + 3, 12, 12), verdict))
        room = width(word, _LEGEND_SIZE) + 16
        shapes.append(Words(Box(left + 18, BODY.top, room, 18), (Paragraph(word, _LEGEND_SIZE),)))
        left += 18 + room
    return shapes


def _total(amounts: dict[Verdict, float]) -> float:
    return math.fsum(amounts.values())


def _size_of(numbers: list[str], step: float) -> float:
    """The largest size at which the numbers stand beside each other."""
    return next((size for size in _SIZES if all(width(one, size) < step for one in numbers)), _SIZES[-1])


def _stack(day: date, amounts: dict[Verdict, float], left: float, step: float, most: float, size: float) -> list[Shape]:
    """The bars of one day, good at the foot, its total above and the day below."""
    wide = min(step * 0.7, _WIDEST)
    shapes: list[Shape] = []
    foot = _FOOT
    for verdict, value in _drawn(amounts).items():
        high = value / most * (_FOOT - BODY.top - _LEGEND - _NUMBER)
        foot -= high
        shapes.append(verdict_block(Box(left + (step - wide) / 2, foot, wide, max(high, 0.5)), verdict))
    if shapes:
        shapes.append(_centred(lumi_text(_total(amounts)), Box(left, foot - _NUMBER, step, line_height(size)), size))
    return [*shapes, _centred(f"{day:%a}\n{day:%d %b}", Box(left, _FOOT + 3, step, 2 * line_height(size)), size)]


def _centred(text: str, box: Box, size: float) -> Words:
    return Words(box, (Paragraph(text, size, align="center"),))
