"""API tokens: who has them, what they open, and how they end."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from api.models import ApiToken
from api.tokens import MAX_TOKENS, TokenNotCreated, create_token
from audit.models import Change, Notice
from users.login_throttle import MAX_FAILURES
from users.models import Role

pytestmark = pytest.mark.django_db
PAGE, RUNS = "/accounts/tokens/", "/api/v1/runs/"


@pytest.fixture
def token(shifter):
    return create_token(shifter, "histograms", None)


def _get(value, path=RUNS, method="get", client=None):
    return getattr(client or Client(), method)(path, headers={"Authorization": f"Bearer {value}"})


def _value_on(answer) -> str:
    return re.search(r'id="token-value">(certhelper_[\w-]{43})<', answer.content.decode())[1]


def test_value_is_shown_once_and_stored_as_a_digest(shifter_client):
    created = shifter_client.post(PAGE, {"name": "plots"})
    assert (created.status_code, "no-store" in created["Cache-Control"]) == (201, True)
    value = _value_on(created)
    assert _get(value).status_code == 200
    assert value not in shifter_client.get(PAGE).content.decode()
    with connection.cursor() as cursor:
        for table in (ApiToken, ApiToken.history.model, Change):
            cursor.execute(f"SELECT * FROM {table._meta.db_table}")
            assert value not in str(cursor.fetchall()) and value.removeprefix("certhelper_") not in str(cursor)


def test_creating_and_revoking_are_in_the_history(shifter_client, shifter):
    shifter_client.post(PAGE, {"name": "plots"})
    token = ApiToken.objects.get()
    assert shifter_client.post(f"{PAGE}{token.pk}/revoke/").status_code == 303
    assert list(Change.objects.filter(kind="token").values_list("by", flat=True)) == [shifter.pk] * 2
    assert "digest" not in str(Change.objects.filter(kind="token").values_list("lines", flat=True))
    assert not token.can_undo(shifter, Change.objects.first(), ["revoked_at"])


@pytest.mark.parametrize("path", ["/", "/list/", "/list/?export=json", PAGE, "/api/docs", "/admin/"])
def test_token_opens_no_page(token, path):
    answer = _get(token[1], path)
    assert answer.status_code == 302 and answer["Location"].startswith(("/accounts/login/", "/admin/login/"))


@pytest.mark.parametrize("path", [RUNS, PAGE, "/list/facts/refresh/"])
def test_token_does_not_serve_for_changes(token, path):
    assert _get(token[1], path, "post").status_code in (302, 403, 405)


def test_expired_revoked_and_unknown_tokens_are_refused(shifter, token):
    expired = create_token(shifter, "old", timezone.now() - timedelta(seconds=1))[1]
    revoked, value = create_token(shifter, "gone", None)
    revoked.revoked_at = timezone.now()
    revoked.save()
    for wrong in (expired, value, token[1][:-1], "", "\x00", "é"):
        answer = _get(wrong)
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, "Bearer")
        assert answer.json()["error"].startswith("The token is unknown, expired or revoked")


@pytest.mark.parametrize(("values", "status"), [({"role": Role.GUEST}, 403), ({"is_active": False}, 401)])
def test_token_ends_with_the_rights_of_its_owner(shifter, token, values, status):
    for name, value in values.items():
        setattr(shifter, name, value)
    shifter.save()
    assert _get(token[1]).status_code == status


def test_wrong_token_is_refused_in_a_session_too(shifter_client):
    assert shifter_client.get(RUNS).status_code == 200
    assert _get("wrong", client=shifter_client).status_code == 401


def test_log_names_the_owner_of_a_token_and_not_its_value(shifter, token, caplog):
    with caplog.at_level("INFO"):
        _get(token[1])
    assert f"GET {RUNS} 200 user={shifter.pk} " in caplog.text
    assert token[1] not in caplog.text


def test_failures_are_counted_and_valid_tokens_are_not_hit(token):
    for _ in range(MAX_FAILURES):
        assert _get("wrong").status_code == 401
    refused = _get("wrong")
    assert (refused.status_code, refused["Retry-After"]) == (429, "300")
    assert _get(token[1]).status_code == 200


def test_last_use_is_written_once_an_hour(token, time_machine, django_assert_num_queries):
    time_machine.move_to("2026-11-30T12:00:00Z", tick=False)
    _get(token[1])
    for minutes, used in ((59, 0), (60, 60)):
        time_machine.move_to(f"2026-11-30T{12 + minutes // 60}:{minutes % 60:02}:00Z", tick=False)
        with django_assert_num_queries(2 if used == 0 else 3):
            _get(token[1])
        at = ApiToken.objects.get().last_used_at
        assert f"{at:%H:%M}" == ("13:00" if used else "12:00")
    assert Change.objects.filter(kind="token").count() == 1


def test_tokens_of_others_are_for_admins(shifter, shift_leader_client, admin_client, admin, token):
    address = f"{PAGE}{token[0].pk}/revoke/"
    assert "histograms" not in shift_leader_client.get(PAGE).content.decode()
    assert shift_leader_client.post(address).status_code == 403
    assert "histograms" in admin_client.get(PAGE).content.decode()
    assert admin_client.post(address).status_code == 303
    assert _get(token[1]).status_code == 401
    assert Notice.objects.filter(person=shifter, change__by=admin).exists()


@pytest.mark.parametrize(
    ("fields", "sentence"),
    [
        ({"name": ""}, "Give the token a name."),
        ({"name": "histograms"}, "You have a token named “histograms”."),
        ({"name": "x", "last_day": "2018-01-01"}, "This day has passed."),
        ({"name": "x" * 51}, "Give a name of at most 50 characters."),
    ],
)
def test_refused_form_says_why(shifter_client, token, fields, sentence):
    answer = shifter_client.post(PAGE, fields)
    assert answer.status_code == 422
    assert sentence in answer.content.decode()


def test_last_day_is_included(shifter_client, time_machine):
    time_machine.move_to("2026-11-30T12:00:00Z", tick=False)
    value = _value_on(shifter_client.post(PAGE, {"name": "plots", "last_day": "2026-11-30"}))
    time_machine.move_to("2026-11-30T23:59:59Z", tick=False)
    assert _get(value).status_code == 200
    time_machine.move_to("2026-12-01T00:00:00Z", tick=False)
    assert _get(value).status_code == 401


def test_number_of_tokens_is_limited(shifter):
    for number in range(MAX_TOKENS):
        create_token(shifter, str(number), None)
    with pytest.raises(TokenNotCreated, match="Revoke one"):
        create_token(shifter, "more", None)
