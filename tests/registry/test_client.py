import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from infrastructure.http import status
from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Missing, Unreachable
from registry import client, upstream_client
from tests.infrastructure.http.local_server import Answer
from tests.registry.test_parsing import row
from tests.waiting import HANG_S, PATIENCE_S

RUN = 315270
ONE_PAGE = {"datasets": [row(), row(name="online")], "count": 2, "pages": 1}


def budget():
    return Budget(5)


def names_of(result):
    return [dataset.name for dataset in result.value]


def test_datasets_of_a_run_are_found_without_online(sandbox):
    result = client.datasets_of_run(RUN, budget())
    assert isinstance(result, Found)
    assert "/Express/Collisions2018/DQM" in names_of(result)
    assert "/PromptReco/Collisions2018A/DQM" in names_of(result)
    assert "online" not in names_of(result)
    assert {dataset.run_class for dataset in result.value} == {"Collisions18"}


def test_one_run_costs_one_call_and_one_token(sandbox):
    client.datasets_of_run(RUN, budget())
    client.datasets_of_run(RUN, budget())
    assert [call["path"] for call in sandbox.requests("registry")] == ["/registry/datasets_filtered_ordered"] * 2
    assert len(sandbox.requests("sso")) == 1


def test_hundred_runs_are_one_call(sandbox):
    numbers = list(range(315200, 315300))
    result = client.datasets_of_runs(numbers, budget())
    assert RUN in {dataset.run_number for dataset in result.value}
    assert {dataset.run_number for dataset in result.value} <= set(numbers)
    assert len(sandbox.requests("registry")) == 1


def test_no_runs_make_no_request(sandbox):
    """An empty `or` would match all runs."""
    result = client.datasets_of_runs([], budget())
    assert result.value == []
    assert sandbox.requests() == []


def test_filter_without_runs_is_refused():
    with pytest.raises(ValueError, match="match all"):
        client.run_number_filter([])


def test_unknown_run_is_missing(sandbox):
    missing = client.datasets_of_run(999999, budget())
    assert isinstance(missing, Missing)
    assert missing.sentence == "Run Registry does not know run 999999. Check the number, or try later."


def test_run_with_online_only_is_found_empty(stand_in):
    stand_in.answer_with(Answer({"datasets": [row(name="online")], "count": 1, "pages": 1}))
    result = client.datasets_of_run(RUN, budget())
    assert isinstance(result, Found)
    assert result.value == []


@pytest.mark.parametrize("mode", ["refuse", "500"])
def test_failing_registry_is_unreachable_and_a_failure(sandbox, mode):
    sandbox.faults("registry", mode)
    for result in (client.datasets_of_run(RUN, budget()), client.datasets_of_runs([RUN], budget())):
        assert isinstance(result, Unreachable)
        assert result.sentence.startswith("Run Registry ")
    assert {state.name for state in status.service_states() if state.is_out} == {"registry"}


def test_hanging_registry_ends_with_the_budget(sandbox):
    client.datasets_of_run(RUN, budget())
    sandbox.faults("registry", "hang", seconds=HANG_S)
    start = time.monotonic()
    unreachable = client.datasets_of_run(RUN, Budget(1))
    assert time.monotonic() - start < PATIENCE_S
    assert unreachable.sentence == "Run Registry did not answer within 1 s. Certify without it, or try again."


def test_failing_sign_in_is_named(sandbox):
    sandbox.faults("sso", "500")
    unreachable = client.datasets_of_run(RUN, budget())
    assert unreachable.service == "registry"
    assert unreachable.sentence.startswith("The CERN sign-in answered with an error (500).")


def test_revoked_token_is_renewed(sandbox):
    client.datasets_of_run(RUN, budget())
    sandbox.revoke_tokens()
    assert isinstance(client.datasets_of_run(RUN, budget()), Found)


def test_without_audience_the_email_header_replaces_the_token(stand_in, settings):
    settings.RUNREGISTRY_AUDIENCE = ""
    stand_in.answer_with(Answer(ONE_PAGE))
    client.datasets_of_run(RUN, budget())
    headers = stand_in.received[0]["headers"]
    assert headers["email"] == "api@api"
    assert "Authorization" not in headers
    assert stand_in.tokens_given == 0


def test_with_audience_the_token_is_sent_and_no_email(stand_in):
    stand_in.answer_with(Answer(ONE_PAGE))
    client.datasets_of_run(RUN, budget())
    headers = stand_in.data_calls()[0]["headers"]
    assert headers["Authorization"] == "Bearer token-1"
    assert "email" not in headers
    assert "audience=cmsrunregistry-sso-proxy" in stand_in.received[0]["body"]


def test_filter_names_each_run(stand_in):
    stand_in.answer_with(Answer(ONE_PAGE))
    client.datasets_of_runs([5, 3, 5], budget())
    body = json.loads(stand_in.data_calls()[0]["body"])
    assert body["filter"] == {"run_number": {"or": [{"=": 3}, {"=": 5}]}}
    assert body["page_size"] >= 1000


def test_rows_of_other_runs_are_removed(stand_in):
    stand_in.answer_with(Answer({"datasets": [row(), row(1)], "count": 2, "pages": 1}))
    assert [dataset.run_number for dataset in client.datasets_of_run(RUN, budget()).value] == [RUN]


def test_second_page_is_read_and_repeated_rows_are_taken_once(stand_in):
    def pages(request):
        second = json.loads(request["body"])["page"] == 1
        rows = [row(), row(name="/PromptReco/Collisions2018A/DQM")] if second else [row()]
        return Answer({"datasets": rows, "count": 3, "pages": 2})

    stand_in.answer_with(pages)
    result = client.datasets_of_run(RUN, budget())
    assert names_of(result) == ["/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"]


