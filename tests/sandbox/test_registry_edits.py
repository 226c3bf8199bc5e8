"""Edits of flags in Run Registry: what is stored, what reads show of it, and what is refused."""

from __future__ import annotations

import pytest

from tests.sandbox.registry_calls import EXPRESS, PROMPT, RUN, registry

__all__ = ["registry"]
UNEDITED = [(1, 30, "STANDBY"), (31, 272, "GOOD")]
PREFIX = f"Error updating lumisections of {PROMPT} dataset, run number: {RUN}: "
NOT_SAVED = (
    "Error updating lumisections of {0} dataset, run number: {1}: "
    "Error updating/saving dataset {0} of run {1} lumisections"
)


def test_edit_is_in_every_read_at_once(registry):
    before = registry.dataset()["version"]
    answer = registry.edit(35, 39, "BAD", "HV trip in layer 2", cause="HV")
    event = answer.json()
    assert (answer.status_code, event["manual_change"]) == (200, True)
    assert registry.column() == [(1, 30, "STANDBY"), (31, 34, "GOOD"), (35, 39, "BAD"), (40, 272, "GOOD")]
    each = registry.lumisections("rr_lumisections")
    assert each[34]["tracker-pixel"] == {"cause": "HV", "status": "BAD", "comment": "HV trip in layer 2"}
    assert each[34]["tracker-strip"]["status"] == "GOOD"
    ranges = registry.lumisections("rr_lumisection_ranges")
    assert [(entry["start"], entry["end"]) for entry in ranges] == [(1, 30), (31, 34), (35, 39), (40, 272)]
    row = registry.dataset()
    assert row["DatasetTripletCache"]["version"] == row["version"] == event["version"] + 1 > before
    summary = row["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"]
    counts = {"GOOD": 237, "BAD": 5, "STANDBY": 30, "EMPTY": 0}
    assert summary == counts | {"causes": ["HV"], "comments": ["HV trip in layer 2"]}
    assert row["DatasetTripletCache"]["rr_ranges"]["tracker-pixel"]["GOOD"] == [[31, 34], [40, 272]]
    [found] = registry.filtered({"triplet_summary.tracker-pixel.BAD": {">": 0}, "run_number": RUN, "name": PROMPT})
    assert found["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"] == summary
    assert registry.column(name=EXPRESS) == UNEDITED


def test_tracks_of_an_open_dataset_are_set(registry):
    assert registry.column("tracker-track") == [(1, 272, "NOTSET")]
    assert registry.edit(1, 272, component="tracker-track").status_code == 200
    assert registry.column("tracker-track") == [(1, 272, "GOOD")]


def test_history_has_who_and_when_with_manual_events_last(registry):
    version = registry.edit(5, 9, "BAD", "HV trip").json()["version"]
    registry.edit(5, 6, headers={"email": "auto@auto - x"})
    history = registry.lumisections("get_rr_lumisection_history")
    assert [event["manual_change"] for event in history] == [False, False, False, True]
    last = history[-1]
    assert (last["version"], last["start"], last["end"], last["by"]) == (version, 5, 9, "shifter@cern.ch")
    assert last["jsonb"] == {"tracker-pixel": {"cause": "", "status": "BAD", "comment": "HV trip"}}
    text = f"Edit run {RUN} lumisections of a dataset {PROMPT} for component tracker-pixel"
    [automatic, manual] = registry.versions(2)
    assert (manual["comment"], manual["createdAt"]) == (text, last["createdAt"])
    assert automatic["atomic_version"] == manual["atomic_version"] + 1


def test_manual_flags_win_over_later_automatic_ones(registry):
    registry.edit(5, 9, "BAD", "HV trip")
    answer = registry.edit(5, 12, headers={"email": "auto@auto"})
    assert answer.json()["manual_change"] is False
    assert registry.column()[:4] == [(1, 4, "STANDBY"), (5, 9, "BAD"), (10, 12, "GOOD"), (13, 30, "STANDBY")]


def test_same_edit_again_is_a_second_event_with_the_same_content(registry):
    first, second = (registry.edit(5, 9, "BAD", "HV trip").json() for _ in range(2))
    assert first["lumisection_metadata_id"] == second["lumisection_metadata_id"]
    assert second["version"] > first["version"]
    assert len(registry.edits()) == 2
    other = registry.edit(5, 9, "BAD", "something else").json()
    assert other["lumisection_metadata_id"] != first["lumisection_metadata_id"]


def test_latest_edit_wins_and_old_value_undoes(registry):
    registry.edit(35, 39, "BAD", "HV trip")
    registry.edit(37, 42, "EXCLUDED")
    assert registry.column()[1:5] == [(31, 34, "GOOD"), (35, 36, "BAD"), (37, 42, "EXCLUDED"), (43, 272, "GOOD")]
    registry.edit(35, 42)
    assert registry.column() == UNEDITED


@pytest.mark.parametrize(
    ("start", "end", "changed"),
    [
        (2, 2, (2, 2)),
        (1.5, 3.5, (2, 4)),
        ("2", "4", (2, 4)),
        ("10", "9", (10, 10)),
    ],
)
def test_numbers_are_taken_as_the_backend_takes_them(registry, start, end, changed):
    assert registry.edit(start, end).status_code == 200
    assert [stretch[:2] for stretch in registry.column() if stretch[2] == "GOOD"] == [changed, (31, 272)]


