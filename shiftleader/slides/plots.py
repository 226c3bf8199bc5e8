"""Bars by day, stacked by verdict, as rectangles with their numbers."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date

from certify.choices import Verdict
from oms.words import lumi_text
from shiftleader.report.sections import Amounts
from shiftleader.slides.deck import BODY, EDGE, Block, Box, Paragraph, Shape, Slide, Words, line_height
from shiftleader.slides.flow import numbered
from shiftleader.slides.measure import width
from shiftleader.slides.words import VERDICT_WORDS

MOST_DAYS = 10
_SMALL = 11
_LEGEND, _LABEL, _NUMBER = 22.0, 32.0, 15.0
_WIDEST = 56.0
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
    axis = Block(Box(BODY.left, _FOOT, BODY.width, 0.75), "muted")
    stacks = [
        shape
        for place, day in enumerate(days)
        for shape in _stack(day, amounts.get(day, {}), BODY.left + place * step, step, most)
    ]
    return (*_legend(), axis, *stacks)


def _legend() -> list[Shape]:
    """Which colour is which verdict."""
    shapes: list[Shape] = []
    left = BODY.left
    for verdict in Verdict:
        word = VERDICT_WORDS[verdict.value]
        shapes.append(_block(Box(left, BODY.top + 3, 10, 10), verdict))
        room = width(word, 11) + 12
        shapes.append(Words(Box(left + 15, BODY.top, room, 16), (Paragraph(word, 11),)))
        left += 15 + room
    return shapes


def _stack(day: date, amounts: dict[Verdict, float], left: float, step: float, most: float) -> list[Shape]:
    """The bars of one day, good at the foot, its total above and the day below."""
    wide = min(step * 0.7, _WIDEST)
    shapes: list[Shape] = []
    foot = _FOOT
    for verdict, value in _drawn(amounts).items():
        high = value / most * (_FOOT - BODY.top - _LEGEND - _NUMBER)
        foot -= high
        shapes.append(_block(Box(left + (step - wide) / 2, foot, wide, max(high, 0.5)), verdict))
    if shapes:
        total = lumi_text(math.fsum(amounts.values()))
        shapes.append(_centred(total, left, foot - _NUMBER, step, line_height(_SMALL)))
    return [*shapes, _centred(f"{day:%a}\n{day:%d %b}", left, _FOOT + 3, step, 2 * line_height(_SMALL))]


def _block(box: Box, verdict: Verdict) -> Block:
    """Good is filled, the others are outlined, so that they are told apart without colours; as on the pages."""
    if verdict == Verdict.GOOD:
        return Block(box, verdict.value)
    inside = EDGE / 2
    inner = Box(box.left + inside, box.top + inside, box.width - EDGE, max(box.height - EDGE, 0.5))
    return Block(inner, f"{verdict.value}-soft", edge=verdict.value)


def _centred(text: str, left: float, top: float, wide: float, high: float) -> Words:
    return Words(Box(left, top, wide, high), (Paragraph(text, _SMALL, align="center"),))
