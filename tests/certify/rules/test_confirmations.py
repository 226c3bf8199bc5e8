"""Each confirmation on both sides of its limit."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from certify.models.choices import ConfirmationCode
from certify.models.components import Component, ComponentFlag
from certify.rules.confirmations import (
    Confirmation,
    required_confirmations,
)
from certify.rules.entry import CertificationEntry, TwinCertification

TODAY = date(2018, 5, 10)
COMPONENTS = ["DAQ", "PIXEL", "TRACKER"]
WHEN = datetime(2018, 5, 9, 12, tzinfo=UTC)


def _flags(pixel="good", strip="good", tracking="good", low=()):
    flags = dict.fromkeys(Component, "good")
    flags |= {Component.PIXEL: pixel, Component.STRIP: strip, Component.TRACKING: tracking}
    return {component: ComponentFlag(component, flag, component.value in low) for component, flag in flags.items()}


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
    return CertificationEntry(**{**plain, "component_flags": _flags(pixel, strip, tracking, low), **changes})


def _twin(low=(), flags=("good", "good", "good"), **changes):
    plain = {
        "pk": 1,
        "reconstruction": "prompt",
        "run_type": "collisions",
        "lumisections": 184,
        "recorded_lumi": 14.3,
        "people": "shifter",
        "changed_at": WHEN,
    }
    return TwinCertification(**{**plain, "component_flags": _flags(*flags, low=low), **changes})


def _required(entry):
    return [(confirmation.code.value, confirmation.field) for confirmation in required_confirmations(entry)]


def test_ordinary_entry_requires_no_confirmation():
    assert required_confirmations(_entry()) == []


@pytest.mark.parametrize(
    ("flags", "is_required"),
    [
        ({"strip": "excluded"}, True),
        ({"strip": "bad", "low": ("strip",)}, True),
        ({"strip": "bad"}, False),  # refused by a rule of entry
        ({"strip": "good", "low": ("strip",)}, False),
        ({"strip": "excluded", "tracking": "bad"}, False),
        ({"strip": "excluded", "tracking": "excluded"}, False),
    ],
)
def test_tracking_good_on_an_excused_strip_requires_confirmation(flags, is_required):
    assert _required(_entry(**flags)) == ([("strip_lowstat", "tracking")] if is_required else [])


@pytest.mark.parametrize(
    ("flags", "run_type", "is_required"),
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
def test_tracking_good_without_pixel_requires_confirmation_for_collisions(flags, run_type, is_required):
    required = _required(_entry(**flags, run_type=run_type, reference_run_type=run_type))
    assert (("pixel", "tracking") in required) == is_required


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
def test_flag_of_an_absent_detector_requires_one_confirmation(components, flags, field):
    required = [
        code_and_field
        for code_and_field in _required(_entry(**flags, components=components))
        if code_and_field[0] == "absent"
    ]
    assert required == ([("absent", field)] if field else [])


def test_one_sentence_names_all_absent_detectors():
    (confirmation,) = required_confirmations(_entry(components=["DAQ"]))
    assert confirmation.sentence == (
        "Pixel is good, Strip is good, Tracking is good, but PIXEL and TRACKER were not in the run."
    )


@pytest.mark.parametrize(
    ("run_type", "recorded", "is_required"),
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
def test_luminosity_that_does_not_fit_the_run_type_requires_confirmation(run_type, recorded, is_required):
    required = _required(_entry(run_type=run_type, reference_run_type=run_type, recorded_lumi=recorded))
    assert (("lumi", "recorded_lumi") in required) == is_required


@pytest.mark.parametrize("reconstruction", ["express", "prompt", "rereco", "rerecoul"])
@pytest.mark.parametrize(("reference", "is_newer"), [(315258, False), (315259, False), (315260, True)])
def test_newer_reference_requires_confirmation_for_express_and_prompt(reconstruction, reference, is_newer):
    required = _required(_entry(reconstruction=reconstruction, reference_run_number=reference))
    is_required = is_newer and reconstruction in ("express", "prompt")
    assert required == ([("ref_newer", "reference_runreconstruction")] if is_required else [])


@pytest.mark.parametrize("reconstruction", ["express", "rerecoul"])
@pytest.mark.parametrize(("older", "is_required"), [(6000, False), (6001, True)])
def test_old_reference_requires_confirmation(reconstruction, older, is_required):
    required = _required(_entry(reconstruction=reconstruction, reference_run_number=315259 - older))
    assert required == ([("ref_old", "reference_runreconstruction")] if is_required else [])


@pytest.mark.parametrize(
    ("run_type", "reference", "text"),
    [
        ("unknown", "collisions", "of the run is"),
        ("collisions", "unknown", "of the reference is"),
        ("unknown", "unknown", "of the run and of the reference is"),
        ("unknown", None, "of the run is"),
        ("collisions", None, ""),
        ("cosmics", "collisions", ""),  # refused by a rule of entry
    ],
)
def test_unknown_type_of_run_or_reference_requires_confirmation(run_type, reference, text):
    confirmations = [
        confirmation
        for confirmation in required_confirmations(_entry(run_type=run_type, reference_run_type=reference))
        if "type" in confirmation.code
    ]
    assert bool(confirmations) == bool(text)
    assert all(text in confirmation.sentence for confirmation in confirmations)


@pytest.mark.parametrize(
    ("changes", "text"),
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
def test_difference_from_the_twin_requires_confirmation(changes, text):
    confirmations = required_confirmations(_entry(twin=_twin(**changes)))
    assert [confirmation.sentence for confirmation in confirmations] == ([f"Prompt differs: {text}."] if text else [])


def _with_ranges(flags, ranges):
    return flags | {Component.STRIP: replace(flags[Component.STRIP], ranges=ranges)}


@pytest.mark.parametrize(
    ("ours", "theirs", "text"),
    [
        ((), ((310, 330),), "Strip good, 310-330 out, here good"),
        (((310, 330),), (), "Strip good, here good, 310-330 out"),
        (((310, 335), (352, 352)), ((310, 330),), "Strip good, 310-330 out, here good, 310-335, 352 out"),
    ],
)
def test_bad_lumisections_that_differ_from_the_twin_are_named(ours, theirs, text):
    entry = _entry(lumisections=655, component_flags=_with_ranges(_flags(), ours), has_comment=True)
    twin = _twin(lumisections=655, component_flags=_with_ranges(_flags(), theirs))
    asked = [row.sentence for row in required_confirmations(replace(entry, twin=twin)) if row.code == "counterpart"]
    assert asked == [f"Prompt differs: {text}."]
    same = replace(twin, component_flags=entry.component_flags)
    assert all(row.code != "counterpart" for row in required_confirmations(replace(entry, twin=same)))


@pytest.mark.parametrize("reconstruction", ["rereco", "rerecoul"])
def test_rereco_requires_no_confirmation_of_a_twin(reconstruction):
    assert required_confirmations(_entry(reconstruction=reconstruction, twin=_twin(lumisections=3))) == []


def test_luminosity_difference_of_exactly_eleven_percent_requires_no_confirmation():
    entry = _entry(recorded_lumi=100.0, twin=_twin(recorded_lumi=89.0))
    assert required_confirmations(entry) == []
    assert required_confirmations(replace(entry, twin=_twin(recorded_lumi=88.9))) != []


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"energy": 6.5}, "The typed energy per beam is 6.5 GeV (0.0065 TeV), outside 400 to 7500 GeV."),
        ({"energy": 399.9}, "The typed energy per beam is 399.9 GeV (0.3999 TeV), outside 400 to 7500 GeV."),
        ({"energy": 400}, None),
        ({"energy": 7500}, None),
        ({"energy": 7501}, "The typed energy per beam is 7501 GeV (7.501 TeV), outside 400 to 7500 GeV."),
        ({"energy": 0}, "The typed energy per beam is 0 GeV (0 TeV), outside 400 to 7500 GeV."),
        ({"energy": 6.5, "run_type": "cosmics"}, None),
        ({"energy": 6.5, "typed": {}}, None),
        ({"recorded_lumi": 1500}, None),
        (
            {"recorded_lumi": 1500.5},
            "The typed recorded luminosity 3.2 1/fb is 1500.500 /pb, more than 1500 /pb in one run.",
        ),
        ({"recorded_lumi": 3200, "typed": {"energy": "6500"}}, None),
        ({"recorded_lumi": 10.5, "delivered_lumi": 10}, None),
        ({"recorded_lumi": 1.155, "delivered_lumi": 1.1}, None),
        ({"recorded_lumi": 12, "delivered_lumi": None}, None),
        (
            {"recorded_lumi": 10.6, "delivered_lumi": 10, "typed": {"delivered_lumi": "10 1/pb"}},
            "The recorded luminosity, 10.600 /pb, is more than 5 % above the delivered 10.000 /pb.",
        ),
        ({"recorded_lumi": 10.6, "delivered_lumi": 10, "typed": {"energy": "6500"}}, None),  # both of OMS
    ],
)
def test_unusual_typed_value_requires_confirmation_with_its_unit(changes, sentence):
    typed = {"energy": "6.5", "recorded_lumi": "3.2 1/fb"}
    required = required_confirmations(_entry(**{"energy": 6500, "typed": typed, **changes}))
    questions = [(asked.field, asked.sentence) for asked in required if asked.code == ConfirmationCode.TYPED_ODD]
    assert questions == ([("recorded_lumi", sentence)] if sentence else [])


def test_all_unusual_typed_values_are_in_one_confirmation():
    typed = {"energy": "6.5", "recorded_lumi": "2 1/fb"}
    entry = _entry(energy=6.5, recorded_lumi=2000, delivered_lumi=2, typed=typed)
    (question,) = [asked for asked in required_confirmations(entry) if asked.code == ConfirmationCode.TYPED_ODD]
    assert [part in question.sentence for part in ("6.5 GeV", "2000.000 /pb", "delivered 2.000 /pb")] == [True] * 3


def test_checkbox_values_differ_for_different_sentences():
    """A checkbox ticked for one sentence must not confirm another."""
    confirmations = [Confirmation(ConfirmationCode.PIXEL, "pixel", f"Sentence {number}.") for number in range(5000)]
    assert len({confirmation.checkbox_value for confirmation in confirmations}) == 5000
