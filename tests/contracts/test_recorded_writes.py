"""Writes that were recorded from the real Run Registry have the same effect in the sandbox.

The requests are replayed in the order in which they were sent; carry_over_writes.py has carried them over.
"""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.sandbox.registry_calls import EXPERT, EXPRESS, PROMPT, Background, registry, wait_until

if TYPE_CHECKING:
    import requests

__all__ = ["registry"]
RECORDED = json.loads(Path(__file__).with_name("registry_writes.json").read_text(encoding="utf-8"))
EXCHANGES, RACES = RECORDED["exchanges"], RECORDED["races"]
RECORDINGS = 145
LONG_S = 600
RUNS = (315257, 315259, 315264, 315265, 315267, 315270, 315322, 315339, 315357, 315363, 315488, 315489, 315490)


def differences(fact: Any, answer: Any, where: str = "$") -> list[str]:
    """Return where an answer differs from the facts; it may have more keys, and more rows after `...`."""
    if isinstance(fact, dict) and isinstance(answer, dict):
        missing = [f"{where}.{name}: missing" for name in fact.keys() - answer.keys()]
        shared = fact.keys() & answer.keys()
        return missing + [text for name in shared for text in differences(fact[name], answer[name], f"{where}.{name}")]
    if isinstance(fact, list) and isinstance(answer, list):
        is_open = bool(fact) and fact[-1] == "..."
        rows = fact[:-1] if is_open else fact
        if len(answer) < len(rows) or (len(answer) > len(rows) and not is_open):
            return [f"{where}: {len(answer)} rows where {len(rows)} were recorded"]
        pairs = zip(rows, answer, strict=False)
        return [text for row, (a, b) in enumerate(pairs) for text in differences(a, b, f"{where}[{row}]")]
    return [] if fact == answer else [f"{where}: {answer!r} where {fact!r} was recorded"]


def answered_part(call: str, answer: Any) -> Any:
    """Return the part of an answer that the facts are of."""
    if call == "cycle_get":
        return [row for row in answer if row["cycle_name"].startswith("recorded")]
    return [row for row in answer if row["manual_change"]] if call == "history_after_edits_manual" else answer


@pytest.fixture
def replayed(sandbox, registry) -> list[tuple[dict[str, Any], requests.Response]]:
    """All exchanges with the answers of the sandbox, under the permissions of the recorded server."""
    sandbox.registry(permissions=RECORDED["permissions"])
    newest = max(row["version"] for row in registry.filtered({}, page_size=5000))
    answers = []
    for exchange in EXCHANGES:
        body = exchange["body"]
        if exchange["call"] == "incremental_pull_by_version":
            body = body | {"filter": {"version": {">": newest}}}
        if exchange["call"] == "hidden_reason":  # the writes from here on are those that are pulled
            newest = max(row["version"] for row in registry.filtered({}, page_size=5000))
        headers = {name: value for name, value in exchange["headers"].items() if value is not None}
        answers.append((exchange, registry.call(exchange["method"], exchange["path"].lstrip("/"), body, headers)))
    return answers


def test_recorded_writes_are_answered_as_by_the_backend(replayed):
    found = {}
    for exchange, answer in replayed:
        call = exchange["call"]
        if answer.status_code == exchange["status"]:
            wrong = differences(exchange["facts"], answered_part(call, answer.json()))
        else:
            wrong = [f"status {answer.status_code} where {exchange['status']} was recorded: {answer.text}"]
        if wrong:
            found[call] = wrong
    assert found == {}


def test_versions_rise_and_stay_as_recorded(replayed):
    numbered = [
        (exchange["version"], _first(answer.json())["version"], exchange["call"])
        for exchange, answer in replayed
        if "version" in exchange
    ]
    for (recorded, ours, _), (recorded_next, ours_next, call) in pairwise(numbered):
        assert _order(recorded_next, recorded) == _order(ours_next, ours), call


def test_equal_contents_have_equal_ids_as_recorded(replayed):
    pairs = {
        (exchange["lumisection_metadata_id"], answer.json()["lumisection_metadata_id"])
        for exchange, answer in replayed
        if "lumisection_metadata_id" in exchange
    }
    assert len({recorded for recorded, _ in pairs}) == len({ours for _, ours in pairs}) == len(pairs) > 5


