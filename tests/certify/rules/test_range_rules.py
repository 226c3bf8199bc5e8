"""What ranges leave of a run, and what they cost, as pure functions of an entry."""

import datetime as dt

import pytest

from certify.models.components import Component, ComponentFlag
from certify.rules.entry import CertificationEntry
from certify.rules.range_rules import ranges_left, ranges_price
from oms.choices import RunType
from oms.lumisections.segments import SegmentFacts

TODAY = dt.date(2018, 5, 11)
ON = (True,) * 8
PIXEL = Component.PIXEL


def segments(*bits) -> list[SegmentFacts]:
    """A segment for each lumisection from 1 on."""
    return [SegmentFacts(number, number, values, None, 0) for number, values in enumerate(bits, 1)]


def entry(rows=(), lumis=(), run_type=RunType.COLLISIONS, components=None, flags=None, **ranges) -> CertificationEntry:
    component_flags = {
        component: ComponentFlag(component, (flags or {}).get(component, "good"), False, ranges.get(component, ()))
        for component in Component
    }
    return CertificationEntry(
        run_number=316062,
        component_flags=component_flags,
        run_type=run_type,
        reference_run_type=run_type,
        date=TODAY,
        today=TODAY,
        lumisections=max(len(rows), 10),
        recorded_lumi=5.0,
        components=components,
        segments=rows,
        lumis=lumis,
    )


@pytest.mark.parametrize(
    ("lumis", "ranges", "is_less", "text"),
    [
        pytest.param([0.5] * 10, ((1, 6),), True, "4 lumisections, 2.000 /pb.", id="all known"),
        pytest.param([0.1] * 6 + [5.0] * 4, ((1, 6),), False, "4 lumisections, 20.000 /pb.", id="most luminosity left"),
        pytest.param([0.1] * 5 + [None] + [5.0] * 4, ((1, 6),), True, "4 lumisections, 20.000 /pb.", id="by count"),
        pytest.param([5.0] + [None] * 9, ((1, 4),), False, "6 lumisections. Keep", id="unknown where it is left"),
        pytest.param([5.0] + [None] * 8 + [1.0], ((1, 5),), False, "5 lumisections, at least 1.000 /pb.", id="least"),
    ],
)
def test_half_is_of_the_luminosity_if_all_is_known_else_of_the_lumisections(lumis, ranges, is_less, text):
    left = ranges_left(PIXEL, entry(segments(*[ON] * 10), lumis, pixel=ranges))
    assert left.is_less_than_half is is_less
    assert text in left.sentence


def test_price_of_lumisections_without_luminosity_is_the_least():
    rows = segments(*[ON] * 10)
    price = ranges_price(entry(rows, [0.5] * 9 + [None], strip=((9, 10),)))
    assert price.text == "out: 2 LS, at least 0.500 /pb of 5.000 /pb; whole run bad: 5.000 /pb"
    known = ranges_price(entry(rows, [0.5] * 10, strip=((9, 10),)))
    assert known.text == "out: 2 LS, 1.000 /pb of 5.000 /pb; whole run bad: 5.000 /pb"
