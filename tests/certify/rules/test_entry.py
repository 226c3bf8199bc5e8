"""Each rule of entry on both sides of its limit."""

from datetime import date

import pytest

from certify.models.components import Component, ComponentFlag
from certify.rules.entry import CertificationEntry, build_entry, join_names, validate
from oms.models import OmsRun

TODAY = date(2018, 5, 10)


def _entry(pixel="good", strip="good", tracking="good", low=(), **changes):
    flags = dict.fromkeys(Component, "good")
    flags |= {Component.PIXEL: pixel, Component.STRIP: strip, Component.TRACKING: tracking}
    component_flags = {
        component: ComponentFlag(component, flag, component.value in low) for component, flag in flags.items()
    }
    facts = {"run_number": 315259, "run_type": "collisions", "reference_run_type": "collisions"}
    return CertificationEntry(**{**facts, "component_flags": component_flags, "date": TODAY, "today": TODAY, **changes})


def _fields(entry):
    return [issue.field for issue in validate(entry)]


def test_all_good_flags_are_accepted():
    assert validate(_entry()) == []


@pytest.mark.parametrize("bad", ["pixel", "strip", "tracking"])
def test_bad_flag_requires_reason_and_comment(bad):
    flags = {bad: "bad"} | ({"tracking": "bad"} if bad == "strip" else {})
    assert _fields(_entry(**flags)) == ["bad_reason", "comment"]
    assert _fields(_entry(**flags, has_reason=True)) == ["comment"]
    assert _fields(_entry(**flags, has_comment=True)) == ["bad_reason"]
    assert _fields(_entry(**flags, has_reason=True, has_comment=True)) == []


@pytest.mark.parametrize(
    ("comment", "has_comment"), [("seen", True), ("", False), (None, False), (" \t\n\u00a0", False)]
)
def test_blank_comment_does_not_count(comment, has_comment):
    run = OmsRun(run_number=315259)
    assert build_entry(run, "express", {"comment": comment}).has_comment is has_comment


def test_bad_with_low_statistics_requires_no_reason():
    assert _fields(_entry(pixel="bad", low=("pixel",))) == []


def test_tracking_good_while_strip_bad_is_refused():
    entry = _entry(strip="bad", has_reason=True, has_comment=True)
    assert _fields(entry) == ["tracking"]


def test_tracking_good_while_strip_bad_with_low_statistics_is_accepted():
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
def test_reference_of_another_run_type_is_refused_when_both_are_known(run_type, reference, is_refused):
    refused = _fields(_entry(run_type=run_type, reference_run_type=reference))
    assert refused == (["reference_runreconstruction"] if is_refused else [])


@pytest.mark.parametrize(("day", "is_refused"), [(10, False), (11, False), (12, True)])
def test_date_later_than_tomorrow_is_refused(day, is_refused):
    assert _fields(_entry(date=date(2018, 5, day))) == (["date"] if is_refused else [])


@pytest.mark.parametrize(("day", "is_refused"), [(3, True), (4, False)])
def test_date_before_the_start_of_the_run_is_refused(day, is_refused):
    entry = _entry(date=date(2018, 5, day), run_began=date(2018, 5, 4))
    assert _fields(entry) == (["date"] if is_refused else [])


@pytest.mark.parametrize(
    ("day", "sentences"),
    [
        (date(2008, 1, 1), []),
        (date(2007, 12, 31), ["The date is before 2008, when CMS had no shifts. Give the shift day."]),
        (date(18, 5, 4), ["The date is before 2008, when CMS had no shifts. Give the shift day."]),
        (date(9999, 5, 4), ["The date is later than tomorrow (today is 2018-05-10 UTC). Give the shift day."]),
    ],
)
def test_date_outside_the_years_of_shifts_is_refused(day, sentences):
    assert [issue.sentence for issue in validate(_entry(date=day))] == sentences


@pytest.mark.parametrize(("number", "is_refused"), [(99999, True), (100000, False), (9999999, False), (10000000, True)])
def test_run_number_outside_its_range_is_refused(number, is_refused):
    assert _fields(_entry(run_number=number)) == (["__all__"] if is_refused else [])


def test_dataset_that_was_not_shown_is_refused():
    assert _fields(_entry(is_dataset_known=False)) == ["dataset"]


def test_unticked_checklist_is_refused_beside_its_checkbox():
    assert _fields(_entry(unticked=["pixel"])) == ["checklist_pixel"]


def test_all_issues_are_returned_at_once_each_with_a_sentence():
    entry = _entry(pixel="bad", strip="excluded", low=("strip",), date=date(2018, 6, 1), unticked=["general"])
    issues = validate(entry)
    assert [issue.field for issue in issues] == ["bad_reason", "comment", "strip_lowstat", "date", "checklist_general"]
    assert all(issue.sentence.endswith(".") and issue.sentence[0].isupper() for issue in issues)


def test_names_are_joined_as_in_a_sentence():
    assert [join_names(["Pixel", "Strip", "Tracking"][:count]) for count in (1, 2, 3)] == [
        "Pixel",
        "Pixel and Strip",
        "Pixel, Strip and Tracking",
    ]
