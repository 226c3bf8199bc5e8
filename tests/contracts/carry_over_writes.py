"""Converts recorded writes: `python -m tests.contracts.carry_over_writes FOLDER` writes registry_writes.json.

FOLDER holds exchanges recorded from the real Run Registry backend, filled with runs of the sandbox's world (one JSON
file per exchange). Kept are the requests in the order in which they were sent, the status, and the facts of the answer:
without times, numbers of the recorded server, what the recording cut (`...`) and what the sandbox derives otherwise.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent
SOURCE = (
    "cms-DQM/runregistry at 3794426 with node 20, PostgreSQL 15 and Redis, filled with 46 runs of the sandbox's world; "
    "recorded on 30 November 2026"
)
# The permission table of the recorded server, which was made up.
PERMISSIONS = {
    "cms-dqm-runregistry-offline-tracker-certifiers": [
        "/datasets/tracker/move_dataset/OPEN/SIGNOFF",
        "/datasets/tracker/move_dataset/SIGNOFF/OPEN",
        "/lumisections/edit_rr_lumisections",
    ],
    "cms-dqm-runregistry-experts": [".*"],
}
# fmt: off
ORDER = [
    "edit_no_headers", "edit_email_only", "edit_wrong_egroup", "edit_egroups_with_space",
    "edit_auto_prefix_bypasses", "edit_ok", "edit_ok__ranges_by_component", "edit_same_again", "edit_overlap",
    "history_after_edits", "history_after_edits_manual", "undo_by_old_value", "edit_bad_no_comment",
    "edit_bad_short_comment", "edit_no_status", "edit_no_range", "edit_start_after_end", "edit_null_end",
    "edit_no_end", "edit_zero_start", "edit_negative_start", "edit_float", "edit_text_range", "edit_text_run",
    "edit_no_component", "edit_status_lower", "edit_status_object", "edit_long_comment", "edit_unicode_comment",
    "edit_nul_comment", "edit_unknown_run", "edit_unknown_dataset", "edit_unknown_run_online",
    "edit_online_signed_off", "edit_completed_dataset", "edit_beyond_last", "edit_start_zero_corrupts__1_edit",
    "edit_start_zero_corrupts__2_read", "move_OPEN_SIGNOFF", "move_same_again", "move_SIGNOFF_COMPLETED_certifier",
    "move_SIGNOFF_COMPLETED_expert", "move_from_ignored", "move_unknown_state", "move_body_workspace_wins",
    "move_body_without_workspace", "move_unknown_workspace", "move_online_dataset", "move_text_run",
    "move_unknown_run", "move_dataset_name_trailing_newline", "move_waiting_tracker_to_OPEN",
    "move_waiting_global_to_OPEN", "move_with_query_string_bypass", "post_datasets_workspace",
    "put_datasets_workspace", "run_move_with_history", "run_manual_edit_class_not_open", "run_move_SIGNOFF_OPEN",
    "run_manual_edit_stop_reason", "run_manual_edit_no_change", "run_manual_edit_other_key_smuggled",
    "edit_online_open", "run_move_OPEN_COMPLETED", "run_move_again", "run_move_bad", "run_move_unknown",
    "run_history_after", "versions_page", "versions_no_page", "refresh_run_open", "refresh_run_not_open",
    "refresh_run_unknown", "reset_run_open", "significant_already", "significant_not_open", "significant_unknown",
    "cycle_add", "cycle_add_same_name", "cycle_add_2", "cycle_get", "cycle_mark_complete_early",
    "cycle_move_dataset", "cycle_move_dataset_not_in", "cycle_move_all", "cycle_mark_complete",
    "cycle_move_when_complete", "cycle_pending", "cycle_unknown", "dc_states_workspace", "dc_states_again",
    "dc_states_bad", "dc_states_no_match", "dc_states_no_such_workspace", "dc_column_batch",
    "dc_column_batch_unknown_column", "hidden_reason", "hide", "hidden_still_editable", "edit_with_sql_in_component",
    "incremental_pull_by_version", "hide_again", "hidden_move", "edit_status_NO_VALUE_FOUND",
]
# fmt: on
# What was sent again before the last move, without a recording.
HIDE_AGAIN = "hide_again"
RACES = (
    "race_same_lumisections",
    "race_two_moves_one_dataset",
    "race_moves",
    "race_edits",
    "race_25_moves",
    "burst_12_edits",
    "burst_20_edits",
)
REASONS = (
    ("json_", "golden JSON files are not generated"),
    ("classifier_", "classifiers are not served"),
    ("edit_oms_", "detector bits are not written"),
    ("burst_40_edits", "the silence of an overloaded backend is not imitated"),
)
# Answered otherwise: numbers and times of a server, OMS (its shape is compared elsewhere), luminosities of brilcalc,
# and the flags of tracks, which the sandbox has not set while a dataset is open.
DROPPED = {
    "createdAt", "updatedAt", "atomic_version", "id_cycle", "version", "lumisection_metadata_id", "oms_attributes",
    "dcs_summary", "dcs_ranges", "brilcalc_recorded_luminosity", "brilcalc_delivered_luminosity", "tracker-track",
    "pages", "count", "...",
}  # fmt: skip
# {text of the recording: text of the sandbox}: it has two calls of these names already.
MAPPED = {"2018 week 17": "recorded week 17", "2018 week 18": "recorded week 18"}
CALL_IDS = {1: 3, 3: 5, 99: 99}
CUT_RUNS = {"... 2 more": [{"=": 315267}, {"=": 315270}]}
CUT = "... "
HISTORY = {"run_number": 315264, "dataset_name": "/PromptReco/Collisions2018A/DQM"}
# Of states that are OPEN and of columns these are compared.
STATES = ("tracker_state", "global_state", "dt_state")
COLUMNS = ("tracker-pixel", "tracker-strip", "dt-dt", "undefined")


def mapped(value: Any, key: str = "") -> Any:
    """Return the value with ids and names of the sandbox, and with what was cut from a list of runs."""
    if isinstance(value, dict):
        return {name: mapped(item, name) for name, item in value.items()}
    if isinstance(value, list):
        items = [item for part in value for item in (CUT_RUNS.get(part, [part]) if isinstance(part, str) else [part])]
        return [mapped(item) for item in items]
    if key == "id_cycle":
        return CALL_IDS[value]
    return MAPPED.get(value, value) if isinstance(value, str) else value


def facts_of(value: Any) -> Any:
    """Return what is compared of an answer. A list that the recording cut ends with `...`."""
    if isinstance(value, dict):
        return {name: facts_of(item) for name, item in value.items() if is_compared(name, item)}
    if isinstance(value, list):
        is_cut = bool(value) and isinstance(value[-1], str) and value[-1].startswith(CUT)
        return [facts_of(item) for item in (value[:-1] if is_cut else value)] + (["..."] if is_cut else [])
    return MAPPED.get(value, value) if isinstance(value, str) else value


def is_compared(name: str, value: Any) -> bool:
    """Return whether a key of an answer is compared."""
    if name.endswith("_state") and value == "OPEN":
        return name in STATES
    is_column = "-" in name and "/" not in name
    return name in COLUMNS if is_column else name not in DROPPED


def special_facts(call: str, body: Any) -> Any:
    """Return the facts of answers that depend on what else was done to the recorded server."""
    facts = facts_of(body)
    if call.startswith("run_") and "history" in call:
        names = ("by", "comment", "run_number", "state", "stop_reason")
        changes = [{name: event[name] for name in names if name in event} for event in facts if event != "..."]
        del changes[0]["state"], changes[1]  # creation and sign-off, which are one event in the sandbox
        return [*changes, *(["..."] if facts[-1] == "..." else [])]
    if call == "history_after_edits":
        return [{name: facts[0][name] for name in ("start", "end", "by", "manual_change")}, "..."]
    if call == "incremental_pull_by_version":
        names = ("run_number", "name", "deleted")
        return {"datasets": [{name: row[name] for name in names} for row in facts["datasets"]]}
    return without_strip(facts) if call.startswith("hid") else facts


def without_strip(facts: Any) -> Any:
    """Return the facts without the flags of Strip, which a race had changed before."""
    if isinstance(facts, dict):
        return {name: without_strip(item) for name, item in facts.items() if name != "tracker-strip"}
    return [without_strip(item) for item in facts] if isinstance(facts, list) else facts


def number_of(body: Any, name: str) -> int | None:
    """Return a number of the answer, or of its first row."""
    row = body[0] if isinstance(body, list) and body else body
    return row.get(name) if isinstance(row, dict) else None


def exchange(call: str, recorded: dict[str, Any]) -> dict[str, Any]:
    """Return request, status and facts of one recording."""
    request = recorded.get("request") or {"path": "/lumisections/get_rr_lumisection_history", "body": HISTORY}
    response = recorded["response"]
    if not isinstance(response, dict) or "status" not in response:
        response = {"status": 200, "body": response}
    method = request.get("method", "POST")
    step = {
        "call": call,
        "method": method,
        "path": request["path"],
        "headers": request.get("headers", {}),
        "body": mapped(request["body"]),
        "status": response["status"],
        "facts": special_facts(call, response["body"]),
    }
    is_write = method != "GET" and "lumisections/get" not in request["path"] and "filtered" not in request["path"]
    for name in ("version", "lumisection_metadata_id") if is_write else ():
        if number := number_of(response["body"], name):
            step[name] = number
    return step


def race(recorded: dict[str, Any]) -> dict[str, Any]:
    """Return how many writes of a race were answered with which status, and the error."""
    answers = recorded.get("answers", [])
    errors = {answer[1]["err"] for answer in answers if isinstance(answer, list) and answer[0] == 500}
    statuses = [answer[0] if isinstance(answer, list) else int(answer[1:4]) for answer in answers]
    rounds = recorded.get("rounds", [])
    return {
        "note": recorded["note"],
        "statuses": {str(status): statuses.count(status) for status in sorted(set(statuses))},
        "errors": sorted(errors),
        "rounds": [entry["asked_and_answered"] for entry in rounds],
    }


def reason(call: str) -> str:
    """Return why a recording is not replayed."""
    return next(text for prefix, text in REASONS if call.startswith(prefix))


def carry_over(folder: Path) -> None:
    """Write the file."""
    recorded = {file.stem: json.loads(file.read_text(encoding="utf-8")) for file in sorted(folder.glob("*.json"))}
    others = recorded.keys() - set(ORDER) - set(RACES)
    parts = {
        "source": SOURCE,
        "permissions": PERMISSIONS,
        "not_replayed": {call: reason(call) for call in sorted(others)},
        "races": {call: race(recorded[call]) for call in RACES},
    }
    lines = [f"{json.dumps(name)}: {json.dumps(part)}" for name, part in parts.items()]
    exchanges = [exchange(call, recorded[call]) for call in ORDER if call != HIDE_AGAIN]
    again = {"call": HIDE_AGAIN, "facts": ["..."]}
    hide = {name: value for name, value in exchanges[ORDER.index("hide")].items() if name != "version"}
    exchanges.insert(ORDER.index(HIDE_AGAIN), hide | again)
    steps = ",\n".join(map(json.dumps, exchanges))
    text = "{\n" + ",\n".join([*lines, f'"exchanges": [\n{steps}\n]']) + "\n}\n"
    (HERE / "registry_writes.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    carry_over(Path(sys.argv[1]))