def _order(number: int, other: int) -> int:
    return (number > other) - (number < other)


def _first(body: Any) -> Any:
    return body[0] if isinstance(body, list) else body


def test_every_recording_is_replayed_or_named_with_a_reason():
    replayed_calls = {exchange["call"] for exchange in EXCHANGES if exchange["call"] != "hide_again"} | RACES.keys()
    not_replayed = RECORDED["not_replayed"]
    assert not replayed_calls & not_replayed.keys()
    assert len(replayed_calls) + len(not_replayed) == RECORDINGS
    assert all(not_replayed.values())


def test_difference_is_detected():
    fact = {"a": 1, "rows": [{"b": 2}], "cut": [1, "..."]}
    assert differences(fact, {"a": 1, "rows": [{"b": 2, "c": 3}], "cut": [1, 2], "d": 4}) == []
    assert differences(fact, {"a": 2, "rows": [], "cut": [1]}) != []
    assert sorted(differences({"a": 1, "b": 1}, {"a": 2})) == ["$.a: 2 where 1 was recorded", "$.b: missing"]


def test_race_of_edits_of_one_dataset(registry, sandbox):
    """Of all edits at once the backend did the first, and refused the others with the same error."""
    race = RACES["race_same_lumisections"]
    rounds = race["statuses"]["200"]
    losers = race["statuses"]["500"] // rounds
    for number in range(1, rounds + 1):
        sandbox.registry(write_seconds=LONG_S)
        winner = Background(lambda: registry.edit(1, 2, "BAD", "winner", run_number=315268))
        wait_until(lambda count=number: sandbox.registry()["versions"] == count)
        answers = [registry.edit(1, 2, "BAD", f"loser {n}", run_number=315268) for n in range(losers)]
        assert {(answer.status_code, answer.json()["err"]) for answer in answers} == {(500, race["errors"][0])}
        sandbox.registry(write_seconds=0)
        assert winner.result().status_code == 200


def test_race_of_two_moves_of_one_dataset(registry):
    """Both are answered with 200; afterwards the dataset has one of the two states."""
    for asked in RACES["race_two_moves_one_dataset"]["rounds"]:
        moves = [Background(lambda state=state: registry.move(state, headers=EXPERT)) for state, _, _ in asked]
        assert [move.result().status_code for move in moves] == [status for _, status, _ in asked]
        assert registry.dataset()["dataset_attributes"]["tracker_state"] in {state for state, _, _ in asked}


@pytest.mark.parametrize("call", ["race_moves", "race_25_moves"])
def test_moves_of_different_datasets_at_once_are_all_done(registry, call):
    keys = [(run, name) for run in RUNS for name in (PROMPT, EXPRESS)]
    workers = {"race_moves": 10, "race_25_moves": 25}[call]
    for state in ("SIGNOFF", "COMPLETED", "OPEN"):

        def move(key: tuple[int, str], state: str = state) -> str:
            answer = registry.move(state, headers=EXPERT, run_number=key[0], dataset_name=key[1])
            return answer.json()["dataset_attributes"]["tracker_state"]

        with ThreadPoolExecutor(workers) as pool:
            assert set(pool.map(move, keys)) == {state}
        stored = registry.filtered({"run_number": {"or": list(RUNS)}, "name": {"or": [PROMPT, EXPRESS]}})
        assert {row["dataset_attributes"]["tracker_state"] for row in stored} == {state}


@pytest.mark.parametrize(("call", "count"), [("race_edits", 10), ("burst_12_edits", 12), ("burst_20_edits", 20)])
def test_edits_of_different_datasets_at_once_are_all_done(registry, call, count):
    assert call in RACES
    keys = [(run, name) for run in RUNS for name in (PROMPT, EXPRESS)][:count]

    def edit(key: tuple[int, str]) -> int:
        comment = f"edit of {key[0]}"
        return registry.edit(1, 2, "BAD", comment, run_number=key[0], dataset_name=key[1]).status_code

    with ThreadPoolExecutor(count) as pool:
        assert list(pool.map(edit, keys)) == [200] * count
    for key in keys:
        summary = registry.dataset(*key)["DatasetTripletCache"]["triplet_summary"]["tracker-pixel"]
        assert (summary["BAD"], summary["comments"]) == (2, [f"edit of {key[0]}"])
