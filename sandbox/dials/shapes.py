"""Usual contents of the bins of an element: derived, with maxima, tails and holes as in the Tracker."""

from __future__ import annotations

from math import cos, exp, log, pi
from typing import TYPE_CHECKING

from sandbox.dials.defects import PHI_HOLE
from sandbox.dials.elements import LADDERS, BinnedAxis

if TYPE_CHECKING:
    from collections.abc import Callable

    from sandbox.dials.elements import SandboxElement

MODULES = 4
# Modules of the barrel without data in every run, by layer: (module, ladder), both signed.
DEAD_MODULES = {1: {(-3, 5), (2, -1), (4, -6)}, 2: {(1, 7), (-4, -12)}}
# The sector that dies in one run: modules and ladders of layer 1.
SECTOR = (range(-4, -1), range(2, 5))
# Fraction of the entries above the axis.
OVERFLOW = {"charge": 0.004, "signal": 0.026}


def centres(axis: BinnedAxis) -> list[float]:
    """Return the centres of the bins."""
    width = (axis.high - axis.low) / axis.bins
    return [axis.low + (index + 0.5) * width for index in range(axis.bins)]


def _gauss(x: float, mean: float, sigma: float) -> float:
    return exp(-0.5 * ((x - mean) / sigma) ** 2)


def _moyal(x: float, peak: float, width: float) -> float:
    """Return the approximation of a Landau distribution, 1 at about the peak."""
    step = (x - peak) / width
    return exp(-0.5 * (step + exp(-step)) + 0.5) if step > -6 else 0.0


def _charge(x: float, peak: float) -> float:
    return _moyal(x, peak, peak * 0.24) + 0.03 * _gauss(x, peak / 3, peak / 14)


def _signal(x: float, peak: float) -> float:
    return (_moyal(x, peak, peak * 0.16) + 0.05 * exp(-x / 40)) if x > 4 else 0.0


def _hits(x: float, _peak: float) -> float:
    return (_gauss(x, 15.5, 3.6) + 0.25 * _gauss(x, 9, 2)) if x > 2 else 0.0


_FORMS: dict[str, Callable[[float, float], float]] = {
    "charge": _charge,
    "signal": _signal,
    "hits": _hits,
    "chi2": lambda x, _peak: x**2 * exp(-x / 0.36),
    "eta": lambda x, _peak: (1 + 0.08 * x * x) * (1 if abs(x) < 2.4 else 0.3),
    "phi": lambda x, _peak: 1 + 0.06 * cos(4 * x) if abs(x) < pi else 0.6,
    "pt": lambda x, _peak: exp(-((x / 0.6) ** 0.5)),
    "distance": lambda x, _peak: _gauss(x, 0, 0.03) + 0.01 * exp(-abs(x) / 0.15),
}


def contents(element: SandboxElement, axis: BinnedAxis, stretch: float, mean: float) -> list[float]:
    """Return the contents of the bins of a 1D element, with the sum 1.

    `stretch` multiplies the quantity on the axis. `mean` is the mean of elements that count per event.
    """
    if element.per_event:
        return _normalised(_per_event(centres(axis), mean * stretch, element.peak))
    form = _FORMS[element.family]
    return _normalised([form(x / stretch, element.peak) for x in centres(axis)])


def _per_event(counts: list[float], mean: float, for_each: float) -> list[float]:
    """Return a gamma distribution with this mean: of the collisions, and of what each of them gives."""
    width = 1 + for_each
    power = (mean + 0.5) / width - 1
    logarithms = [power * log(count + 0.5) - count / width if count > -0.5 else -1e9 for count in counts]
    highest = max(logarithms)
    return [exp(value - highest) for value in logarithms]


def _normalised(values: list[float]) -> list[float]:
    total = sum(values)
    return [value / total for value in values] if total else values


def map_contents(element: SandboxElement) -> list[float]:
    """Return the contents of the bins of a 2D element, row by row of y, with the sum 1."""
    assert element.y is not None
    if element.family == "eta-phi":
        along = [_FORMS["eta"](x, 0) for x in centres(element.x)]
        return _normalised([_FORMS["phi"](y, 0) * value for y in centres(element.y) for value in along])
    cells = [_cell(x, y) for y in centres(element.y) for x in centres(element.x)]
    dead = DEAD_MODULES[element.layer]
    return _normalised([0.0 if 0 in cell or cell in dead else _clusters(*cell) for cell in cells])


def _cell(x: float, y: float) -> tuple[int, int]:
    """Return module and ladder at a point of the map; number 0 is the empty cross between the halves."""
    return round(x), round(y)


def _clusters(module: int, ladder: int) -> float:
    """Return the relative number of clusters: more at the ends, and on the inner ladders."""
    return (
        (1 + 0.04 * abs(module)) * (1.1 if ladder % 2 else 0.9) * (1 + 0.05 * cos(pi * ladder / max(LADDERS.values())))
    )


def hole_of(element: SandboxElement) -> list[bool]:
    """Return which bins the defect of this element empties."""
    low, high = PHI_HOLE
    if element.y is None:
        return [low < x < high for x in centres(element.x)]
    if element.family == "eta-phi":
        return [low < y < high for y in centres(element.y) for _ in range(element.x.bins)]
    modules, ladders = SECTOR
    cells = (_cell(x, y) for y in centres(element.y) for x in centres(element.x))
    return [module in modules and ladder in ladders for module, ladder in cells]
