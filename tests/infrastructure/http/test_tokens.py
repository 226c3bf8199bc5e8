import base64
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from infrastructure.http import client as http_client
from infrastructure.http import errors, status, tokens
from infrastructure.http.budget import Budget
from tests.infrastructure.http.local_server import TOKEN_PATH, Answer
from tests.waiting import HANG_S, PATIENCE_S

CLIENT = tokens.ClientCredentials("cmsoms-prod", "certhelper", "s3cret")


def ask(stand_in, client=CLIENT, seconds=5.0):
    call = http_client.ServiceCall("oms", "GET", f"{stand_in.url}/thing", setting="OMS_URL")
    return tokens.fetch_json(call, client, Budget(seconds))


def only_with(token):
    """A service that accepts one token."""
    return lambda request: Answer([], 200 if request["headers"].get("Authorization") == f"Bearer {token}" else 401)


def test_token_is_requested_with_basic_auth_and_audience(stand_in):
    stand_in.answer_with(only_with("token-1"))
    assert ask(stand_in) == []
    request = stand_in.received[0]
    assert request["path"] == TOKEN_PATH
    assert base64.b64decode(request["headers"]["Authorization"].split()[1]) == b"certhelper:s3cret"
    assert request["body"] == "grant_type=client_credentials&audience=cmsoms-prod"


def test_token_is_reused_for_the_next_call(stand_in):
    stand_in.answer_with(only_with("token-1"))
    for _ in range(3):
        ask(stand_in)
    assert stand_in.paths() == [TOKEN_PATH, "/thing", "/thing", "/thing"]


def test_each_audience_has_its_own_token(stand_in):
    stand_in.answer_with(Answer([]))
    ask(stand_in)
    ask(stand_in, tokens.ClientCredentials("another", "certhelper", "s3cret"))
    assert stand_in.tokens_given == 2


def test_empty_audience_needs_no_token(stand_in):
    stand_in.answer_with(Answer([]))
    ask(stand_in, tokens.ClientCredentials("", "", ""))
    assert "Authorization" not in stand_in.received[0]["headers"]
    assert stand_in.tokens_given == 0


def test_token_shared_by_sixteen_threads_is_fetched_once(stand_in):
    stand_in.answer_with(Answer([]))
    stand_in.answer_with(lambda request: time.sleep(0.1) or stand_in._token(request), TOKEN_PATH)
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: ask(stand_in), range(16)))
    assert answers == [[]] * 16
    assert stand_in.tokens_given == 1
    assert len(stand_in.data_calls()) == 16


def test_refused_token_is_renewed_once_and_the_call_repeated(stand_in):
    stand_in.answer_with(only_with("token-2"))
    assert ask(stand_in) == []
    assert stand_in.paths() == [TOKEN_PATH, "/thing", TOKEN_PATH, "/thing"]


def test_token_refused_by_redirect_is_renewed_too(stand_in):
    stand_in.answer_with(
        lambda request: Answer([], 302 if request["headers"]["Authorization"] == "Bearer token-1" else 200)
    )
    assert ask(stand_in) == []


def test_service_that_refuses_every_token_gets_two_requests(stand_in):
    stand_in.answer_with(Answer({}, 401))
    with pytest.raises(errors.AccessDenied):
        ask(stand_in)
    assert len(stand_in.data_calls()) == 2


def test_forbidden_is_not_retried(stand_in):
    stand_in.answer_with(Answer({}, 403))
    with pytest.raises(errors.AccessDenied, match=r"does not let CertHelper in \(403\)"):
        ask(stand_in)
    assert len(stand_in.data_calls()) == 1


def test_token_is_renewed_thirty_seconds_before_it_expires(stand_in, monkeypatch):
    stand_in.answer_with(Answer([]))
    ask(stand_in)
    started = time.monotonic()
    monkeypatch.setattr(tokens.time, "monotonic", lambda: started + 1169)
    tokens.token_for("oms", CLIENT, Budget(5))
    assert stand_in.tokens_given == 1
    monkeypatch.setattr(tokens.time, "monotonic", lambda: started + 1171)
    tokens.token_for("oms", CLIENT, Budget(5000))
    assert stand_in.tokens_given == 2


def test_threads_that_wait_for_a_hanging_sign_in_share_its_failure(stand_in):
    stand_in.answer_with(Answer([], wait=HANG_S), TOKEN_PATH)
    began = time.monotonic()

    def sentence(_):
        with pytest.raises(errors.RemoteError) as caught:
            ask(stand_in, seconds=2)
        return caught.value.sentence

    with ThreadPoolExecutor(8) as pool:
        sentences = list(pool.map(sentence, range(8)))
    assert time.monotonic() - began < PATIENCE_S
    assert stand_in.paths() == [TOKEN_PATH]
    assert all("sign-in" in message for message in sentences)


@pytest.mark.parametrize(
    ("answer", "error_class"),
    [
        (Answer({"error": "invalid_client"}, 401), errors.NoToken),
        (Answer({"error": "unauthorized_client"}, 400), errors.NoToken),
        (Answer({}, 500), errors.BadStatus),
        (Answer(body=b"<html></html>", status=503), errors.BadStatus),
        (Answer(body=b"<html></html>"), errors.NotJson),
        (Answer([]), errors.WrongShape),
        (Answer({"access_token": None, "expires_in": 1200}), errors.WrongShape),
        (Answer({"access_token": "two\r\nlines", "expires_in": 1200}), errors.WrongShape),
        (Answer({"access_token": "abc", "expires_in": "soon"}), errors.WrongShape),
        (Answer({"access_token": "abc", "expires_in": -1200}), errors.WrongShape),
    ],
)
def test_failing_sign_in_is_named_and_fails_the_called_service(stand_in, answer, error_class):
    stand_in.answer_with(answer, TOKEN_PATH)
    with pytest.raises(error_class, match=r"^The CERN sign-in ") as caught:
        ask(stand_in)
    assert (caught.value.service, caught.value.source) == ("oms", "sso")
    assert {state.name for state in status.service_states() if state.is_out} == {"oms", "sso"}
    assert stand_in.data_calls() == []


def test_failing_sign_in_makes_both_services_unreachable(stand_in):
    stand_in.answer_with(Answer({}, 500), TOKEN_PATH)
    with pytest.raises(errors.BadStatus):
        ask(stand_in)
    out = {state.name: state.is_out for state in status.service_states()}
    assert out == {"registry": False, "oms": True, "sso": True}


def test_secret_is_not_in_the_text_of_a_client():
    assert "s3cret" not in repr(CLIENT)
