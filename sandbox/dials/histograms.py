"""Histograms of one lumisection: the usual contents, times pile-up and detector bits, with noise; never stored.

The noise is that of counting, from a fixed sequence of normal numbers that begins elsewhere for each histogram. So the
same question has the same answer, in any order, without a generator for each.
"""

from __future__ import annotations

import random
import zlib
from functools import cache, lru_cache
from math import sqrt
from typing import Any

from sandbox import world
from sandbox.dials.defects import Variation, variation
from sandbox.dials.elements import BinnedAxis, SandboxElement
from sandbox.dials.shapes import OVERFLOW, contents, hole_of, map_contents
from sandbox.world.lumisections import is_on, pileups_of

NOMINAL_PILEUP = 40
# In steps, so that many lumisections share the scaled contents; without collisions it is 0.
_LOWEST_PILEUP, _LOW_PILEUP = 0.5, 20
_STEPS, _STEPS_IF_LOW = 5, 50
# Bounded, so that no count is negative.
_NOISE_LIMIT = 2.4
_PERIOD, _LONGEST = 16_384, 72 * 58


def _noise() -> list[float]:
    normal = random.Random(2018)  # noqa: S311 - no secret
    numbers = [max(-_NOISE_LIMIT, min(_NOISE_LIMIT, normal.gauss(0, 1))) for _ in range(_PERIOD)]
    return numbers + numbers[:_LONGEST]


_NOISE = _noise()


@lru_cache(maxsize=16)
def _conditions(run_number: int) -> dict[int, tuple[float, int]]:
    """Return {lumisection: (pile-up, flags)} of a run."""
    pileups, known = pileups_of(run_number), world.lumisections_of(run_number)
    ranges = known.segments if known else ()
    return {
        number: (_stepped(pileups[number]), flags) for first, last, flags in ranges for number in range(first, last + 1)
    }


def _stepped(pileup: float | None) -> float:
    if pileup is None or pileup < _LOWEST_PILEUP:
        return 0.0
    steps = _STEPS_IF_LOW if pileup < _LOW_PILEUP else _STEPS
    return round(pileup * steps) / steps


def x_axis(element: SandboxElement, run_number: int) -> BinnedAxis:
    """Return the x axis of the element in this run."""
    bins = variation(element.family, element.layer, 0, run_number, 1).bins
    return BinnedAxis(element.x.low, element.x.high, bins) if bins else element.x


@lru_cache(maxsize=512)
def _usual_contents(element: SandboxElement, varied: Variation, mean: float) -> list[float]:
    if element.dim == 2:
        values = map_contents(element)
    else:
        axis = BinnedAxis(element.x.low, element.x.high, varied.bins or element.x.bins)
        values = contents(element, axis, varied.stretch, mean)
    if varied.has_hole:
        values = [0.0 if is_empty else value for value, is_empty in zip(values, hole_of(element), strict=True)]
    return [value * (1 - OVERFLOW.get(element.family, 0)) for value in values]


@lru_cache(maxsize=128)
def _scaled(
    element: SandboxElement, varied: Variation, pileup: float, share: float
) -> tuple[list[float], list[float], int]:
    """Return the expected counts of the bins, each with 0.5 for rounding, their spreads, and the entries above."""
    mean = pileup * share * element.peak if element.per_event else 0
    scale = varied.amount if pileup else 0
    scale *= element.entries * (1 if element.per_event else share * pileup / NOMINAL_PILEUP)
    values = _usual_contents(element, varied, mean)
    expected = [value * scale for value in values]
    above = round(scale * OVERFLOW.get(element.family, 0))
    return [count + 0.5 for count in expected], [sqrt(count) for count in expected], above


@cache
def _seed(name: str) -> int:
    return zlib.crc32(name.encode())


def counts(element: SandboxElement, dataset_id: int, run_number: int, lumisection: int) -> tuple[list[int], int]:
    """Return the contents of the bins (of a map row by row of y), and the entries with those above the axis."""
    pileup, flags = _conditions(run_number)[lumisection]
    share = sum(is_on(flags, bit) for bit in element.bits) / len(element.bits)
    varied = variation(element.family, element.layer, dataset_id, run_number, lumisection)
    expected, spreads, above = _scaled(element, varied, pileup, share)
    start = (dataset_id * 7919 + run_number * 6151 + lumisection * 6425 + _seed(element.name)) % _PERIOD
    noise = _NOISE[start : start + len(expected)]
    numbers = [int(count + spread * normal) for count, spread, normal in zip(expected, spreads, noise, strict=True)]
    return numbers, sum(numbers) + above


class EncodedNumbers(str):
    """JSON that is in the answer as it is."""

    __slots__ = ()


def _row_text(numbers: list[int]) -> str:
    """Return the JSON of whole numbers as DIALS has them: with one decimal, which is 0."""
    return str(numbers).replace(", ", ".0,").replace("]", ".0]")


def encoded(numbers: list[int], x_bins: int, *, is_map: bool) -> EncodedNumbers:
    """Return the contents of the bins as JSON; of a map a list for each bin of y."""
    if not is_map:
        return EncodedNumbers(_row_text(numbers))
    rows = (_row_text(numbers[start : start + x_bins]) for start in range(0, len(numbers), x_bins))
    return EncodedNumbers(f"[{','.join(rows)}]")


def axes_row(element: SandboxElement, run_number: int) -> dict[str, Any]:
    """Return the axes as in a row."""
    x = x_axis(element, run_number)
    row = {"x_min": float(x.low), "x_max": float(x.high), "x_bin": x.bins}
    if element.y:
        row |= {"y_min": float(element.y.low), "y_max": float(element.y.high), "y_bin": element.y.bins}
    return row
