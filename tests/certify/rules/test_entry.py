"""Each rule of entry that refuses, on both sides of its edge."""

from datetime import date

import pytest

from certify.models.components import Component, ComponentFlag
from certify.rules.entry import CertificationEntry, build_entry, join_names, validate
from oms.models import OmsRun

TODAY = date(2018, 5, 10)


def _entry(pixel="good", strip="good", tracking="good", low=(), **changes):
    flags = dict.fromkeys(Component, "good")
    flags |= {Component.PIXEL: pixel, Component.STRIP: strip, Component.TRACKING: tracking}
    component_flags = {one: ComponentFlag(one, flag, one.value in low) for one, flag in flags.items()}
    facts = {"run_number": 315259, "run_type": "collisions", "reference_run_type": "collisions"}
    return CertificationEntry(**{**facts, "component_flags": component_flags, "date": TODAY, "today": TODAY, **changes})


def _fields(entry):
    return [refusal.field for refusal in validate(entry)]


def test_all_good_is_taken():
    assert validate(_entry()) == []


@pytest.mark.parametrize("bad", ["pixel", "strip", "tracking"])
def test_bad_without_reason_and_comment_is_refused_beside_both(bad):
    flags = {bad: "bad"} | ({"tracking": "bad"} if bad == "strip" else {})
    assert _fields(_entry(**flags)) == ["bad_reason", "comment"]
    assert _fields(_entry(**flags, has_reason=True)) == ["comment"]
    assert _fields(_entry(**flags, has_comment=True)) == ["bad_reason"]
    assert _fields(_entry(**flags, has_reason=True, has_comment=True)) == []


@pytest.mark.parametrize(
    ("comment", "has_comment"), [("seen", True), ("", False), (None, False), (" \t\n\u00a0", False)]
)
def test_blank_comment_is_no_comment(comment, has_comment):
    run = OmsRun(run_number=315259)
    assert build_entry(run, "express", {"comment": comment}).has_comment is has_comment


def test_bad_with_low_statistics_needs_no_reason():
    assert _fields(_entry(pixel="bad", low=("pixel",))) == []


def test_tracking_good_while_strip_bad_is_refused():
    entry = _entry(strip="bad", has_reason=True, has_comment=True)
    assert _fields(entry) == ["tracking"]


def test_tracking_good_while_strip_bad_with_low_statistics_is_taken():
    assert _fields(_entry(strip="bad", low=("strip",))) == []


@pytest.mark.parametrize("component", ["pixel", "strip", "tracking"])
def test_excluded_with_low_statistics_is_refused(component):
    assert _fields(_entry(**{component: "excluded"}, low=(component,))) == [f"{component}_lowstat"]


@pytest.mark.parametrize(
    ("run_type", "reference", "is_refused"),
    [
        ("collisions", "cosmics", True),
        ("cosmics", "collisions", True),
        ("collisions", "collisions", False),
        ("collisions", "unknown", False),
        ("unknown", "cosmics", False),
        ("cosmics", None, False),
    ],
)
def test_reference_of_the_other_type_is_refused_when_both_are_known(run_type, reference, is_refused):
    refused = _fields(_entry(run_type=run_type, reference_run_type=reference))
    assert refused == (["reference_runreconstruction"] if is_refused else [])


@pytest.mark.parametrize(("day", "is_refused"), [(10, False), (11, False), (12, True)])
def test_date_later_than_tomorrow_is_refused(day, is_refused):
    assert _fields(_entry(date=date(2018, 5, day))) == (["date"] if is_refused else [])


@pytest.mark.parametrize(("day", "is_refused"), [(3, True), (4, False)])
def test_date_before_the_run_began_is_refused(day, is_refused):
    entry = _entry(date=date(2018, 5, day), run_began=date(2018, 5, 4))
    assert _fields(entry) == (["date"] if is_refused else [])


@pytest.mark.parametrize(("number", "is_refused"), [(99999, True), (100000, False), (9999999, False), (10000000, True)])
def test_run_number_outside_its_range_is_refused(number, is_refused):
    assert _fields(_entry(run_number=number)) == (["__all__"] if is_refused else [])


def test_dataset_that_was_not_shown_is_refused():
    assert _fields(_entry(is_dataset_known=False)) == ["dataset"]


def test_checklist_not_ticked_is_refused_beside_its_box():
    assert _fields(_entry(unticked=["pixel"])) == ["checklist_pixel"]


def test_all_refusals_come_at_once_each_a_sentence():
    entry = _entry(pixel="bad", strip="excluded", low=("strip",), date=date(2018, 6, 1), unticked=["general"])
    found = validate(entry)
    assert [one.field for one in found] == ["bad_reason", "comment", "strip_lowstat", "date", "checklist_general"]
    assert all(one.sentence.endswith(".") and one.sentence[0].isupper() for one in found)


def test_names_stand_in_a_row_as_in_a_sentence():
    assert [join_names(["Pixel", "Strip", "Tracking"][:many]) for many in (1, 2, 3)] == [
        "Pixel",
        "Pixel and Strip",
        "Pixel, Strip and Tracking",
    ]
