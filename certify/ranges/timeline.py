"""The geometry of the timeline: lumisections of a run as bars of bits, and the flags of Run Registry below them.

Pure functions. Widths are lumisections or percent of the picture, heights are units of which 16 are 1 rem.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from oms.lumisections import bits

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from oms.lumisections.bits import Bit, Bits

# Lumisections `first` to `last`, both included.
Span = tuple[int, int]
# The same, with what holds there: bits, or a status of Run Registry.
BitSpan = tuple[int, int, "Bits"]
StatusSpan = tuple[int, int, str]

ROW, BAR, MARGIN = 14, 10, 2  # pitch and height of a row, and the space above its bar
LUMI_HEIGHT, LUMI_TOP = 26, 4
MAIN_WIDTH, STUB_X, STUB_WIDTH = 94.5, 95.3, 4.7  # percent; without later lumisections the main part has all
LEAST_SHARE = 1 / 200  # of the width, about 3 px: the least width of a mark
LUMI_BINS = 240
_TICK_STEPS = (1, 2, 5, 10, 20, 50, 100, 200, 250, 500, 1000, 2000, 5000, 10_000, 20_000)
_STATUS_CLASSES = {"GOOD": "good", "BAD": "bad", "EXCLUDED": "excluded", "STANDBY": "off"}


@dataclass(frozen=True)
class Mark:
    """A rectangle or line at `x` with `width`, both in percent of its part, with the centre of its row in rem."""

    name: str
    x: float
    width: float
    top: float
    middle: float

    @property
    def end(self) -> float:
        return round(self.x + self.width, 3)


@dataclass(frozen=True)
class TimelinePart:
    """Lumisections `first` to `last` of all rows. `x`, `width`: percent of the picture.

    `lanes`, `on`, `gaps`, `off`: paths in lumisections by units, drawn in this order. `gaps` widens short times in
    which a bit was off. `unknown`: marks of bits that are neither on nor off.
    """

    first: int
    last: int
    x: float
    width: float
    lanes: str
    on: str
    gaps: str
    off: str
    unknown: tuple[Mark, ...]

    @property
    def length(self) -> int:
        return self.last - self.first + 1


@dataclass(frozen=True)
class Tick:
    """A number below the axis. `x`: percent of the main part."""

    number: int
    x: float
    anchor: str


def spans_of(segments: Iterable[BitSpan], place: int, first: int, last: int) -> dict[Bit, list[Span]]:
    """Return the spans of each value of one bit between two lumisections. A lumisection without a row is None."""
    spans: dict[Bit, list[Span]] = {True: [], False: [], None: []}
    following = first
    for start, end, values in segments:
        start, end = max(start, first), min(end, last)  # noqa: PLW2901
        if start > end:
            continue
        if start > following:
            _extend(spans[None], following, start - 1)
        _extend(spans[values[place]], start, end)
        following = end + 1
    if following <= last:
        _extend(spans[None], following, last)
    return spans


def _extend(spans: list[Span], first: int, last: int) -> None:
    """Add a span, joined with the one before if they touch."""
    if spans and spans[-1][1] + 1 == first:
        first = spans.pop()[0]
    spans.append((first, last))


def timeline_parts(segments: Sequence[BitSpan], last_active: int | None, last: int) -> list[TimelinePart]:
    """Return the part up to the last active lumisection, and a stub for later ones; without an active one, one part."""
    end = last_active or last
    if end >= last:
        return [_part(segments, 1, last, 0, 100)]
    return [_part(segments, 1, end, 0, MAIN_WIDTH), _part(segments, end + 1, last, STUB_X, STUB_WIDTH)]


def _part(segments: Sequence[BitSpan], first: int, last: int, x: float, width: float) -> TimelinePart:
    length = last - first + 1
    lanes, on, gaps, off, unknown = [], [], [], [], []
    for row in range(len(bits.NAMES)):
        top = row * ROW + MARGIN
        spans = spans_of(segments, row, first, last)
        lanes.append(_bar(0, length, top))
        on += [_bar(start - first, end - start + 1, top) for start, end in spans[True]]
        off += [f"M{start - first} {top + BAR // 2}h{end - start + 1}" for start, end in spans[False]]
        short = [span for span in spans[False] if span[1] - span[0] + 1 < LEAST_SHARE * length]
        gaps += [_bar(*_widened(start - first, end - first + 1, length), top) for start, end in short]
        unknown += [_mark("unknown", span, first, length, row) for span in spans[None]]
    return TimelinePart(first, last, x, width, "".join(lanes), "".join(on), "".join(gaps), "".join(off), tuple(unknown))


def _bar(x: float, width: float, top: int) -> str:
    return f"M{x:g} {top}h{width:g}v{BAR}h{-width:g}z"


def _widened(start: float, end: float, length: int) -> tuple[float, float]:
    """Return start and width of a mark that is at least as wide as `LEAST_SHARE`, within the part."""
    width = max(end - start, LEAST_SHARE * length)
    return round(min(max((start + end - width) / 2, 0), length - width), 2), round(width, 2)


def _mark(name: str, span: Span, first: int, length: int, row: int) -> Mark:
    x, width = _widened(span[0] - first, span[1] - first + 1, length)
    top = (row * ROW + MARGIN) / 16
    return Mark(name, round(100 * x / length, 3), round(100 * width / length, 3), top, top + BAR / 32)


def status_marks(columns: Iterable[Sequence[StatusSpan]], last: int) -> list[Mark]:
    """Return the marks of Run Registry's columns, a row each, up to the lumisection `last`."""
    return [
        _mark(_STATUS_CLASSES.get(status, "unknown"), (first, min(end, last)), 1, last, row)
        for row, ranges in enumerate(columns)
        for first, end, status in ranges
        if first <= last
    ]


def lumi_path(lumis: Sequence[float | None], last: int) -> str:
    """Return the outline of the luminosity recorded in each lumisection, the highest at the top; "" if none is known.

    Long runs are drawn in at most `LUMI_BINS` steps, each the mean of what is known of its lumisections.
    """
    size = -(-last // LUMI_BINS)
    means = [_mean(lumis[start : min(start + size, last)]) for start in range(0, last, size)]
    highest = max(means, default=0)
    if highest <= 0:
        return ""
    scale = (LUMI_HEIGHT - LUMI_TOP) / highest
    steps = [f"V{LUMI_HEIGHT - scale * mean:.1f}H{min((at + 1) * size, last)}" for at, mean in enumerate(means)]
    return f"M0 {LUMI_HEIGHT}{''.join(steps)}V{LUMI_HEIGHT}z"


def _mean(lumis: Sequence[float | None]) -> float:
    known = [lumi for lumi in lumis if lumi is not None]
    return sum(known) / len(known) if known else 0


def ticks(last: int) -> list[Tick]:
    """Return about six numbers for the axis: the first, round ones, and the last."""
    step = next((step for step in _TICK_STEPS if last / step <= 6), _TICK_STEPS[-1])
    inner = [number for number in range(step, last, step) if number > 1 and step * 0.6 < last - number]
    inner = [number for number in inner if number - 1 > 0.06 * last]
    middle = [Tick(number, round(100 * (number - 0.5) / last, 3), "middle") for number in inner]
    ends = [Tick(last, 100, "end")] if last > 1 else []
    return [Tick(1, 0, "start"), *middle, *ends]


def lane_top(has_lumi: bool) -> float:
    """Return where the lanes of Run Registry begin, in rem."""
    return (LUMI_HEIGHT * has_lumi + ROW * len(bits.NAMES) + 6) / 16
