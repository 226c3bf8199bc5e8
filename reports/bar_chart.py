"""Bars of luminosity by day and verdict: where each rectangle of the drawing stands, in units of its view box.

Longer ranges than `MOST_DAYS` are drawn by month, so that a bar can be seen and clicked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date

from certify.models.choices import Reconstruction, Verdict
from oms.formatting import lumi_text
from reports.rows import ReportRow
from reports.statistics import first_of_month, lumi_by_day, same_day

WIDTH, HEIGHT, FOOT, TOP = 640, 168, 24, 20
WIDEST, MOST_LABELS = 56, 10
MOST_DAYS = 62


Amounts = Mapping[date, Mapping[Verdict, float]]


@dataclass(frozen=True)
class Bar:
    """What one verdict of one day has; `url`: where its rows stand, empty where nowhere."""

    verdict: str
    description: str
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
    """The bars of one reconstruction.

    `rows`: the same as numbers, for who reads rather than looks, each with the address of its rows.
    """

    name: str
    maximum: str
    is_by_month: bool
    bars: list[Bar]
    labels: list[Label]
    rows: list[tuple[str, list[tuple[Verdict, str, str]]]]


@dataclass(frozen=True)
class Period:
    """What one stack of bars is about: a day, or of a `month` (its first day) the days that have something."""

    first: date
    last: date
    month: date | None = None

    @property
    def key(self) -> date:
        return self.month or self.first

    @property
    def text(self) -> str:
        return f"{self.month:%Y-%m}" if self.month else f"{self.first}"

    @property
    def label(self) -> str:
        return f"{self.month:%b %Y}" if self.month else f"{self.first:%d %b}"


def charts(lines: list[ReportRow], days: list[date], url: Callable[..., str]) -> list[Chart]:
    """One for each reconstruction that recorded anything. `days`: all days of a bounded range; `url`: of the rows."""
    certified = sorted({line.day for line in lines})
    shown = days or certified
    is_by_month = len(shown) > MOST_DAYS
    periods = _months(certified) if is_by_month else [Period(day, day) for day in shown]
    amounts = lumi_by_day(lines, first_of_month if is_by_month else same_day)
    drawn = [_chart(name, periods, by_day, url, is_by_month) for name, by_day in amounts.items()]
    return [one for one in drawn if one]


def chart(reconstruction: str, days: list[date], amounts: Amounts, url: Callable[..., str]) -> Chart | None:
    """One of them over just these days; None where nothing was recorded."""
    return _chart(reconstruction, [Period(day, day) for day in days], amounts, url, is_by_month=False)


def _months(days: list[date]) -> list[Period]:
    """The months with any of these days, each with the first and the last of them."""
    found: dict[date, list[date]] = {}
    for day in days:
        found.setdefault(first_of_month(day), []).append(day)
    return [Period(some[0], some[-1], month) for month, some in found.items()]


def _chart(
    reconstruction: str, periods: list[Period], amounts: Amounts, url: Callable[..., str], is_by_month: bool
) -> Chart | None:
    most = max((_stack_total(some) for some in amounts.values()), default=0.0)
    if most <= 0:
        return None
    step = WIDTH / len(periods)
    stacks = [
        _stack(reconstruction, period, amounts.get(period.key, {}), place * step, step, most, url)
        for place, period in enumerate(periods)
    ]
    every = -(-len(periods) // MOST_LABELS)
    labels = [Label(one.label, (place + 0.5) * step) for place, one in enumerate(periods) if place % every == 0]
    said = [(one, amounts[one.key]) for one in periods if one.key in amounts]
    rows = [
        (one.text, [(of, lumi_text(value), _rows_url(url, one, of, reconstruction)) for of, value in some.items()])
        for one, some in said
    ]
    bars = [bar for stack in stacks for bar in stack]
    return Chart(Reconstruction(reconstruction).label, lumi_text(most), is_by_month, bars, labels, rows)


def _rows_url(url: Callable[..., str], period: Period, verdict: Verdict, reconstruction: str) -> str:
    """Where the rows of one verdict of one period stand."""
    days = {"date_min": f"{period.first}", "date_max": f"{period.last}"}
    return url(**days, verdict=verdict.value, reconstruction=reconstruction)


def _stack_total(amounts: Mapping[Verdict, float]) -> float:
    """A luminosity below zero, which OMS has said before, is no bar."""
    return sum(max(value, 0.0) for value in amounts.values())


def _stack(
    reconstruction: str,
    period: Period,
    amounts: Mapping[Verdict, float],
    left: float,
    step: float,
    most: float,
    url: Callable[..., str],
) -> list[Bar]:
    """The bars of one period, good at the foot."""
    width = min(step * 0.8, WIDEST)
    x = round(left + (step - width) / 2, 2)
    stack, foot = [], float(HEIGHT - FOOT)
    for verdict, value in amounts.items():
        if value <= 0:
            continue
        height = value / most * (HEIGHT - FOOT - TOP)
        foot -= height
        rows = _rows_url(url, period, verdict, reconstruction)
        says = f"{period.text}, {verdict.label.lower()}: {lumi_text(value)}"
        stack.append(Bar(verdict.value, says, rows, x, round(foot, 2), round(width, 2), round(height, 2)))
    return stack
