"""/healthz, for monitoring: it names the outside services and makes no request to them."""

from datetime import UTC, datetime

import pytest
from django.db import OperationalError, connection

from infrastructure.http import status
from infrastructure.http.errors import TimedOut

pytestmark = pytest.mark.django_db


def _database_out(*_arguments):
    raise OperationalError("the database does not answer")


def test_health_is_public_and_has_the_version(client, settings):
    answer = client.get("/healthz")
    assert answer.status_code == 200
    assert answer.json()["version"] == settings.VERSION
    assert answer.headers["Content-Type"] == "application/json"


def test_health_has_no_status_for_a_service_without_requests(client):
    services = client.get("/healthz").json()["services"]
    assert set(services) == {"registry", "oms", "sso"}
    assert [service["answered_at"] for service in services.values()] == [None, None, None]
    assert not any(service["is_out"] for service in services.values())


def test_health_repeats_the_last_answer_of_each_service(client):
    status.record_success("registry")
    status.record_failure(TimedOut("oms", seconds=5))
    services = client.get("/healthz").json()["services"]
    answered_at = datetime.fromisoformat(services["registry"]["answered_at"])
    assert (datetime.now(UTC) - answered_at).total_seconds() < 60
    assert services["oms"]["is_out"] and services["oms"]["sentence"]


def test_health_is_503_when_the_database_does_not_answer(client):
    with connection.execute_wrapper(_database_out):
        answer = client.get("/healthz")
    assert (answer.status_code, answer.json()["database"]) == (503, False)


def test_health_refuses_post(client):
    assert client.post("/healthz").status_code == 405


@pytest.mark.parametrize("path", ["/healthz", "/livez"])
def test_probes_are_answered_whatever_the_host_header_says(client, path):
    assert client.get(path, headers={"host": "10.0.0.7:8000"}).status_code == 200
    assert client.get("/help/", headers={"host": "10.0.0.7:8000"}).status_code == 400


def test_liveness_needs_no_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        answer, head = client.get("/livez"), client.head("/livez")
    assert (answer.json(), head.status_code, head.content) == ({"status": "ok"}, 200, b"")
