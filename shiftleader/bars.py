"""Bars of luminosity by day and verdict: where each rectangle of the drawing stands, in units of its view box."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from certify.choices import Reconstruction, Verdict
from oms.words import lumi_text

WIDTH, HEIGHT, FOOT, TOP = 640, 168, 24, 20
WIDEST, MOST_LABELS = 56, 10


@dataclass(frozen=True)
class Bar:
    """What one verdict of one day has; `url`: where its rows stand, empty where nowhere."""

    verdict: str
    says: str
    url: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Label:
    """A day under its bar."""

    text: str
    x: float


@dataclass(frozen=True)
class Chart:
    """The bars of one reconstruction. `rows`: the same as numbers, for who reads rather than looks."""

    name: str
    most: str
    bars: list[Bar]
    labels: list[Label]
    rows: list[tuple[date, list[tuple[Verdict, str]]]]


Amounts = dict[date, dict[Verdict, float]]


def chart(reconstruction: str, days: list[date], amounts: Amounts, url: Callable[..., str]) -> Chart | None:
    """The chart over these days (1/pb); None where nothing was recorded."""
    most = max((_height_of(amounts[day]) for day in amounts), default=0.0)
    if most <= 0:
        return None
    step = WIDTH / len(days)
    bars = [
        bar
        for place, day in enumerate(days)
        for bar in _stack(reconstruction, day, amounts.get(day, {}), place * step, step, most, url)
    ]
    every = -(-len(days) // MOST_LABELS)
    labels = [Label(f"{day:%d %b}", (place + 0.5) * step) for place, day in enumerate(days) if place % every == 0]
    rows = [(day, [(verdict, lumi_text(value)) for verdict, value in amounts[day].items()]) for day in sorted(amounts)]
    return Chart(Reconstruction(reconstruction).label, lumi_text(most), bars, labels, rows)


def _height_of(amounts: dict[Verdict, float]) -> float:
    """A luminosity below zero, which OMS has said before, is no bar."""
    return sum(max(value, 0.0) for value in amounts.values())


def _stack(
    reconstruction: str,
    day: date,
    amounts: dict[Verdict, float],
    left: float,
    step: float,
    most: float,
    url: Callable[..., str],
) -> list[Bar]:
    """The bars of one day, good at the foot."""
    width = min(step * 0.8, WIDEST)
    stack, foot = [], float(HEIGHT - FOOT)
    for verdict, value in amounts.items():
        if value <= 0:
            continue
        height = value / most * (HEIGHT - FOOT - TOP)
        foot -= height
        rows = url(date_min=f"{day}", date_max=f"{day}", verdict=verdict.value, reconstruction=reconstruction)
        says = f"{day}, {verdict.label.lower()}: {lumi_text(value)}"
        stack.append(
            Bar(
                verdict.value,
                says,
                rows,
                round(left + (step - width) / 2, 2),
                round(foot, 2),
                round(width, 2),
                round(height, 2),
            )
        )
    return stack
