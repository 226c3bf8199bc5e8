import threading
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from django.core.cache import cache, caches
from django.test import Client
from django.urls import reverse

from tests.factories import PASSWORD
from users import login_throttle

URL = reverse("users:sign-in")
pytestmark = pytest.mark.django_db


def sign_in(client, username, password, **more):
    return client.post(URL, {"username": username, "password": password, **more})


def test_valid_password_redirects_to_the_requested_page(client, shifter):
    answer = sign_in(client, "shifter", PASSWORD, next="/list/?state=live")
    assert answer.status_code == 302
    assert answer["Location"] == "/list/?state=live"
    assert client.get("/list/?state=live").context["user"] == shifter


def test_form_contains_next(client, shifter):
    response = client.get("/list/?runs_min=315270", follow=True)
    assert response.redirect_chain[-1][0] == f"{URL}?next=/list/%3Fruns_min%3D315270"
    assert '<input type="hidden" name="next" value="/list/?runs_min=315270">' in response.content.decode()


def test_next_of_another_site_is_not_followed(client, shifter):
    assert sign_in(client, "shifter", PASSWORD, next="https://elsewhere.example/")["Location"] == "/"


def test_wrong_password_shows_a_message_and_the_name(client, shifter):
    answer = sign_in(client, "shifter", "wrong")
    assert answer.status_code == 422
    assert "Name or password is wrong" in answer.content.decode()
    assert 'value="shifter"' in answer.content.decode()


def test_deactivated_account_is_refused(client, shifter):
    shifter.is_active = False
    shifter.save()
    assert sign_in(client, "shifter", PASSWORD).status_code == 422


def test_ten_failures_block_even_the_right_password(client, shifter):
    for _ in range(login_throttle.MAX_FAILURES):
        assert sign_in(client, "shifter", "wrong").status_code == 422
    blocked = sign_in(client, "Shifter ", PASSWORD)
    assert blocked.status_code == 429
    assert "Wait 5 minutes" in blocked.content.decode()


def test_concurrent_attempts_are_counted_like_sequential_ones(rf):
    """Sixty-four threads that start at the same time."""
    request = rf.post(URL)
    together = threading.Barrier(64)

    def attempt(_number):
        together.wait()
        return login_throttle.allow_attempt(request, "shifter")

    with ThreadPoolExecutor(64) as pool:
        assert sum(pool.map(attempt, range(64))) == login_throttle.MAX_FAILURES


def test_attempt_is_counted_before_its_password_is_checked(client, shifter, monkeypatch):
    """While the passwords of the first ten attempts are checked, the eleventh is rejected."""
    answers = []

    def meanwhile(*_args, **_options):
        answers.append(sign_in(Client(), "shifter", "wrong").status_code)

    monkeypatch.setattr("django.contrib.auth.forms.authenticate", meanwhile)
    sign_in(client, "shifter", "wrong")
    assert answers == [429] + [422] * (login_throttle.MAX_FAILURES - 1)


def test_block_is_for_one_account_from_one_address(client, shifter, other_shifter):
    for _ in range(login_throttle.MAX_FAILURES):
        sign_in(client, "shifter", "wrong")
    assert sign_in(client, "shifter2", PASSWORD).status_code == 302
    assert sign_in(Client(REMOTE_ADDR="127.0.0.9"), "shifter", PASSWORD).status_code == 302


def test_block_ends_after_five_minutes(client, shifter, time_machine):
    time_machine.move_to("2026-01-01 12:00:00", tick=False)
    for _ in range(login_throttle.MAX_FAILURES):
        sign_in(client, "shifter", "wrong")
    time_machine.shift(login_throttle.WINDOW_S + 1)
    assert sign_in(client, "shifter", PASSWORD).status_code == 302


def test_window_starts_with_the_first_failure_and_is_not_extended(client, shifter, time_machine):
    time_machine.move_to("2026-01-01 12:00:00", tick=False)
    for _ in range(login_throttle.MAX_FAILURES):
        sign_in(client, "shifter", "wrong")
        time_machine.shift(20)
    assert sign_in(client, "shifter", PASSWORD).status_code == 429
    time_machine.shift(login_throttle.WINDOW_S - 20 * login_throttle.MAX_FAILURES + 1)
    assert sign_in(client, "shifter", PASSWORD).status_code == 302


