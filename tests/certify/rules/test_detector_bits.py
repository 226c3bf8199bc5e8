"""The confirmation for a component called good while its detector was off in many lumisections."""

import datetime as dt
import re

import pytest

from certify.models.choices import ConfirmationCode
from certify.models.components import Component, ComponentFlag
from certify.rules.confirmations import Confirmation, required_confirmations
from certify.rules.entry import CertificationEntry
from oms.choices import RunType
from oms.lumisections.segments import SegmentFacts, segments_of
from oms.parsing import derive_run_type
from sandbox import world
from sandbox.world.lumisections import runs_with_lumisections
from tests.oms.lumisections.test_whole_world import parsed_row

TODAY = dt.date(2018, 5, 11)
ON = (True,) * 8
NAMES = ("stable_beams", "cms_active", "bpix", "fpix", "tibtid", "tob", "tecp", "tecm")


def segment(first, last, lumi=1.0, unknown=0, **changes) -> SegmentFacts:
    values = dict(zip(NAMES, ON, strict=True)) | changes
    return SegmentFacts(first, last, tuple(values.values()), lumi, unknown)


def asked(*segments, **changes) -> list[str]:
    return [item.sentence for item in confirmations(*segments, **changes)]


def confirmations(
    *segments, run_type=RunType.COLLISIONS, flags="good good good", low=(), components=None
) -> list[Confirmation]:
    component_flags = {
        component: ComponentFlag(component, flag, component.value in low)
        for component, flag in zip(Component, flags.split(), strict=True)
    }
    entry = CertificationEntry(
        run_number=316062,
        component_flags=component_flags,
        run_type=run_type,
        reference_run_type=run_type,
        date=TODAY,
        today=TODAY,
        recorded_lumi=3.6 if run_type == RunType.COLLISIONS else 0,
        components=components,
        segments=segments,
    )
    return [item for item in required_confirmations(entry) if item.code == ConfirmationCode.DCS]


def test_sentence_names_what_was_off_and_what_is_left():
    segments = segment(1, 4, 0.66), segment(5, 24, bpix=False), segment(25, 26, stable_beams=False, bpix=False)
    expected = "Pixel was off in 20 of 24 lumisections with stable beams; they drop out by the detector bits."
    assert asked(*segments) == [f"{expected} Judge the other 4 (0.660 /pb)."]


def test_luminosity_that_is_left_is_the_least_where_it_is_unknown_in_some():
    off = segment(5, 24, bpix=False, unknown=1)
    assert asked(segment(1, 4, 0.66, unknown=1), off)[0].endswith("Judge the other 4 (at least 0.660 /pb).")
    assert asked(segment(1, 4, None, unknown=4), off)[0].endswith("Judge the other 4.")
    assert asked(segment(1, 4, 0.66), off)[0].endswith("Judge the other 4 (0.660 /pb).")


@pytest.mark.parametrize(("off", "is_asked"), [(0, False), (1, False), (2, True), (10, True)])
def test_more_than_a_tenth_of_the_lumisections_with_stable_beams_asks(off, is_asked):
    segments = [segment(1, 10 - off)] if off < 10 else []
    segments += [segment(11 - off, 10, tob=False)] if off else []
    assert bool(asked(*segments)) is is_asked


@pytest.mark.parametrize(("off", "is_asked"), [(5, False), (6, True)])
def test_of_cosmics_more_than_half_of_the_active_ones_asks(off, is_asked):
    bits = {"stable_beams": False}
    segments = [segment(1, 10 - off, **bits), segment(11 - off, 10, tecm=False, **bits)]
    segments.append(segment(11, 99, cms_active=False, tecm=False, **bits))
    assert bool(asked(*segments, run_type=RunType.COSMICS)) is is_asked


def test_lumisections_with_stable_beams_in_which_cms_was_not_active_are_not_needed():
    segments = segment(1, 40), segment(41, 65, tob=False), segment(66, 75, cms_active=False, tob=False)
    (sentence,) = asked(*segments)
    assert sentence.startswith("Strip was off in 25 of 65 lumisections with stable beams;")
    assert "Judge the other 40" in sentence
    assert asked(segment(1, 10), segment(11, 99, cms_active=False, tob=False)) == []
    assert asked(segment(1, 10), segment(11, 99, cms_active=None, tob=False)) == []


