"""Geometry of the chart of luminosity in and out of a file by day, in units of the SVG view box.

A bar for each day from the first to the last, in at the bottom and out above it. Where no luminosity is known, as for
imported certifications, the bars are lumisections.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from golden.file_pages.amounts import sum_text

if TYPE_CHECKING:
    from collections.abc import Mapping

WIDTH, HEIGHT, FOOT, TOP = 640, 150, 22, 8
WIDEST, MOST_LABELS = 40.0, 9
MONTH_WIDTH = 24  # of a label
MOST_DAYS = 1000  # a typed start time may be of another year


@dataclass(frozen=True)
class DayBar:
    """The bar of a day. `is_in`: of what is in the file."""

    is_in: bool
    description: str
    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True)
class DayRow:
    """A day in numbers: lumisections and luminosity in and out."""

    day: str
    count_in: int
    lumi_in: str
    count_out: int
    lumi_out: str


@dataclass(frozen=True)
class DayChart:
    """The bars, labels (text, x) and the same values as rows. `bars` is empty where the day of no run is known."""

    bars: list[DayBar]
    labels: list[tuple[str, float]]
    rows: list[DayRow]
    highest: str
    unit: str


def day_chart(by_day: Mapping[str, Any]) -> DayChart:
    """Return the chart of `by_day` of a manifest: {day: {"in": sum, "out": sum}}."""
    key = "recorded_lumi" if any(each["recorded_lumi"] for day in by_day.values() for each in day.values()) else ""
    key = key or "lumisections"
    rows = [_row(day, sums) for day, sums in sorted(by_day.items())]
    days = _days(by_day)
    highest = max((sums["in"][key] + sums["out"][key] for sums in by_day.values()), default=0)
    if not days or not highest:
        return DayChart([], [], rows, "", "")
    step = WIDTH / len(days)
    bars = [bar for place, day in enumerate(days) for bar in _bars(by_day, day, place * step, step, highest, key)]
    labels = _labels(days, step)
    unit = "luminosity" if key == "recorded_lumi" else "lumisections"
    text = f"{highest:.1f} /pb" if key == "recorded_lumi" else f"{highest:,} LS"
    return DayChart(bars, labels, rows, text, unit)


def _days(by_day: Mapping[str, Any]) -> list[date]:
    """Return all days from the first to the last."""
    known = sorted(date.fromisoformat(day) for day in by_day if day)
    if not known:
        return []
    count = (known[-1] - known[0]).days + 1
    return known if count > MOST_DAYS else [known[0] + timedelta(days=each) for each in range(count)]


def _bars(by_day: Mapping[str, Any], day: date, left: float, step: float, highest: float, key: str) -> list[DayBar]:
    sums = by_day.get(day.isoformat())
    if sums is None:
        return []
    width = min(step * 0.8, WIDEST)
    foot, bars = float(HEIGHT - FOOT), []
    for name in ("in", "out"):
        height = sums[name][key] / highest * (HEIGHT - FOOT - TOP)
        foot -= height
        text = f"{day}, {name}: {sums[name]['lumisections']:,} LS, {sum_text(sums[name])}"
        x = round(left + (step - width) / 2, 2)
        if height:
            bars.append(DayBar(name == "in", text, x, round(foot, 2), round(width, 2), round(height, 2)))
    return bars


def _labels(days: list[date], step: float) -> list[tuple[str, float]]:
    """Return the first of each month for long times, else days at equal distances."""
    if len(days) > 62:
        return [(f"{day:%b}", place * step + MONTH_WIDTH / 2) for place, day in enumerate(days) if day.day == 1]
    every = -(-len(days) // MOST_LABELS)
    return [(f"{day:%d %b}", (place + 0.5) * step) for place, day in enumerate(days) if place % every == 0]


def _row(day: str, sums: Mapping[str, Any]) -> DayRow:
    inside, out = sums["in"], sums["out"]
    name = day or "day unknown"
    return DayRow(name, inside["lumisections"], sum_text(inside), out["lumisections"], sum_text(out))
