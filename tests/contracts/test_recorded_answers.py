"""Responses of the sandbox's Run Registry have the keys, types, statuses and errors of the real one.

The shapes of the recordings are in this folder; carry_over.py has created them.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.contracts.shapes import Shape, differences, merged, shape_of

HERE = Path(__file__).parent
ENTRIES_OF_THE_INDEX = 199
AS_THE_CLIENT = {"Content-type": "application/json", "email": "api@api"}


def _read(name: str) -> Any:
    return json.loads((HERE / name).read_text(encoding="utf-8"))


EXCHANGES: list[dict[str, Any]] = _read("exchanges.json")
SHAPES: dict[str, Shape] = _read("shapes.json")
NOT_SERVED: dict[str, str] = _read("not_served.json")


def _address(exchange: dict[str, Any]) -> str:
    return exchange["path"].rstrip("0123456789")


@cache
def _union(address: str) -> Shape:
    """The union of the shapes of all recordings of one URL."""
    return merged(
        [SHAPES[exchange["shape"]] for exchange in EXCHANGES if "shape" in exchange and _address(exchange) == address]
    )


def _ask(base_url: str, exchange: dict[str, Any]) -> requests.Response:
    url = f"{base_url}/registry{exchange['path']}"
    return requests.request(exchange["method"], url, data=exchange["body"], headers=AS_THE_CLIENT, timeout=10)


@pytest.mark.parametrize("place", range(len(EXCHANGES)), ids=lambda place: f"{place}-{EXCHANGES[place]['call']}")
def test_answer_has_the_recorded_shape(sandbox, place):
    exchange = EXCHANGES[place]
    answer = _ask(sandbox.base_url, exchange)
    assert answer.status_code == exchange["status"], answer.text
    if "error" in exchange:
        text = exchange["error"].get("_non_json_text")
        assert (answer.text == text) if text else (answer.json() == exchange["error"])
    else:
        shape = SHAPES[exchange["shape"]]
        assert differences(shape, shape_of(answer.json()), _union(_address(exchange))) == []


def test_every_entry_of_the_index_is_served_or_named_with_a_reason():
    calls = {exchange["call"] for exchange in EXCHANGES}
    assert not calls & NOT_SERVED.keys()
    assert len(calls) + len(NOT_SERVED) == ENTRIES_OF_THE_INDEX
    assert all(NOT_SERVED.values())


def test_missing_key_and_wrong_type_are_detected():
    recorded = shape_of({"runs": [{"run_number": 1, "class": "Cosmics18"}], "pages": 1})
    answered = shape_of({"runs": [{"run_number": "1"}], "pages": 1, "more": 0})
    assert differences(recorded, answered, recorded) == [
        "$.more: not in the recording",
        "$.runs[].class: missing",
        "$.runs[].run_number: text where number was recorded",
    ]


def test_empty_list_in_place_of_rows_is_detected():
    recorded = shape_of({"runs": [{"run_number": 1}]})
    assert differences(recorded, shape_of({"runs": []}), recorded) == ["$.runs: empty, unlike the recording"]