def test_successes_are_never_counted(shifter):
    for _ in range(login_throttle.MAX_FAILURES + 2):
        assert sign_in(Client(), "shifter", PASSWORD).status_code == 302


def test_only_the_sandbox_lists_its_accounts(client, settings):
    assert "shifter2" in client.get(URL).content.decode()
    settings.IS_SANDBOX = False
    assert "shifter2" not in client.get(URL).content.decode()


def test_sign_out_is_a_post(shifter_client):
    url = reverse("users:sign-out")
    assert shifter_client.get(url).status_code == 405
    assert shifter_client.post(url)["Location"] == URL
    assert shifter_client.get("/").status_code == 302


def test_sign_out_clears_the_browser_cache(shifter_client):
    assert shifter_client.post("/accounts/logout/").headers["Clear-Site-Data"] == '"cache"'


def fail_until_blocked(client, **headers):
    for _ in range(login_throttle.MAX_FAILURES):
        client.post(URL, {"username": "shifter", "password": "wrong"}, headers=headers)


def test_client_address_is_the_last_one_added_by_the_proxy(client, shifter, settings):
    settings.BEHIND_PROXY = True
    fail_until_blocked(client, **{"X-Forwarded-For": "9.9.9.9, 10.0.0.1"})
    typed = {"username": "shifter", "password": PASSWORD}
    assert client.post(URL, typed, headers={"X-Forwarded-For": "8.8.8.8, 10.0.0.1"}).status_code == 429
    assert client.post(URL, typed, headers={"X-Forwarded-For": "9.9.9.9, 10.0.0.2"}).status_code == 302


def test_forwarded_address_is_ignored_without_a_proxy(client, shifter, settings):
    settings.BEHIND_PROXY = False
    fail_until_blocked(client, **{"X-Forwarded-For": "10.0.0.1"})
    typed = {"username": "shifter", "password": PASSWORD}
    assert client.post(URL, typed, headers={"X-Forwarded-For": "10.0.0.2"}).status_code == 429


def test_failures_do_not_evict_other_cache_entries(client, shifter):
    cache.set("remembered", "answer")
    sign_in(client, "shifter", "wrong")
    names = {path.name for path in Path(cache._dir).glob("*.djcache")}
    assert len(names) == 1
    assert len(list(Path(caches["attempts"]._dir).glob("*.djcache"))) == 1


def test_second_sign_in_tab_redirects_a_signed_in_user(shifter):
    browser = Client(enforce_csrf_checks=True)
    sent = {"username": "shifter", "password": "x", "next": "/list/", "csrfmiddlewaretoken": "of an older page"}
    assert browser.post(URL, sent).status_code == 403
    browser.force_login(shifter)
    answer = browser.post(URL, sent)
    assert (answer.status_code, answer.url) == (302, "/list/")
    assert browser.post(URL, sent | {"next": "https://elsewhere.example/"}).url == "/"


@pytest.mark.django_db
def test_expired_session_in_a_part_redirects_the_whole_page_to_the_sign_in(client):
    """htmx follows redirects of fragments; the sign-in page must not replace the fragment."""
    here = {"HX-Request": "true", "HX-Current-URL": "http://testserver/shiftleader/?week=2018-W17"}
    answer = client.get("/shiftleader/part/overview/?week=2018-W17", headers=here, follow=True)
    assert answer["HX-Redirect"] == "/accounts/login/?next=/shiftleader/%3Fweek%3D2018-W17"
    assert answer.content == b""
    for elsewhere in ("https://elsewhere.example.org//evil.example.org/", "http://["):
        headers = {**here, "HX-Current-URL": elsewhere}
        answer = client.get("/shiftleader/part/overview/", headers=headers, follow=True)
        assert answer["HX-Redirect"] == "/accounts/login/?next=/"
