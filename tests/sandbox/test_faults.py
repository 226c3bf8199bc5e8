"""Faults, the request log, and the HTML page."""

from __future__ import annotations

import re
import threading
import time

import pytest
import requests

from tests.waiting import PATIENCE_S

HEADERS = {"email": "api@api"}


def _names(sandbox, session=requests, timeout=10):
    url = f"{sandbox.base_url}/registry/get_all_dataset_names_of_run/315257"
    return session.get(url, headers=HEADERS, timeout=timeout)


def _runs(sandbox):
    headers = {"Authorization": f"Bearer {sandbox.token('cmsoms-prod')}"}
    return requests.get(f"{sandbox.base_url}/oms/agg/api/v1/runs", headers=headers, timeout=10)


def test_refuse_closes_the_connection(sandbox):
    sandbox.faults("registry", "refuse")
    with pytest.raises(requests.ConnectionError):
        _names(sandbox)
    assert [request["status"] for request in sandbox.requests("registry")] == [None]


def test_refuse_closes_a_connection_that_was_kept_alive(sandbox):
    with requests.Session() as session:
        assert _names(sandbox, session).status_code == 200
        sandbox.faults("registry", "refuse")
        with pytest.raises(requests.ConnectionError):
            _names(sandbox, session)


def test_hang_sends_no_byte(sandbox):
    sandbox.faults("registry", "hang", seconds=30)
    with pytest.raises(requests.ReadTimeout):
        _names(sandbox, timeout=0.3)
    assert sandbox.requests("registry")[0]["seconds"] is None


def test_hang_ends_after_its_seconds(sandbox):
    sandbox.faults("registry", "hang", seconds=0.2)
    began = time.monotonic()
    with pytest.raises(requests.ConnectionError):
        _names(sandbox)
    assert time.monotonic() - began >= 0.2


def test_clearing_faults_releases_hanging_requests(sandbox):
    sandbox.faults("registry", "slow", seconds=60)
    answers = []
    waiting = threading.Thread(target=lambda: answers.append(_names(sandbox).status_code))
    waiting.start()
    while not sandbox.requests("registry"):
        time.sleep(0.01)
    sandbox.clear()
    waiting.join(PATIENCE_S)
    assert answers == [200]


def test_slow_answers_after_its_seconds(sandbox):
    sandbox.faults("registry", "slow", seconds=0.2)
    began = time.monotonic()
    assert _names(sandbox).status_code == 200
    assert time.monotonic() - began >= 0.2
    assert sandbox.requests("registry")[0]["seconds"] >= 0.2


def test_500_has_the_body_of_the_service(sandbox):
    for service in ("registry", "oms"):
        sandbox.faults(service, "500")
    assert (_names(sandbox).status_code, list(_names(sandbox).json())) == (500, ["err"])
    assert (_runs(sandbox).status_code, list(_runs(sandbox).json())) == (500, ["errors"])


def test_not_found_is_the_empty_answer_of_the_service(sandbox):
    token = sandbox.token("cmsoms-prod")
    for service in ("registry", "oms", "sso"):
        sandbox.faults(service, "not-found")
    assert _names(sandbox).json() == []
    page = requests.post(f"{sandbox.base_url}/registry/runs_filtered_ordered", json={}, headers=HEADERS, timeout=10)
    assert page.json() == {"runs": [], "pages": 0, "count": 0}
    headers = {"Authorization": f"Bearer {token}"}
    runs = requests.get(f"{sandbox.base_url}/oms/agg/api/v1/runs", headers=headers, timeout=10).json()
    assert (runs["data"], runs["meta"]["totalResourceCount"]) == ([], 0)
    response = requests.get(f"{sandbox.base_url}/oms/agg/api/v1/runs/315257", headers=headers, timeout=10)
    assert response.status_code == 404
    token = requests.post(f"{sandbox.base_url}/sso/auth/realms/cern/api-access/token", timeout=10)
    assert token.status_code == 404


def test_fault_is_limited_by_count_and_path(sandbox):
    sandbox.faults("registry", "500", count=1, path="dataset_names")
    cycles = requests.get(f"{sandbox.base_url}/registry/cycles/global", headers=HEADERS, timeout=10)
    assert [cycles.status_code, _names(sandbox).status_code, _names(sandbox).status_code] == [200, 500, 200]


