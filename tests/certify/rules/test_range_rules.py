"""What ranges leave of a run, and what they cost, as pure functions of an entry."""

import datetime as dt

import pytest

from certify.models.components import Component, ComponentFlag
from certify.models.lumisections_out import counting_ranges
from certify.rules.entry import CertificationEntry
from certify.rules.range_rules import ranges_left, ranges_price, unshared_ranges
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


INACTIVE = (True, False, *ON[2:])
PIXEL_OFF, PIXEL_UNKNOWN = (*ON[:2], False, *ON[3:]), (*ON[:3], None, *ON[4:])
TOB_OFF = (*ON[:5], False, *ON[6:])


def on_and_left(component, rows, **changes) -> tuple[int, int]:
    left = ranges_left(component, entry(segments(*rows), **changes))
    return left.on, left.left


def test_lumisections_in_which_it_was_on_are_active_and_neither_off_nor_unknown():
    rows = [ON, INACTIVE, PIXEL_OFF, PIXEL_UNKNOWN, TOB_OFF, ON]
    assert on_and_left(PIXEL, rows, pixel=((5, 5),)) == (3, 2)
    assert on_and_left(Component.STRIP, rows, strip=((4, 6),)) == (4, 2)
    assert on_and_left(Component.TRACKING, rows, tracking=((1, 5),)) == (2, 1)


@pytest.mark.parametrize(
    ("components", "counts"),
    [
        pytest.param(["TRACKER", "DAQ"], (4, 3), id="without Pixel"),
        pytest.param(["PIXEL"], (3, 2), id="without Strip"),
        pytest.param(["PIXEL", "TRACKER"], (2, 2), id="with both"),
        pytest.param(None, (2, 2), id="unknown"),
        pytest.param(["DAQ"], (0, 0), id="with none"),
    ],
)
def test_tracking_rests_on_the_detectors_in_the_run(components, counts):
    rows = [ON, PIXEL_OFF, PIXEL_OFF, TOB_OFF, ON]
    assert on_and_left(Component.TRACKING, rows, components=components, tracking=((3, 4),)) == counts


@pytest.mark.parametrize(("bad", "is_less"), [(3, False), (4, True)])
@pytest.mark.parametrize("run_type", RunType)
def test_exactly_half_is_not_less_than_half(run_type, bad, is_less):
    """Six lumisections in which Pixel was on, one that was not active and one whose Pixel is not known."""
    rows = [ON, ON, ON, INACTIVE, PIXEL_UNKNOWN, ON, ON, ON]
    lumis = [0.5, 0.5, 0.5, None, 0.5, 0.5, 0.5, 0.5]
    ranges = ((1, bad + 2 if bad > 3 else bad),)
    left = ranges_left(PIXEL, entry(segments(*rows), lumis, run_type, pixel=ranges))
    assert (left.on, left.left, left.is_less_than_half) == (6, 6 - bad, is_less)


def test_half_of_cosmics_is_of_the_lumisections_though_some_have_luminosity():
    lumis = [0.1] * 4 + [9.0] * 6
    changes = {"rows": segments(*[ON] * 10), "lumis": lumis, "pixel": ((1, 6),)}
    assert ranges_left(PIXEL, entry(run_type=RunType.COSMICS, **changes)).is_less_than_half
    assert not ranges_left(PIXEL, entry(run_type=RunType.COLLISIONS, **changes)).is_less_than_half
    assert not ranges_left(PIXEL, entry(run_type=RunType.UNKNOWN, **changes)).is_less_than_half


@pytest.mark.parametrize("flag", ["bad", "excluded"])
def test_tracking_that_is_not_good_shares_nothing_with_strip(flag):
    flags = {Component.TRACKING: flag}
    assert unshared_ranges(entry(strip=((1, 4),), flags=flags)) == {}
    shared = unshared_ranges(entry(strip=((1, 4),), tracking=((2, 3),)))
    assert shared == {Component.TRACKING: [(1, 1), (4, 4)]}


@pytest.mark.parametrize(
    ("run_type", "ranges"),
    [(RunType.COSMICS, ((5, 6),)), (RunType.COLLISIONS, ((1, 2), (5, 6))), (RunType.UNKNOWN, ((1, 2), (5, 6)))],
)
def test_pixel_ranges_are_out_unless_it_is_cosmics(run_type, ranges):
    """Where the type is not known they may count."""
    flags = entry(run_type=run_type, pixel=((1, 2),), strip=((5, 6),)).component_flags.values()
    assert counting_ranges(run_type, flags) == ranges


def test_price_counts_what_drops_out_anyway_for_its_component():
    rows = segments(ON, INACTIVE, PIXEL_OFF, PIXEL_UNKNOWN, TOB_OFF)
    components = {Component.PIXEL: 2, Component.STRIP: 2, Component.TRACKING: 3}
    for component, off in components.items():
        assert ranges_price(entry(rows, [0.5] * 5), ((1, 5),), component).off == off
    without = entry(rows, [0.5] * 5, components=["TRACKER"])
    assert ranges_price(without, ((1, 5),), PIXEL).off == 1
    text = "out: 2 LS, 1.000 /pb of 5.000 /pb; 1 of them off anyway; whole run bad: 5.000 /pb"
    assert ranges_price(entry(rows, [0.5] * 5), ((3, 4),), PIXEL).text == text


def test_price_without_luminosity_says_so_but_for_cosmics():
    assert ranges_price(entry(), ((1, 11),)).text == "out: 10 LS, luminosity not known yet"
    assert ranges_price(entry(run_type=RunType.COSMICS), ((1, 3),)).text == "out: 3 LS"


def test_price_of_lumisections_without_luminosity_is_the_least():
    rows = segments(*[ON] * 10)
    price = ranges_price(entry(rows, [0.5] * 9 + [None]), ((9, 10),))
    assert price.text == "out: 2 LS, at least 0.500 /pb of 5.000 /pb; whole run bad: 5.000 /pb"
    known = ranges_price(entry(rows, [0.5] * 10), ((9, 10),))
    assert known.text == "out: 2 LS, 1.000 /pb of 5.000 /pb; whole run bad: 5.000 /pb"