@pytest.mark.parametrize(
    ("body", "key"),
    [
        ({}, "datasets"), ([], "datasets"), (None, "datasets"), ("text", "datasets"), ({"err": "no"}, "datasets"),
        ({"datasets": None, "count": 0, "pages": 0}, "datasets"), ({"datasets": [], "count": 0}, "pages"),
        ({"datasets": [], "count": 0, "pages": None}, "pages"), ({"datasets": [], "count": 0, "pages": "1"}, "pages"),
        ({"datasets": [], "count": 0, "pages": -1}, "pages"), ({"datasets": [], "count": 0, "pages": True}, "pages"),
    ],
)  # fmt: skip
def test_wrong_shape_is_unreachable_naming_the_key(stand_in, body, key):
    stand_in.answer_with(Answer(body))
    unreachable = client.datasets_of_run(RUN, budget())
    assert isinstance(unreachable, Unreachable)
    assert f"({key})" in unreachable.sentence
    assert {state.name for state in status.service_states() if state.is_out} == {"registry"}


@pytest.mark.parametrize("count", [None, -1, "2", True, [], 1.5])
def test_odd_count_of_rows_costs_nothing(stand_in, count):
    """The package only prints it."""
    stand_in.answer_with(Answer(ONE_PAGE | {"count": count}))
    assert names_of(client.datasets_of_run(RUN, budget())) == ["/Express/Collisions2018/DQM"]


@pytest.mark.parametrize("bad", [5, row(name=None), row() | {"run_number": -1}, row(None)])
def test_row_that_cannot_be_used_is_named_and_costs_no_other(stand_in, bad):
    stand_in.answer_with(Answer({"datasets": [row(), bad], "count": 2, "pages": 1}))
    for found in (client.datasets_of_run(RUN, budget()), client.datasets_of_runs([RUN], budget())):
        assert names_of(found) == ["/Express/Collisions2018/DQM"]
        (text,) = found.left_out
        assert text.startswith("a dataset ")
    assert not any(state.is_out for state in status.service_states())


def test_answer_without_a_usable_row_is_reported_and_no_outage(stand_in):
    """Invalid rows must not open the circuit breaker for other runs."""
    stand_in.answer_with(Answer({"datasets": [row(name=None), 5], "count": 2, "pages": 1}))
    for _ in range(2):
        unreachable = client.datasets_of_run(RUN, budget())
        assert unreachable.sentence.startswith("Run Registry answered in an unknown form (run_number).")
    assert len(stand_in.data_calls()) == 2
    assert not any(state.is_out for state in status.service_states())


def test_sign_in_page_instead_of_data_is_unreachable(stand_in):
    stand_in.answer_with(Answer(body=b"<html>Sign in</html>", headers={"Content-Type": "text/html"}))
    assert "something that is not data" in client.datasets_of_run(RUN, budget()).sentence


def test_second_page_that_fails_is_unreachable(stand_in):
    stand_in.answer_with(
        lambda request: (
            Answer({"err": "no"}, 500) if json.loads(request["body"])["page"] else Answer(ONE_PAGE | {"pages": 2})
        )
    )
    assert isinstance(client.datasets_of_run(RUN, budget()), Unreachable)


def test_exception_of_the_client_is_unreachable(stand_in, monkeypatch):
    def broken(**_):
        raise Exception("ERROR: bare")

    monkeypatch.setattr(upstream_client._imported_client(), "get_datasets", broken)
    assert isinstance(client.datasets_of_run(RUN, budget()), Unreachable)


def test_client_prints_nothing(stand_in, settings, capsys):
    settings.RUNREGISTRY_AUDIENCE = ""  # the target in which the package prints each url and filter
    stand_in.answer_with(Answer(ONE_PAGE | {"count": 50_000}))
    client.datasets_of_run(RUN, budget())
    assert capsys.readouterr().out == ""


def test_missing_url_is_reported_with_the_setting(settings):
    settings.RUNREGISTRY_URL = settings.RUNREGISTRY_AUDIENCE = ""
    assert "RUNREGISTRY_URL is empty" in client.datasets_of_run(RUN, budget()).sentence


IMPORT = """
import os, sys
import django
django.setup()
before = dict(os.environ)
import registry.client
assert "runregistry" not in sys.modules, "imported before it is needed"
from registry import upstream_client
upstream_client._imported_client()
import dotenv
assert dict(os.environ) == before, set(os.environ) ^ set(before)
assert "<lambda>" not in dotenv.load_dotenv.__qualname__
print("fine")
"""


@pytest.mark.parametrize("changed_environment", [{"ENVIRONMENT": "staging"}, {"HOME": None}, {}])
def test_import_of_the_package_does_not_change_the_environment(tmp_path, changed_environment):
    """Without isolation it reads .env, rejects ENVIRONMENT=staging and fails without HOME."""
    (tmp_path / ".env").write_text("LEAKED=1\nSSO_CLIENT_ID=stolen\n")
    project = str(Path(__file__).resolve().parents[2])
    env = (
        os.environ
        | {"PYTHONPATH": project, "DJANGO_SETTINGS_MODULE": "tests.settings", "VAR_DIR": str(tmp_path)}
        | changed_environment
    )
    env = {name: value for name, value in env.items() if value is not None}
    process = subprocess.run(
        [sys.executable, "-c", IMPORT], cwd=tmp_path, env=env, capture_output=True, text=True, check=False
    )
    assert process.stdout.strip() == "fine", process.stderr