def test_fault_of_one_service_does_not_affect_the_others(sandbox):
    sandbox.faults("registry", "500")
    assert _runs(sandbox).status_code == 200


def test_delete_clears_the_faults(sandbox):
    sandbox.faults("registry", "500")
    assert requests.delete(f"{sandbox.base_url}/_sandbox/faults", timeout=10).ok
    assert _names(sandbox).status_code == 200


@pytest.mark.parametrize(
    ("body", "named"),
    [
        ({"service": "nobody", "mode": "500"}, "nobody"),
        ({"service": "oms", "mode": "sulk"}, "sulk"),
        ({"service": "oms", "mode": "500", "count": "many"}, "count"),
        ({"service": "oms", "mode": "500", "count": 0}, "count"),
        ({"service": "oms", "mode": "hang", "seconds": -1}, "seconds"),
        ({"service": "oms", "mode": "500", "path": 7}, "path"),
        ([], "object"),
    ],
)
def test_invalid_fault_is_400_with_a_message(sandbox, body, named):
    answer = requests.post(f"{sandbox.base_url}/_sandbox/faults", json=body, timeout=10)
    assert answer.status_code == 400
    assert named in answer.json()["error"]


def test_log_contains_the_requests(sandbox):
    answer = requests.post(
        f"{sandbox.base_url}/registry/runs_filtered_ordered?a=b%5B1%5D",
        json={"filter": {"run_number": 315257}},
        headers=HEADERS,
        timeout=10,
    )
    (entry,) = sandbox.requests()
    assert entry.pop("started") == pytest.approx(time.time(), abs=PATIENCE_S)
    assert 0 <= entry.pop("seconds") < 5
    assert entry.pop("bytes") == len(answer.content)
    assert entry == {
        "service": "registry",
        "method": "POST",
        "path": "/registry/runs_filtered_ordered",
        "query": "a=b[1]",
        "body": {"filter": {"run_number": 315257}},
        "status": 200,
    }


def test_log_contains_no_secrets_and_no_control_requests(sandbox):
    sandbox.token("cmsoms-prod")
    (entry,) = sandbox.requests()
    assert "client_id=certhelper" in entry["body"]
    assert "client_secret=sandbox" not in entry["body"]
    sandbox.clear()
    assert sandbox.requests() == []


def _page(sandbox) -> str:
    return requests.get(f"{sandbox.base_url}/_sandbox/", timeout=10).text


def test_page_shows_served_and_derived_data(sandbox):
    text = _page(sandbox)
    assert "/oms/agg/api/v1" in text
    assert "derived" in text
    assert len(re.findall("<h1>", text)) == 1
    assert not re.search(r"<script|<style|style=|\son[a-z]+=", text)


def test_page_sets_faults_by_forms(sandbox):
    form = {"service": "registry", "mode": "500"}
    answer = requests.post(f"{sandbox.base_url}/_sandbox/faults", data=form, timeout=10)
    assert (answer.history[0].status_code, answer.url) == (303, f"{sandbox.base_url}/_sandbox/")
    assert _names(sandbox).status_code == 500
    assert "<td>500</td>" in answer.text
    requests.post(f"{sandbox.base_url}/_sandbox/faults", data=form | {"mode": "healthy"}, timeout=10)
    assert _names(sandbox).status_code == 200


def test_other_buttons_of_the_page_work(sandbox):
    old = sandbox.token("cmsoms-prod")
    requests.post(f"{sandbox.base_url}/_sandbox/tokens", data={"x": ""}, timeout=10)
    headers = {"Authorization": f"Bearer {old}"}
    assert requests.get(f"{sandbox.base_url}/oms/agg/api/v1/runs", headers=headers, timeout=10).status_code == 401
    requests.post(f"{sandbox.base_url}/_sandbox/requests/clear", data={"x": ""}, timeout=10)
    assert sandbox.requests() == []


def test_unknown_addresses_are_404(sandbox):
    for path in ("/_sandbox/nope", "/nope", "/registryx"):
        assert requests.get(sandbox.base_url + path, timeout=10).status_code == 404
