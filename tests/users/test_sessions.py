"""A session expires 12 hours after the last request, and is extended at most once a minute."""

import time

import pytest
from django.conf import settings as django_settings
from django.contrib.sessions.models import Session
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import PASSWORD

pytestmark = pytest.mark.django_db
HOUR = 3600
START = 1_790_000_000


@pytest.fixture
def clock(time_machine):
    time_machine.move_to(START, tick=False)
    return lambda seconds: time_machine.move_to(START + seconds, tick=False)


@pytest.fixture
def signed_in(clock, client, shifter):
    client.post("/accounts/login/", {"username": "shifter", "password": PASSWORD})
    return client


def writes(client, path: str = "/help/") -> int:
    """The number of writes of the session by this request."""
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert client.get(path).status_code == 200
    return sum("django_session" in query["sql"] and not query["sql"].startswith("SELECT") for query in queries)


def test_session_expires_after_twelve_hours_and_sign_in_returns_to_the_page(signed_in, clock):
    clock(12 * HOUR + 1)
    answer = signed_in.get("/list/?runs_min=315270")
    assert answer["Location"] == "/accounts/login/?next=/list/%3Fruns_min%3D315270"
    form = {"username": "shifter", "password": PASSWORD, "next": "/list/?runs_min=315270"}
    assert signed_in.post("/accounts/login/", form)["Location"] == "/list/?runs_min=315270"


def test_each_request_extends_the_session(signed_in, clock):
    for eleven_hours in range(1, 4):
        clock(eleven_hours * 11 * HOUR)
        assert signed_in.get("/").status_code == 200
    cookie = signed_in.cookies[django_settings.SESSION_COOKIE_NAME]
    assert cookie["max-age"] == 12 * HOUR
    assert Session.objects.get().expire_date.timestamp() == START + 45 * HOUR


def test_session_is_written_at_most_once_a_minute(signed_in, clock):
    assert writes(signed_in) == 0
    clock(59)
    assert writes(signed_in) == 0
    clock(61)
    assert writes(signed_in) == 1
    clock(62)
    assert writes(signed_in) == 0


def test_anonymous_user_gets_no_session(client, clock):
    client.get("/help/")
    client.get("/accounts/login/")
    assert not Session.objects.exists()


@pytest.mark.parametrize("key", ["a" * 32, "aaaaaaaa\0bbbb", "a" * 5000, "µµµµµµµµ", "'; drop--"])
def test_unknown_session_cookie_redirects_to_the_sign_in(client, clock, key):
    client.cookies[django_settings.SESSION_COOKIE_NAME] = key
    answer = client.get("/list/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/list/")


def test_expired_session_of_a_cern_user_redirects_through_cern_and_back(visitor, time_machine):
    visitor.sign_in("shifter")
    time_machine.move_to(time.time() + 12 * HOUR + 1)
    following = "/list/?runs_min=315270"
    assert visitor.client.get(following).status_code == 302
    assert visitor.sign_in("shifter", following)["Location"] == following
