"""Geometry of the bar charts of recorded luminosity by day and verdict, in units of the SVG view box.

Ranges longer than `MOST_DAYS` are drawn by month, so that a bar stays large enough to see and to click.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from certify.models.choices import Reconstruction, Verdict
from oms.formatting import lumi_in_column
from reports.lumi_sums import LumiSum, first_of_month, lumi_by_day, same_day, unknown_count, unknown_note

if TYPE_CHECKING:
    from reports.rows import ReportRow

WIDTH, HEIGHT, FOOT, TOP = 640, 168, 24, 20
WIDEST, MOST_LABELS = 56, 10
MOST_DAYS = 62


Amounts = Mapping[date, Mapping[Verdict, LumiSum]]


@dataclass(frozen=True)
class Bar:
    """The bar of one verdict on one day. `url`: the page with its certifications, or empty."""

    verdict: str
    description: str
    url: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class Label:
    """The label of a day below its bar."""

    text: str
    x: float


@dataclass(frozen=True)
class UnknownMark:
    """The asterisk above a stack without all its certifications, since the luminosity of some is unknown."""

    description: str
    x: float
    y: float


@dataclass(frozen=True)
class Chart:
    """The bars of one reconstruction.

    `rows`: the same values as a table, each with the URL of its certifications, for readers of text.
    `unknown_note`: explains the asterisks; empty without any.
    """

    name: str
    maximum: str
    is_by_month: bool
    bars: list[Bar]
    labels: list[Label]
    rows: list[tuple[str, list[tuple[Verdict, str, str]]]]
    unknown_marks: list[UnknownMark]
    unknown_note: str


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


def charts(rows: list[ReportRow], days: list[date], url: Callable[..., str]) -> list[Chart]:
    """A chart for each reconstruction with recorded luminosity.

    `days`: all days of a bounded range, else empty. `url`: returns the URL of the certifications for given filters.
    """
    certified = sorted({row.day for row in rows})
    shown = days or certified
    is_by_month = len(shown) > MOST_DAYS
    periods = _months(certified) if is_by_month else [Period(day, day) for day in shown]
    amounts = lumi_by_day(rows, first_of_month if is_by_month else same_day)
    built_charts = [_chart(name, periods, by_day, url, is_by_month) for name, by_day in amounts.items()]
    return [chart for chart in built_charts if chart]


def chart(reconstruction: str, days: list[date], amounts: Amounts, url: Callable[..., str]) -> Chart | None:
    """The chart of one reconstruction over exactly these days; None if nothing was recorded."""
    return _chart(reconstruction, [Period(day, day) for day in days], amounts, url, is_by_month=False)


def _months(days: list[date]) -> list[Period]:
    """The months that contain any of these days, each with its first and last such day."""
    days_by_month: dict[date, list[date]] = {}
    for day in days:
        days_by_month.setdefault(first_of_month(day), []).append(day)
    return [Period(month_days[0], month_days[-1], month) for month, month_days in days_by_month.items()]


def _chart(
    reconstruction: str, periods: list[Period], amounts: Amounts, url: Callable[..., str], is_by_month: bool
) -> Chart | None:
    maximum = max((_stack_height(by_verdict) for by_verdict in amounts.values()), default=0.0)
    if maximum <= 0:
        return None
    step = WIDTH / len(periods)
    stacks = [
        _stack(reconstruction, period, amounts.get(period.key, {}), index * step, step, maximum, url)
        for index, period in enumerate(periods)
    ]
    label_step = -(-len(periods) // MOST_LABELS)
    labels = [
        Label(period.label, (index + 0.5) * step) for index, period in enumerate(periods) if index % label_step == 0
    ]
    rows = [
        (period.text, _number_cells(period, amounts[period.key], url, reconstruction))
        for period in periods
        if period.key in amounts
    ]
    bars = [bar for stack in stacks for bar in stack]
    name, highest = Reconstruction(reconstruction).label, lumi_in_column(maximum)
    marks = _unknown_marks(periods, amounts, maximum)
    unknown = unknown_count(lumi for by_verdict in amounts.values() for lumi in by_verdict.values())
    return Chart(name, highest, is_by_month, bars, labels, rows, marks, unknown_note(unknown))


def _unknown_marks(periods: list[Period], amounts: Amounts, maximum: float) -> list[UnknownMark]:
    step = WIDTH / len(periods)
    marks = []
    for index, period in enumerate(periods):
        by_verdict = amounts.get(period.key, {})
        unknown = unknown_count(by_verdict.values())
        if unknown:
            top = HEIGHT - FOOT - _stack_height(by_verdict) / maximum * (HEIGHT - FOOT - TOP)
            description = f"{period.text}: luminosity of {unknown} unknown"
            marks.append(UnknownMark(description, round((index + 0.5) * step, 2), round(top - 2, 2)))
    return marks


def _number_cells(
    period: Period, by_verdict: Mapping[Verdict, LumiSum], url: Callable[..., str], reconstruction: str
) -> list[tuple[Verdict, str, str]]:
    return [
        (verdict, lumi.text, _rows_url(url, period, verdict, reconstruction)) for verdict, lumi in by_verdict.items()
    ]


def _rows_url(url: Callable[..., str], period: Period, verdict: Verdict, reconstruction: str) -> str:
    """URL of the certifications of one verdict in one period."""
    days = {"date_min": f"{period.first}", "date_max": f"{period.last}"}
    return url(**days, verdict=verdict.value, reconstruction=reconstruction)


def _stack_height(amounts: Mapping[Verdict, LumiSum]) -> float:
    """Height of a stack in 1/pb."""
    return sum(lumi.positive for lumi in amounts.values())


def _stack(
    reconstruction: str,
    period: Period,
    amounts: Mapping[Verdict, LumiSum],
    left: float,
    step: float,
    maximum: float,
    url: Callable[..., str],
) -> list[Bar]:
    """The bars of one period, from good at the bottom upwards."""
    width = min(step * 0.8, WIDEST)
    x = round(left + (step - width) / 2, 2)
    stack, foot = [], float(HEIGHT - FOOT)
    for verdict, lumi in amounts.items():
        if not lumi.positive:
            continue
        height = lumi.positive / maximum * (HEIGHT - FOOT - TOP)
        foot -= height
        rows = _rows_url(url, period, verdict, reconstruction)
        label = f"{period.text}, {verdict.label.lower()}: {lumi.text}"
        stack.append(Bar(verdict.value, label, rows, x, round(foot, 2), round(width, 2), round(height, 2)))
    return stack
