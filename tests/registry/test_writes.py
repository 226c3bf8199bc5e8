"""Requests that would damage a dataset of Run Registry are refused before they are built."""

from __future__ import annotations

import pytest

from infrastructure.http.budget import Budget
from registry.flag_ranges import FlagTriplet
from registry.writes import (
    DatasetKey,
    FlagEdit,
    StateMove,
    WriteRefused,
    move_state,
    move_state_if_unchanged,
    send_flag_edit,
)

DATASET = DatasetKey(315264, "/PromptReco/Collisions2018A/DQM")
GOOD = FlagTriplet("GOOD")
STATUSES_OF_OTHERS = ("good", "", "BANANA", "STANDBY", None, {"status": "BAD"})
RIGHT = {"component": "pixel", "first": 5, "last": 9, "triplet": GOOD, "run_last": 272}


def test_body_names_column_range_and_the_whole_flag():
    edit = FlagEdit(DATASET, **RIGHT | {"triplet": FlagTriplet("BAD", "HV trip in layer 2", "HV")})
    assert edit.body() == {
        "run_number": 315264,
        "dataset_name": "/PromptReco/Collisions2018A/DQM",
        "component": "tracker-pixel",
        "new_lumisection_range": {
            "start": 5,
            "end": 9,
            "status": "BAD",
            "comment": "HV trip in layer 2",
            "cause": "HV",
        },
    }


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        *(({"first": first}, "are not within 1-272.") for first in (0, -3, 10)),
        ({"last": 273}, "Lumisections 5-273 are not within 1-272."),
        *(
            ({name: odd}, "A lumisection is not a whole number.")
            for name in ("first", "last")
            for odd in (5.0, "5", None)
        ),
        *(({"first": odd, "last": odd}, "A lumisection is not a whole number.") for odd in (True, 1.5)),
        ({"run_last": None}, "A lumisection is not a whole number."),
        *(
            ({"component": name}, f"{name!r} is no component of the Tracker.")
            for name in ("ecal", "tracker-pixel", None)
        ),
        *(({"triplet": FlagTriplet(status)}, "is no status that is written.") for status in STATUSES_OF_OTHERS),
        *(
            ({"triplet": FlagTriplet("BAD", comment)}, "A bad flag needs a comment of 3 characters.")
            for comment in ("", "ab")
        ),
        *(({"triplet": FlagTriplet("GOOD", comment)}, "The comment cannot be stored.") for comment in ("a\0b", None)),
    ],
)
def test_edit_that_would_damage_a_dataset_is_refused(changes, sentence):
    with pytest.raises(WriteRefused, match=sentence.replace(".", r"\.")):
        FlagEdit(DATASET, **RIGHT | changes)


@pytest.mark.parametrize(
    ("run", "name"),
    [(0, "/A/B/DQM"), (True, "/A/B/DQM"), ("315264", "/A/B/DQM"), (315264, "online"), (315264, " "), (315264, None)],
)
def test_odd_datasets_are_refused(run, name):
    with pytest.raises(WriteRefused):
        DatasetKey(run, name)


@pytest.mark.parametrize(
    ("state_from", "state_to"),
    [("OPEN", "COMPLETED"), ("SIGNOFF", "OPEN"), ("OPEN", "BANANA"), ("waiting dqm gui", "OPEN"), ("OPEN", "OPEN")],
)
def test_moves_that_are_never_made_are_refused(state_from, state_to):
    with pytest.raises(WriteRefused, match=f"A dataset is not moved from {state_from} to {state_to}"):
        StateMove(DATASET, state_from, state_to)


@pytest.mark.parametrize(
    ("setting", "value", "sentence"),
    [
        ("RUNREGISTRY_EMAIL", "auto@auto", "begins with auto@auto"),
        ("RUNREGISTRY_EMAIL", " Auto@Auto.cern.ch", "begins with auto@auto"),
        ("RUNREGISTRY_EMAIL", "certhelper", "is no e-mail address"),
        ("RUNREGISTRY_EGROUPS", "certifiers, admins", "Separate the e-groups by commas alone"),
        ("RUNREGISTRY_EGROUPS", "", "empty name"),
    ],
)
@pytest.mark.parametrize(
    "send",
    [
        lambda: send_flag_edit(FlagEdit(DATASET, **RIGHT), Budget(60)),
        lambda: move_state(StateMove(DATASET, "OPEN", "SIGNOFF"), Budget(60)),
        lambda: move_state_if_unchanged(StateMove(DATASET, "OPEN", "SIGNOFF"), Budget(60)),
    ],
    ids=["edit", "move", "compared move"],
)
def test_nothing_is_sent_in_the_name_of_the_automatic_author(sandbox, settings, send, setting, value, sentence):
    setattr(settings, setting, value)
    with pytest.raises(WriteRefused, match=sentence):
        send()
    assert sandbox.requests("registry") == []
