import io
import logging
import re

import pytest
from django.contrib.auth import SESSION_KEY
from django.test import Client

from audit.models import Change
from infrastructure.http import parallel
from tests.factories import PASSWORD
from tests.users.sso.cern import Browser, query

pytestmark = pytest.mark.django_db
LINE = re.compile(
    r"^\S+ \S+ INFO (\S+) certhelper\.web\.request_log (\S+) (\S+) (\d+) user=(\S+) ms=(\d+) queries=(\d+)$"
)


@pytest.fixture
def log():
    """The output of the project's log handler."""
    [handler] = [candidate for candidate in logging.getLogger().handlers if type(candidate) is logging.StreamHandler]
    written = io.StringIO()
    before = handler.setStream(written)
    yield written
    handler.setStream(before)


@pytest.mark.parametrize(("address", "status"), [("/openruns/", 403), ("/nowhere/", 404), ("/list/0/", 404)])
def test_denied_and_unknown_addresses_log_one_line(guest_client, log, address, status):
    assert guest_client.get(address).status_code == status
    [line] = log.getvalue().splitlines()
    assert f"GET {address} {status}" in line


@pytest.fixture
def broken(monkeypatch):
    def break_down(_request):
        raise ZeroDivisionError("broken on purpose")

    monkeypatch.setattr("certhelper.home.views.home_page", break_down)


def test_server_error_is_logged_with_its_traceback(guest_client, log, broken):
    guest_client.raise_request_exception = False
    assert guest_client.get("/").status_code == 500
    assert "Traceback" in log.getvalue()
    assert "broken on purpose" in log.getvalue()


def test_line_has_user_duration_and_query_count(shifter_client, shifter, log, django_assert_num_queries):
    with django_assert_num_queries(2) as counted:
        shifter_client.get("/help/?a=secret")
    number, method, path, status, user, _ms, queries = LINE.match(log.getvalue().strip()).groups()
    assert (method, path, status, user) == ("GET", "/help/", "200", str(shifter.pk))
    assert int(queries) == len(counted)
    assert len(number) == 16


def test_anonymous_request_has_no_user_and_health_needs_one_query(client, log):
    client.get("/healthz")
    assert LINE.match(log.getvalue().strip()).groups()[4:] == ("-", LINE.match(log.getvalue().strip())[6], "1")


def test_error_page_shows_the_id_under_which_the_log_has_the_traceback(guest_client, log, broken):
    guest_client.raise_request_exception = False
    answer = guest_client.get("/")
    number = answer["X-Request-ID"]
    assert f"<code>{number}</code>" in answer.content.decode()
    [error] = [line for line in log.getvalue().splitlines() if "ERROR" in line]
    assert f"ERROR {number} django.request" in error


def test_each_request_has_an_id_of_its_own(client):
    assert len({client.get("/help/")["X-Request-ID"] for _ in range(5)}) == 5


def test_change_has_the_id_of_its_request(sandbox, db):
    answer = Browser(sandbox).sign_in("newcomer")
    assert Change.objects.get().request_id == answer["X-Request-ID"]


@pytest.mark.parametrize("given", ["0af7651916cd43dd", "edge-1.2025_11-21.abcdef"])
def test_request_id_of_a_proxy_is_used(client, log, given):
    assert client.get("/help/", headers={"X-Request-ID": given})["X-Request-ID"] == given
    assert f" {given} " in log.getvalue()


@pytest.mark.parametrize(
    "given", ["short", "a" * 65, "a b c d e f g h", "12345678\nERROR forged", "<script>alert(1)", ""]
)
def test_invalid_request_id_is_replaced(client, log, given):
    number = client.get("/help/", headers={"X-Request-ID": given})["X-Request-ID"]
    assert re.fullmatch("[0-9a-f]{16}", number)
    assert "forged" not in log.getvalue()


def test_path_cannot_forge_a_line(client, log):
    client.get("/nowhere%0A2026-01-01 ERROR forged/")
    assert len(log.getvalue().splitlines()) == 1


def test_static_files_are_not_logged(client, log):
    client.get("/static/icon.svg")
    assert log.getvalue() == ""


def test_log_lines_of_other_threads_have_the_request_id(rf, log):
    from certhelper.web.request_log import request_log

    def view(_request):
        from django.http import HttpResponse

        parallel.run_parallel([lambda: logging.warning("beside")] * 2)
        parallel.start_in_thread(lambda: logging.warning("beside")).result()
        return HttpResponse()

    number = request_log(view)(rf.get("/"))["X-Request-ID"]
    assert log.getvalue().count(f"WARNING {number} root beside") == 3


def test_log_contains_no_secret_of_a_sign_in(sandbox, shifter, log):
    """Everything is logged, as with LOG_LEVEL=DEBUG; refusals and outages too."""
    root = logging.getLogger()
    before, _ = root.level, root.setLevel(logging.DEBUG)
    try:
        visitor = Browser(sandbox)
        start = visitor.begin("/list/?comment=private")
        back = visitor.choose(start, "shifter")
        visitor.return_to(back)
        session = visitor.client.session
        known = [session["cern"]["id_token"], session.session_key, *_secrets(start), *_secrets(back)]
        visitor.leave()
        for spoil in ("signature", "nonce"):
            sandbox.spoil_id_tokens(spoil)
            visitor.sign_in("shifter")
        sandbox.faults("sso", "wrong-shape", path="/token")
        visitor.sign_in("shifter")
        form = Client()
        form.post("/accounts/login/", {"username": "shifter", "password": "Wrong-Pass-1"})
        form.post("/accounts/login/", {"username": "shifter", "password": PASSWORD})
        assert SESSION_KEY in form.session
        known += ["Wrong-Pass-1", form.session.session_key, "client_secret", "private"]
    finally:
        root.setLevel(before)
    written = log.getvalue()
    assert written.count("certhelper.web.request_log") > 8
    assert [secret for secret in known if secret in written] == []


def _secrets(address: str) -> list[str]:
    return [value for name, value in query(address).items() if name in ("state", "nonce", "code", "code_challenge")]
