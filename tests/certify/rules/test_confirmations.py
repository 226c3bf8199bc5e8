"""Each question of entry on both sides of its edge, and the law of all of them together."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.models.choices import ConfirmationCode, Flag, Reconstruction
from certify.models.components import Component, ComponentFlag
from certify.rules.confirmations import (
    Confirmation,
    compare_with_twin,
    missing_confirmations,
    required_confirmations,
)
from certify.rules.entry import CertificationEntry, TwinCertification
from oms.choices import RunType

TODAY = date(2018, 5, 10)
COMPONENTS = ["DAQ", "PIXEL", "TRACKER"]
WHEN = datetime(2018, 5, 9, 12, tzinfo=UTC)


def _said(pixel="good", strip="good", tracking="good", low=()):
    flags = dict.fromkeys(Component, "good")
    flags |= {Component.PIXEL: pixel, Component.STRIP: strip, Component.TRACKING: tracking}
    return {one: ComponentFlag(one, flag, one.value in low) for one, flag in flags.items()}


def _entry(pixel="good", strip="good", tracking="good", low=(), **changes):
    plain = {
        "run_number": 315259,
        "run_type": "collisions",
        "reference_run_type": "collisions",
        "reference_run_number": 314811,
        "reconstruction": "express",
        "components": COMPONENTS,
        "lumisections": 184,
        "recorded_lumi": 14.3,
        "date": TODAY,
        "today": TODAY,
    }
    return CertificationEntry(**{**plain, "component_flags": _said(pixel, strip, tracking, low), **changes})


def _other(low=(), flags=("good", "good", "good"), **changes):
    plain = {
        "pk": 1,
        "reconstruction": "prompt",
        "run_type": "collisions",
        "lumisections": 184,
        "recorded_lumi": 14.3,
        "editor_name": "shifter",
        "changed_at": WHEN,
    }
    return TwinCertification(**{**plain, "component_flags": _said(*flags, low=low), **changes})


def _asked(entry):
    return [(one.code.value, one.field) for one in required_confirmations(entry)]


def test_plain_entry_raises_no_question():
    assert required_confirmations(_entry()) == []


@pytest.mark.parametrize(
    ("flags", "is_asked"),
    [
        ({"strip": "excluded"}, True),
        ({"strip": "bad", "low": ("strip",)}, True),
        ({"strip": "bad"}, False),  # that is refused
        ({"strip": "good", "low": ("strip",)}, False),
        ({"strip": "excluded", "tracking": "bad"}, False),
        ({"strip": "excluded", "tracking": "excluded"}, False),
    ],
)
def test_tracking_good_on_an_excused_strip_is_asked(flags, is_asked):
    assert _asked(_entry(**flags)) == ([("strip_lowstat", "tracking")] if is_asked else [])


@pytest.mark.parametrize(
    ("flags", "run_type", "is_asked"),
    [
        ({"pixel": "bad"}, "collisions", True),
        ({"pixel": "bad", "low": ("pixel",)}, "collisions", True),
        ({"pixel": "excluded"}, "collisions", True),
        ({"pixel": "excluded"}, "cosmics", False),
        ({"pixel": "excluded"}, "unknown", False),
        ({"pixel": "bad", "tracking": "bad"}, "collisions", False),
        ({"pixel": "good", "low": ("pixel",)}, "collisions", False),
    ],
)
def test_tracking_good_without_pixel_is_asked_of_collisions(flags, run_type, is_asked):
    asked = _asked(_entry(**flags, run_type=run_type, reference_run_type=run_type))
    assert (("pixel", "tracking") in asked) == is_asked


@pytest.mark.parametrize(
    ("components", "flags", "field"),
    [
        (["DAQ", "TRACKER"], {}, "pixel"),
        (["DAQ", "TRACKER"], {"pixel": "bad", "tracking": "bad"}, "pixel"),
        (["DAQ", "TRACKER"], {"pixel": "excluded", "tracking": "bad"}, None),
        (["DAQ", "PIXEL"], {}, "strip"),
        (["DAQ", "PIXEL"], {"strip": "excluded", "tracking": "bad"}, "tracking"),
        (["DAQ", "PIXEL"], {"strip": "excluded", "tracking": "excluded"}, None),
        (["DAQ"], {}, "pixel"),
        (None, {}, None),
        ([], {}, None),
    ],
)
def test_flag_for_a_detector_that_was_not_in_the_run_is_asked_once(components, flags, field):
    asked = [one for one in _asked(_entry(**flags, components=components)) if one[0] == "absent"]
    assert asked == ([("absent", field)] if field else [])


def test_all_absent_detectors_stand_in_one_sentence():
    (asked,) = required_confirmations(_entry(components=["DAQ"]))
    assert asked.sentence == (
        "Pixel is good, Strip is good, Tracking is good, but PIXEL and TRACKER were not in the run."
    )


@pytest.mark.parametrize(
    ("run_type", "recorded", "is_asked"),
    [
        ("collisions", 14.3, False),
        ("collisions", 0.0, True),
        ("collisions", None, True),
        ("cosmics", 0.0, False),
        ("cosmics", None, False),
        ("cosmics", 1e-6, True),
        ("unknown", None, False),
        ("unknown", 3.0, False),
    ],
)
def test_luminosity_that_does_not_fit_the_run_type_is_asked(run_type, recorded, is_asked):
    asked = _asked(_entry(run_type=run_type, reference_run_type=run_type, recorded_lumi=recorded))
    assert (("lumi", "recorded_lumi") in asked) == is_asked


@pytest.mark.parametrize("reconstruction", ["express", "prompt", "rereco", "rerecoul"])
@pytest.mark.parametrize(("reference", "is_newer"), [(315258, False), (315259, False), (315260, True)])
def test_newer_reference_is_asked_of_express_and_prompt(reconstruction, reference, is_newer):
    asked = _asked(_entry(reconstruction=reconstruction, reference_run_number=reference))
    is_asked = is_newer and reconstruction in ("express", "prompt")
    assert asked == ([("ref_newer", "reference_runreconstruction")] if is_asked else [])


@pytest.mark.parametrize("reconstruction", ["express", "rerecoul"])
@pytest.mark.parametrize(("older", "is_asked"), [(6000, False), (6001, True)])
def test_old_reference_is_asked(reconstruction, older, is_asked):
    asked = _asked(_entry(reconstruction=reconstruction, reference_run_number=315259 - older))
    assert asked == ([("ref_old", "reference_runreconstruction")] if is_asked else [])


@pytest.mark.parametrize(
    ("run_type", "reference", "words"),
    [
        ("unknown", "collisions", "of the run is"),
        ("collisions", "unknown", "of the reference is"),
        ("unknown", "unknown", "of the run and of the reference is"),
        ("unknown", None, "of the run is"),
        ("collisions", None, ""),
        ("cosmics", "collisions", ""),  # that is refused
    ],
)
def test_unknown_run_type_of_either_is_asked(run_type, reference, words):
    found = [
        one
        for one in required_confirmations(_entry(run_type=run_type, reference_run_type=reference))
        if "type" in one.code
    ]
    assert bool(found) == bool(words)
    assert all(words in one.sentence for one in found)


@pytest.mark.parametrize(
    ("other", "words"),
    [
        ({}, ""),
        ({"flags": ("bad", "good", "good")}, "Pixel bad, here good"),
        ({"low": ("strip",)}, "Strip good, low, here good"),
        ({"run_type": "cosmics"}, "run type cosmics, here collisions"),
        ({"run_type": "unknown"}, ""),
        ({"lumisections": 183}, "lumisections 183, here 184"),
        ({"lumisections": None}, ""),
        ({"recorded_lumi": 14.3 * 0.9}, ""),
        ({"recorded_lumi": 14.3 * 0.88}, "recorded 12.584 /pb, here 14.300 /pb"),
        ({"recorded_lumi": 14.3 / 0.88}, "recorded 16.250 /pb, here 14.300 /pb"),
        ({"recorded_lumi": 0.0}, "recorded 0.000 /pb, here 14.300 /pb"),
        ({"recorded_lumi": None}, ""),
    ],
)
def test_counterpart_that_says_otherwise_is_asked_and_shown(other, words):
    found = required_confirmations(_entry(twin=_other(**other)))
    assert [one.sentence for one in found] == ([f"Prompt says otherwise: {words}."] if words else [])


@pytest.mark.parametrize("reconstruction", ["rereco", "rerecoul"])
def test_counterpart_is_not_asked_of_a_rereco(reconstruction):
    assert required_confirmations(_entry(reconstruction=reconstruction, twin=_other(lumisections=3))) == []


def test_eleven_percent_is_not_more_than_eleven_percent():
    entry = _entry(recorded_lumi=100.0, twin=_other(recorded_lumi=89.0))
    assert required_confirmations(entry) == []
    assert required_confirmations(replace(entry, twin=_other(recorded_lumi=88.9))) != []


ENTRIES = st.builds(
    CertificationEntry,
    run_number=st.integers(100000, 400000),
    component_flags=st.fixed_dictionaries(
        {},
        optional={
            one: st.builds(ComponentFlag, st.just(one), st.sampled_from(Flag), st.booleans()) for one in Component
        },
    ),
    run_type=st.sampled_from(RunType),
    reference_run_type=st.none() | st.sampled_from(RunType),
    date=st.just(TODAY),
    today=st.just(TODAY),
    reconstruction=st.sampled_from(Reconstruction),
    reference_run_number=st.none() | st.integers(100000, 400000),
    components=st.none() | st.lists(st.sampled_from(["DAQ", "PIXEL", "TRACKER"])),
    lumisections=st.none() | st.integers(0, 3000),
    recorded_lumi=st.none() | st.floats(0, 1000),
    twin=st.none()
    | st.builds(
        TwinCertification,
        pk=st.just(1),
        reconstruction=st.sampled_from(["express", "prompt"]),
        component_flags=st.fixed_dictionaries(
            {one: st.builds(ComponentFlag, st.just(one), st.sampled_from(Flag), st.booleans()) for one in Component}
        ),
        run_type=st.sampled_from(RunType),
        lumisections=st.none() | st.integers(0, 3000),
        recorded_lumi=st.none() | st.floats(0, 1000),
        editor_name=st.just("shifter"),
        changed_at=st.just(WHEN),
    ),
)


@given(entry=ENTRIES)
def test_each_question_is_asked_at_most_once_with_a_sentence(entry):
    asked = required_confirmations(entry)
    codes = [one.code for one in asked]
    assert codes == [code for code in ConfirmationCode if code in codes]
    assert all(one.sentence.endswith(".") and one.sentence[0].isupper() for one in asked)


@given(entry=ENTRIES, confirmed=st.lists(st.sampled_from(ConfirmationCode.values)))
def test_what_is_not_confirmed_stands_in_the_way_and_nothing_else(entry, confirmed):
    asked = required_confirmations(entry)
    left = {one.field for one in missing_confirmations(asked, confirmed)}
    assert left == {f"confirm_{one.code.value}" for one in asked if one.code not in confirmed}
    assert missing_confirmations(asked, ConfirmationCode.values) == []


@given(entry=ENTRIES)
def test_detectors_nobody_knows_and_rerecos_raise_no_question_of_theirs(entry):
    codes = {one.code for one in required_confirmations(replace(entry, components=None, reconstruction="rereco"))}
    assert not codes & {ConfirmationCode.ABSENT, ConfirmationCode.REF_NEWER, ConfirmationCode.COUNTERPART}


@given(entry=ENTRIES)
def test_what_differs_does_not_hang_on_who_came_first(entry):
    other = entry.twin
    if other is None or set(entry.component_flags) != set(Component):
        return
    turned = replace(
        entry,
        component_flags=other.component_flags,
        run_type=other.run_type,
        lumisections=other.lumisections,
        recorded_lumi=other.recorded_lumi,
    )
    back = replace(
        other,
        component_flags=entry.component_flags,
        run_type=entry.run_type,
        lumisections=entry.lumisections,
        recorded_lumi=entry.recorded_lumi,
    )
    there = [(one.name, one.is_different, one.before, one.after) for one in compare_with_twin(turned, back)]
    assert [(one.name, one.is_different, one.after, one.before) for one in compare_with_twin(entry, other)] == there


def test_box_tells_its_sentence_from_thousands_of_others():
    """A box that was ticked for one sentence must not confirm another one."""
    asked = [Confirmation(ConfirmationCode.PIXEL, "pixel", f"Sentence {number}.") for number in range(5000)]
    assert len({one.checkbox_value for one in asked}) == 5000