def test_missing_end_is_an_event_without_lumisections(registry):
    before = registry.dataset()["version"]
    answer = registry.edit(1, 1, new_lumisection_range={"start": 1, "status": "GOOD"})
    assert answer.status_code == 200
    assert (registry.column(), registry.edits()) == (UNEDITED, [])
    assert registry.dataset()["version"] > before


def test_lumisections_beyond_the_last_are_in_ranges_and_not_in_counts(registry):
    registry.edit(270, 274, "EXCLUDED")
    assert registry.column()[-1] == (270, 274, "EXCLUDED")
    assert registry.column("dt-dt") == [(1, 272, "GOOD"), (273, 273, None), (274, 274, None)]
    assert registry.lumisections("rr_lumisection_ranges")[-1]["dt-dt"]["status"] == "EMPTY"
    joint = registry.lumisections("joint_lumisection_ranges")[-1]
    assert (joint["end"], joint["tracker-pixel"]["status"], "bpix_ready" in joint) == (274, "EXCLUDED", False)
    assert registry.dataset()["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"]["EXCLUDED"] == 3


@pytest.mark.parametrize(("start", "end", "shift"), [(0, 0, 1), (-3, -1, 3), (0, 2, 1)])
def test_lumisections_below_one_damage_the_dataset_for_good(registry, start, end, shift):
    assert registry.edit(start, end, "GOOD", component="tracker-strip").status_code == 200
    counts = registry.dataset()["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"]
    for _ in range(2):
        [whole] = registry.lumisections("rr_lumisection_ranges")
        assert (whole["start"], whole["end"], whole["tracker-pixel"]["status"]) == (1, 272, "EMPTY")
        registry.edit(1, 272, component="tracker-strip")
    missing = [(number, number, None) for number in range(1, shift + 1)]
    assert registry.column() == [*missing, (1 + shift, 30 + shift, "STANDBY"), (31 + shift, 272 + shift, "GOOD")]
    assert counts == {"STANDBY": 30, "GOOD": 242, "EMPTY": 0, "causes": [], "comments": []}
    assert registry.dataset()["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"] == counts


@pytest.mark.parametrize(("component", "name"), [("x'; --", "x'; --"), (None, "null"), ("tracker-pix", "tracker-pix")])
def test_any_column_is_stored(registry, component, name):
    assert registry.edit(1, 1, component=component).status_code == 200
    summary = registry.dataset()["DatasetTripletCache"]["triplet_summary"][name]
    assert (summary["GOOD"], summary["EMPTY"]) == (1, 271)


@pytest.mark.parametrize(
    ("status", "key"), [("good", "good"), ({"a": 1}, "[object Object]"), ("NO VALUE FOUND", "NO VALUE FOUND")]
)
def test_any_status_is_stored(registry, status, key):
    assert registry.edit(1, 2, status).status_code == 200
    assert registry.dataset()["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"][key] == 2


def test_long_comments_in_any_alphabet_are_stored(registry):
    comment = "Größe µ \N{MATHEMATICAL SANS-SERIF DIGIT ONE} <b>" * 1000
    assert registry.edit(4, 4, "BAD", comment).status_code == 200
    assert registry.lumisections("rr_lumisections")[3]["tracker-pixel"]["comment"] == comment


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"status": ""}, "No status present when trying to edit lumisections"),
        ({"status": "BAD"}, "When setting lumisections as BAD, there MUST be a comment for this action."),
        (
            {"status": "BAD", "comment": "xx"},
            "When setting lumisections as BAD, there MUST be a comment for this action.",
        ),
        ({"start": 5, "end": 2}, f"{PREFIX}Start Lumisection must be less than end lumisection"),
        ({"end": None}, f"{PREFIX}Start Lumisection must be less than end lumisection"),
        ({"start": None}, NOT_SAVED.format(PROMPT, RUN)),
        ({"end": 10**10}, NOT_SAVED.format(PROMPT, RUN)),
        ({"comment": "a\x00b"}, NOT_SAVED.format(PROMPT, RUN)),
        ({"comment": "\ud800"}, NOT_SAVED.format(PROMPT, RUN)),
        (
            {"new_lumisection_range": None},
            "Cannot destructure property 'start' of 'new_lumisection_range' as it is null.",
        ),
        ({"dataset_name": "online"}, "Run must be in state OPEN to be edited"),
        ({"dataset_name": "online", "run_number": 1}, "Cannot read properties of null (reading 'rr_attributes')"),
        ({"dataset_name": "/Nope/DQM"}, NOT_SAVED.format("/Nope/DQM", RUN)),
        ({"run_number": 999999}, NOT_SAVED.format(PROMPT, 999999)),
    ],
)
def test_refused_edit_changes_nothing(registry, changes, error):
    newest = registry.versions()
    answer = registry.edit(**({"start": 1, "end": 2} | changes))
    assert (answer.status_code, answer.json()) == (500, {"err": error})
    assert (registry.versions(), registry.column()) == (newest, UNEDITED)


def test_online_run_is_edited_while_it_is_open(registry):
    assert registry.edit(1, 2, run_number=316186, dataset_name="online").status_code == 200
    run = registry.call("GET", "runs/316186").json()
    assert run["rr_attributes"]["state"] == "OPEN"
    assert registry.column(run_number=316186, name="online") == [(1, 2, "GOOD")]


def test_reset_forgets_what_was_written(registry, sandbox):
    before = registry.dataset()
    registry.edit(35, 39, "BAD", "HV trip")
    registry.move("SIGNOFF")
    sandbox.reset_registry()
    assert (registry.column(), registry.dataset(), registry.edits()) == (UNEDITED, before, [])
