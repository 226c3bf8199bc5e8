"""The endpoint of machine tokens and the lifetime of its tokens."""

from __future__ import annotations

import base64
import json
import time

import pytest
import requests
import time_machine

OMS, REGISTRY = "cmsoms-prod", "cmsrunregistry-sso-proxy"
FORM = {"grant_type": "client_credentials", "client_id": "certhelper", "client_secret": "x", "audience": OMS}


def _post(sandbox, form, **options):
    url = f"{sandbox.base_url}/sso/auth/realms/cern/api-access/token"
    return requests.post(url, data=form, timeout=10, **options)


def _status(sandbox, token) -> int:
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(f"{sandbox.base_url}/oms/agg/api/v1/runs/315257", headers=headers, timeout=10).status_code


def test_token_comes_with_lifetime_and_type(sandbox):
    body = _post(sandbox, FORM).json()
    assert (body["token_type"], body["expires_in"]) == ("Bearer", 1200)
    assert _status(sandbox, body["access_token"]) == 200


def test_token_names_client_and_audience(sandbox):
    claims = _post(sandbox, FORM).json()["access_token"].split(".")[1]
    content = json.loads(base64.urlsafe_b64decode(claims + "=" * (-len(claims) % 4)))
    assert (content["aud"], content["azp"], content["sub"]) == (OMS, "certhelper", "service-account-certhelper")
    assert content["exp"] - content["iat"] == pytest.approx(1200, abs=1)


def test_client_and_secret_are_accepted_by_basic_auth(sandbox):
    form = {"grant_type": "client_credentials", "audience": OMS}
    assert _post(sandbox, form, auth=("certhelper", "x")).status_code == 200


@pytest.mark.parametrize(
    ("change", "status", "error"),
    [
        ({"client_id": "somebody"}, 401, "invalid_client"),
        ({"client_secret": ""}, 401, "unauthorized_client"),
        ({"audience": ""}, 400, "invalid_request"),
        ({"grant_type": ""}, 400, "invalid_request"),
        ({"grant_type": "password"}, 400, "unsupported_grant_type"),
    ],
)
def test_refusals_are_named(sandbox, change, status, error):
    answer = _post(sandbox, FORM | change)
    assert (answer.status_code, answer.json()["error"]) == (status, error)


def test_revoked_tokens_are_invalid_and_new_ones_are_valid(sandbox):
    old = sandbox.token(OMS)
    sandbox.revoke_tokens()
    assert (_status(sandbox, old), _status(sandbox, sandbox.token(OMS))) == (401, 200)


def test_tokens_expire_after_their_lifetime(sandbox):
    sandbox.revoke_tokens(lifetime=300)
    token = sandbox.token(OMS)
    assert _status(sandbox, token) == 200
    with time_machine.travel(time.time() + 301):
        assert _status(sandbox, token) == 401


@pytest.mark.parametrize(
    ("headers", "status"),
    [({"email": "api@api"}, 200), ({}, 200), ({"Authorization": "Bearer x"}, 401)],
)
def test_reads_of_run_registry_need_no_token_and_refuse_an_invalid_one(sandbox, headers, status):
    url = f"{sandbox.base_url}/registry/get_all_dataset_names_of_run/315257"
    assert requests.get(url, headers=headers, timeout=10).status_code == status


@pytest.mark.parametrize(("audience", "status"), [(REGISTRY, 200), (OMS, 401)])
def test_run_registry_checks_the_audience(sandbox, audience, status):
    url = f"{sandbox.base_url}/registry/get_all_dataset_names_of_run/315257"
    headers = {"Authorization": f"Bearer {sandbox.token(audience)}", "email": "api@api"}
    answer = requests.get(url, headers=headers, timeout=10)
    assert answer.status_code == status
    assert status == 200 or "message" in answer.json()


@pytest.mark.parametrize("lifetime", ["soon", 0, -1])
def test_invalid_lifetime_is_refused(sandbox, lifetime):
    answer = requests.post(f"{sandbox.base_url}/_sandbox/tokens", json={"lifetime": lifetime}, timeout=10)
    assert (answer.status_code, "lifetime" in answer.json()["error"]) == (400, True)
