"""Who may write to Run Registry, and as whom."""

from __future__ import annotations

import pytest
import requests

from sandbox.registry.access import ADMINS, CERTIFIERS, SHIFTERS
from tests.sandbox.registry_calls import CERTIFIER, PROMPT, RUN, registry

__all__ = ["registry"]
BATCH = "dc_tools/change_multiple_dataset_states/tracker/OPEN/SIGNOFF"


@pytest.mark.parametrize("headers", [{}, {"email": "api@api"}, {"egroups": CERTIFIERS}])
def test_writes_need_email_and_egroups(registry, headers):
    answer = registry.edit(1, 2, headers=headers)
    assert (answer.status_code, answer.json()) == (500, {"err": "Request must provide email and egroups"})


@pytest.mark.parametrize("egroups", ["zh", f"zh, {CERTIFIERS}", SHIFTERS, ADMINS])
def test_refusal_names_the_egroups_that_may(registry, egroups):
    answer = registry.edit(1, 2, headers={"email": "a@b", "egroups": egroups})
    text = answer.json()["message"]
    assert (answer.status_code, CERTIFIERS in text, ADMINS in text) == (401, True, False)
    assert registry.edits() == []


@pytest.mark.parametrize(
    ("egroup", "statuses"), [(CERTIFIERS, (200, 200, 401)), (SHIFTERS, (401, 200, 401)), (ADMINS, (401, 200, 200))]
)
def test_egroups_may_edit_move_and_batch(registry, egroup, statuses):
    headers = {"email": "a@b", "egroups": f"other,{egroup}"}
    batch = {"filter": {"run_number": RUN, "name": PROMPT}}
    answers = (
        registry.edit(1, 2, headers=headers),
        registry.move("SIGNOFF", headers=headers),
        registry.call("POST", BATCH, batch, headers),
    )
    assert tuple(answer.status_code for answer in answers) == statuses


def test_nobody_may_is_told_apart(registry, sandbox):
    sandbox.registry(permissions={})
    answer = registry.edit(1, 2)
    assert answer.status_code == 401
    assert "There is no egroup that is authorized" in answer.json()["message"]


def test_address_is_tested_with_its_query(registry):
    body = {"run_number": RUN, "dataset_name": PROMPT, "workspace": "ecal"}
    path = "datasets/ecal/move_dataset/OPEN/SIGNOFF"
    assert registry.call("POST", path, body, CERTIFIER).status_code == 401
    query = "?x=/datasets/tracker/move_dataset/OPEN/SIGNOFF"
    row = registry.call("POST", path + query, body, CERTIFIER).json()
    assert row["dataset_attributes"]["ecal_state"] == "SIGNOFF"


def test_automatic_author_needs_no_egroup(registry):
    assert registry.edit(1, 2, headers={"email": "auto@auto - certhelper"}).json()["manual_change"] is False


def test_proxy_names_the_application_of_a_token(registry, sandbox):
    token = {"Authorization": f"Bearer {sandbox.token('cmsrunregistry-sso-proxy')}", "email": "somebody@else"}
    assert registry.edit(1, 2, headers=token).status_code == 200
    assert registry.edits()[0]["by"] == "service-account-certhelper"
    sandbox.registry(egroups=SHIFTERS)
    assert registry.edit(1, 2, headers=token).status_code == 401
    assert registry.move("SIGNOFF", headers=token).status_code == 200


def test_invalid_token_writes_nothing(registry):
    assert registry.edit(1, 2, headers=CERTIFIER | {"Authorization": "Bearer x"}).status_code == 401
    assert registry.edits() == []


def test_header_comment_is_ignored(registry):
    registry.edit(1, 2, headers=CERTIFIER | {"comment": "certification 4711"})
    assert registry.versions()[0]["comment"].startswith(f"Edit run {RUN}")


def test_checks_are_switched_off_and_on(registry, sandbox):
    assert sandbox.registry(permissions=None)["permissions"] is None
    assert registry.edit(1, 2, headers={"email": "api@api"}).status_code == 200
    error = registry.edit(1, 2, headers={}).json()["err"]
    assert error.endswith("The email of the author's action should be stated in request's header 'email'")
    sandbox.registry(permissions={"x": [".*"]})
    assert registry.edit(1, 2).status_code == 401
    assert registry.edit(1, 2, headers={"email": "a@b", "egroups": "x"}).status_code == 200


@pytest.mark.parametrize(
    "changes",
    [
        {"egroups": 1},
        {"permissions": []},
        {"permissions": {"x": ["("]}},
        {"permissions": {"x": ".*"}},
        {"write_seconds": -1},
        {"write_seconds": "x"},
        {"nope": 1, "write_seconds": 5},
    ],
)
def test_invalid_settings_change_nothing(sandbox, changes):
    url = f"{sandbox.base_url}/_sandbox/registry"
    before = requests.get(url, timeout=10).json()
    answer = requests.post(url, json=changes, timeout=10)
    assert (answer.status_code, list(answer.json())) == (400, ["error"])
    assert requests.get(url, timeout=10).json() == before