@pytest.mark.parametrize(
    ("flags", "off", "field"),
    [
        pytest.param("good good good", ("tob",), "strip", id="Strip off"),
        pytest.param("good good good", ("bpix",), "pixel", id="Pixel off"),
        pytest.param("good good good", ("tob", "bpix"), "pixel", id="both off"),
        pytest.param("excluded good good", ("bpix",), "tracking", id="Pixel off, only Tracking rests on it"),
        pytest.param("good bad good", ("tecm",), "tracking", id="Strip off and bad"),
        pytest.param("excluded good good", ("tecm",), "strip", id="Strip off, Pixel excluded"),
    ],
)
def test_question_is_beside_the_first_good_component_that_rests_on_what_was_off(flags, off, field):
    segments = segment(1, 5), segment(6, 10, **dict.fromkeys(off, False))
    assert [item.field for item in confirmations(*segments, flags=flags)] == [field]


def test_segments_are_not_compared_with_each_other(monkeypatch):
    """A run has hundreds."""
    segments = [segment(number, number, tob=bool(number % 2)) for number in range(1, 101)]
    monkeypatch.setattr(SegmentFacts, "__eq__", None)
    assert len(asked(*segments)) == 1


def test_whole_run_off_leaves_none():
    assert asked(segment(1, 10, fpix=False))[0].endswith("they drop out by the detector bits. None is left to judge.")


def test_unknown_bit_is_not_off():
    assert asked(segment(1, 10, bpix=None)) == []


def test_lumisections_that_have_not_been_read_ask_nothing():
    assert asked() == []


@pytest.mark.parametrize(
    ("flags", "low", "expected"),
    [
        pytest.param("good good good", (), "Pixel Strip", id="each good component"),
        pytest.param("bad good bad", (), "Strip", id="not for a bad one"),
        pytest.param("excluded bad good", (), "Pixel Strip", id="Tracking rests on both"),
        pytest.param("good bad bad", ("pixel",), "", id="not with low statistics"),
    ],
)
def test_detectors_of_good_components_are_asked_about(flags, low, expected):
    sentences = " ".join(asked(segment(1, 10, fpix=False, tecp=False), flags=flags, low=low))
    assert [name for name in ("Pixel", "Strip") if f"{name} was off" in sentences] == expected.split()


def test_detector_that_was_not_in_the_run_is_not_asked_about():
    """`absent` asks."""
    assert asked(segment(1, 10, fpix=False), components=["TRACKER", "DAQ"]) == []


def _asks(number: int) -> bool:
    return bool(_asked_of_the_world(number))


def _asked_of_the_world(number: int) -> list[str]:
    row = world.runs()[number]
    run_type = run_type_of(number)
    segments = segments_of([parsed_row(values) for values in world.lumisections_rows(number)])
    return asked(*segments, run_type=run_type, components=row["components"])


def run_type_of(number: int) -> str:
    row = world.runs()[number]
    return derive_run_type(row["hlt_key"], row["stable_beam"])


def test_six_collision_runs_of_the_world_ask():
    runs = [number for number in runs_with_lumisections() if number >= 315190]
    collisions = [number for number in runs if run_type_of(number) == RunType.COLLISIONS]
    assert [number for number in collisions if _asks(number)] == [315490, 315648, 315786, 315974, 316061, 316062]
    assert len(collisions) == 78


@pytest.mark.parametrize(("number", "counts"), [(316061, "25 of 65, 28 of 65"), (316062, "20 of 24, 19 of 24")])
def test_only_active_lumisections_of_the_world_are_counted(number, counts):
    """Pixel, then Strip. 316061 has ten more with stable beams, after CMS had stopped."""
    found = " ".join(_asked_of_the_world(number))
    assert ", ".join(re.findall(r"off in (\d+ of \d+) lumisections", found)) == counts


def test_eight_cosmic_runs_of_the_world_ask():
    def was_ready(number):
        rows = world.lumisections_rows(number)
        return all(any(row[f"{name}_ready"] for row in rows) for name in Component.STRIP.declaration.partitions)

    cosmics = [
        number
        for number in runs_with_lumisections()
        if run_type_of(number) == RunType.COSMICS
        and {"PIXEL", "TRACKER"} <= set(world.runs()[number]["components"])
        and was_ready(number)
    ]
    assert (len(cosmics), sum(map(_asks, cosmics))) == (68, 8)
