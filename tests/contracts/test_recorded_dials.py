"""Answers of the sandbox's DIALS have the keys, types, cursors and errors of the real one.

Recorded were the backend 1.12.0 (unmodified, on 127.0.0.1) and the same behind a translation to what the released
client 2.4.1 expects. Of each recording dials_answers.json has the request with its dataset, run and elements changed
to ones of the sandbox, the status, and the shape of the answer or the error.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
import requests

from sandbox.dials.access import AUDIENCE
from tests.contracts.shapes import differences, shape_of

RECORDINGS: list[dict[str, Any]] = json.loads(
    Path(__file__).with_name("dials_answers.json").read_text(encoding="utf-8")
)


def _with_numbers_folded(value: Any) -> Any:
    """The value with objects by number, such as {run: ranges}, reduced to the first."""
    if isinstance(value, list):
        return [_with_numbers_folded(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value and all(key.isdigit() for key in value):
        return {"<number>": _with_numbers_folded(next(iter(value.values())))}
    return {key: _with_numbers_folded(item) for key, item in value.items()}


@pytest.mark.parametrize("recording", RECORDINGS, ids=lambda recording: f"{recording['shape']}-{recording['call']}")
def test_answer_has_the_recorded_shape(sandbox, recording):
    sandbox.dials(shape=recording["shape"])
    answer = requests.request(
        recording["method"],
        f"{sandbox.base_url}/dials/api/v1/{recording['path']}",
        json=recording.get("body"),
        headers={"Authorization": f"Bearer {sandbox.token(AUDIENCE)}", "Workspace": "tracker"},
        timeout=10,
    )
    assert answer.status_code == recording["status"], answer.text
    if "page" in recording:
        assert answer.headers["Content-Type"].startswith("text/html")
        assert f"<h1>{recording['page']}</h1>" in answer.text
    elif "error" in recording:
        assert answer.json() == recording["error"]
    else:
        shape = recording["answer"]
        assert differences(shape, shape_of(_with_numbers_folded(answer.json())), shape) == []
    if "next_token" in recording:
        assert parse_qs(urlsplit(answer.json()["next"]).query)["next_token"] == [recording["next_token"]]
