"""The circuit breaker: what opens it, who makes the trial, what closes it. Calls are counted."""

import os
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
import time_machine
from django.conf import settings as django_settings
from django.core.cache import cache

from infrastructure.http import client, errors, status, tokens
from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Missing, Unreachable
from oms import client as oms
from registry import client as registry
from sandbox.faults import MODES
from tests.infrastructure.http.local_server import TOKEN_PATH, Answer
from tests.infrastructure.http.unreadable import make_unreadable
from tests.waiting import HANG_S, PATIENCE_S

RUN = 315270
CLIENT = tokens.ClientCredentials("cmsoms-prod", "certhelper", "s3cret")


def ask_oms(**options):
    return oms.fetch_run(RUN, Budget(5, **options))


def calls(sandbox, service="oms") -> int:
    return len(sandbox.requests(service))


@pytest.fixture
def oms_out(sandbox):
    """OMS answers 500, one call has failed, and the request log is empty."""
    sandbox.faults("oms", "500")
    assert isinstance(ask_oms(), Unreachable)
    assert calls(sandbox) == 1
    sandbox.clear()
    return sandbox


def later(seconds):
    return time_machine.travel(time.time() + seconds, tick=True)


def test_failed_service_gets_no_further_request(oms_out):
    answers = [ask_oms() for _ in range(5)]
    assert calls(oms_out) == 0
    assert {type(answer) for answer in answers} == {Unreachable}


def test_message_has_failure_retry_time_and_advice(oms_out):
    with time_machine.travel(time.time(), tick=False):
        sentence = ask_oms().sentence
    assert sentence.startswith("OMS answered with an error (500), and is not queried until ")
    assert sentence.endswith(f" UTC. {errors.advice_for('oms')}")


def test_breaker_of_one_service_does_not_affect_the_others(oms_out):
    assert isinstance(registry.datasets_of_run(RUN, Budget(5)), Found)
    assert calls(oms_out, "registry") == 1


def test_breaker_closes_when_the_first_call_after_the_wait_succeeds(oms_out, settings):
    with later(settings.BREAKER_SECONDS - 1):
        assert isinstance(ask_oms(), Unreachable)
        assert calls(oms_out) == 0
    with later(settings.BREAKER_SECONDS + 1):
        assert isinstance(ask_oms(), Found)
    assert isinstance(ask_oms(), Found)
    assert calls(oms_out) == 2


def test_breaker_opens_again_when_the_trial_fails(oms_out, settings):
    oms_out.faults("oms", "500")
    with later(settings.BREAKER_SECONDS + 1):
        assert "not queried until" not in ask_oms().sentence
        assert "not queried until" in ask_oms().sentence
    assert calls(oms_out) == 1


def test_one_page_makes_the_trial_while_others_skip_the_service(oms_out, settings):
    oms_out.faults("oms", "slow", seconds=2)
    with later(settings.BREAKER_SECONDS + 1), ThreadPoolExecutor(8) as pool:
        began = time.monotonic()
        answers = list(pool.map(lambda _: (ask_oms(), time.monotonic() - began), range(8)))
    assert calls(oms_out) == 1
    assert [type(answer) for answer, _ in answers].count(Found) == 1
    (trial,) = (seconds for answer, seconds in answers if isinstance(answer, Found))
    assert max(seconds for answer, seconds in answers if isinstance(answer, Unreachable)) < trial


def test_page_with_the_trial_makes_all_its_calls(oms_out, settings):
    apart = [314900, 315270, 315600, 316000]
    with later(settings.BREAKER_SECONDS + 1):
        read = oms.fetch_many(oms.RUNS, apart, Budget(5))
    assert (set(read.facts) <= set(apart), read.problem) == (True, None)
    assert calls(oms_out) == 4


def test_page_makes_no_further_calls_after_a_failed_trial(oms_out):
    oms_out.faults("oms", "500")
    budget = Budget(5, is_retry=True)
    answers = [oms.fetch_run(RUN, budget) for _ in range(3)]
    assert calls(oms_out) == 1
    assert {answer.sentence for answer in answers} == {f"OMS answered with an error (500). {errors.advice_for('oms')}"}


def test_explicit_retry_bypasses_the_breaker(oms_out):
    assert isinstance(ask_oms(is_retry=True), Found)
    assert isinstance(ask_oms(), Found)


def test_twenty_explicit_retries_make_one_call_at_a_time(oms_out):
    oms_out.faults("oms", "hang", seconds=30)
    with ThreadPoolExecutor(20) as pool:
        list(pool.map(lambda _: oms.fetch_run(RUN, Budget(1, is_retry=True)), range(20)))
    assert calls(oms_out) <= 2


def test_breaker_seconds_0_disables_the_breaker(sandbox, settings):
    settings.BREAKER_SECONDS = 0
    sandbox.faults("oms", "500", count=1)
    assert [type(ask_oms()) for _ in range(2)] == [Unreachable, Found]


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode not in ("slow", "not-found", "bad-values")])
@pytest.mark.parametrize("service", ["oms", "registry"])
def test_outage_opens_the_breaker(sandbox, settings, service, mode):
    settings.READ_TIMEOUT_S = 0.3
    fetch = oms.fetch_run if service == "oms" else registry.datasets_of_run
    sandbox.faults(service, mode)
    fetch(RUN, Budget(5))
    request_count = calls(sandbox, service)
    assert request_count == (2 if mode in ("401", "redirect") else 1)  # with a new token, once
    assert "not queried until" in fetch(RUN, Budget(5)).sentence
    assert calls(sandbox, service) == request_count


def test_missing_row_is_no_outage(sandbox):
    for service in ("oms", "registry"):
        sandbox.faults(service, "not-found")
    for _ in range(2):
        assert isinstance(ask_oms(), Missing)
        assert isinstance(registry.datasets_of_run(RUN, Budget(5)), Missing)
    assert (calls(sandbox), calls(sandbox, "registry")) == (2, 2)


@pytest.mark.parametrize("code", [400, 404, 405, 422])
def test_client_error_is_no_outage(stand_in, code):
    stand_in.answer_with(Answer({}, code))
    for _ in range(2):
        with pytest.raises(errors.BadStatus, match=str(code)):
            client.fetch_json(client.ServiceCall("oms", "GET", f"{stand_in.url}/thing", setting="OMS_URL"), Budget(5))
    assert len(stand_in.received) == 2


def test_breaker_is_closed_by_a_404(stand_in, settings):
    call = client.ServiceCall("oms", "GET", f"{stand_in.url}/thing", setting="OMS_URL")
    stand_in.answer_with(Answer({}, 500))
    with pytest.raises(errors.BadStatus, match="500"):
        client.fetch_json(call, Budget(5))
    stand_in.answer_with(Answer({}, 404))
    with later(settings.BREAKER_SECONDS + 1):
        for _ in range(2):
            with pytest.raises(errors.BadStatus, match="404"):
                client.fetch_json(call, Budget(5))
    assert len(stand_in.received) == 3


def test_unreadable_row_is_no_outage(sandbox):
    sandbox.faults("oms", "bad-values")
    for _ in range(2):
        found = ask_oms()
        assert (type(found), found.value.raw_values["recorded_lumi"]["problem"]) == (Found, "unknown unit")
    assert calls(sandbox) == 2
    assert not any(state.is_out for state in status.service_states())


def test_call_without_remaining_budget_is_no_outage(sandbox, settings):
    """A call that fails because another service used up the budget is no outage of the called service."""
    sandbox.faults("oms", "slow", seconds=HANG_S)
    budget = Budget(5)
    budget._deadline -= 4.1
    assert "did not answer within 0." in oms.fetch_run(RUN, budget).sentence
    assert not any(state.is_out for state in status.service_states())
    sandbox.clear()
    assert isinstance(ask_oms(), Found)


def test_expired_token_is_no_outage(sandbox):
    ask_oms()
    sandbox.revoke_tokens()
    sandbox.clear()
    assert isinstance(ask_oms(), Found)
    assert [request["status"] for request in sandbox.requests("oms")] == [401, 200]


def test_failed_sign_in_opens_its_breaker_and_recovers(sandbox, settings):
    sandbox.faults("sso", "500")
    assert ask_oms().sentence.startswith("The CERN sign-in answered with an error (500).")
    answer = registry.datasets_of_run(RUN, Budget(5))
    assert answer.sentence.startswith("The CERN sign-in answered with an error (500), and is not queried until")
    assert [calls(sandbox, service) for service in ("sso", "oms", "registry")] == [1, 0, 0]
    assert {state.name for state in status.service_states() if state.is_out} == {"sso", "oms"}
    sandbox.clear()
    with later(settings.BREAKER_SECONDS + 1):
        assert isinstance(registry.datasets_of_run(RUN, Budget(5)), Found)
        assert not any(state.is_out for state in status.service_states())
        assert isinstance(ask_oms(), Found)


def test_cached_token_works_while_the_breaker_of_the_sign_in_is_open(sandbox):
    ask_oms()
    sandbox.faults("sso", "500")
    registry.datasets_of_run(RUN, Budget(5))
    assert isinstance(ask_oms(), Found)


def test_no_token_is_requested_while_the_breaker_is_open(oms_out):
    tokens.discard_all()
    oms_out.faults("sso", "hang", seconds=HANG_S)
    assert ask_oms().sentence.startswith("OMS ")
    assert calls(oms_out, "sso") == 0


def test_hanging_sign_in_ends_with_the_budget_and_opens_the_breaker(stand_in):
    stand_in.answer_with(Answer([], wait=HANG_S), TOKEN_PATH)
    call = client.ServiceCall("oms", "GET", f"{stand_in.url}/thing", setting="OMS_URL")

    def seconds(budget_s):
        began = time.monotonic()
        with pytest.raises(errors.RemoteError, match="sign-in"):
            tokens.fetch_json(call, CLIENT, Budget(budget_s))
        return time.monotonic() - began

    threads = threading.active_count()
    with ThreadPoolExecutor(16) as pool:
        assert max(pool.map(seconds, [0.6] * 16)) < PATIENCE_S
        assert max(pool.map(seconds, [HANG_S] * 16)) < PATIENCE_S
    assert stand_in.paths() == [TOKEN_PATH]
    assert threading.active_count() < threads + 16


def test_unwritable_cache_disables_the_breaker_but_not_the_page(sandbox, monkeypatch):
    def full(*_args, **_options):
        raise OSError("disk full")

    monkeypatch.setattr("django.core.cache.backends.filebased.FileBasedCache.set", full)
    sandbox.faults("oms", "500", count=1)
    assert [type(ask_oms()) for _ in range(2)] == [Unreachable, Found]


def test_unreadable_entry_is_ignored(oms_out):
    make_unreadable()
    assert isinstance(ask_oms(), Found)


def test_entry_of_another_format_is_ignored(oms_out):
    cache.set("infrastructure.http.circuit_breaker.oms", {"since": "yesterday"})
    assert isinstance(ask_oms(), Found)


def test_entry_without_read_permission_is_ignored(oms_out, monkeypatch):
    def denied(*_args, **_options):
        raise PermissionError("not yours")

    monkeypatch.setattr(cache, "get", denied)
    monkeypatch.setattr(cache, "delete", denied)
    assert isinstance(ask_oms(), Found)


def test_unavailable_lock_does_not_fail_the_page(oms_out, settings, tmp_path):
    settings.VAR_DIR = tmp_path / "not there"
    assert isinstance(ask_oms(is_retry=True), Found)
    assert isinstance(ask_oms(), Found)


PROGRAM = """
import django; django.setup()
from oms.client import fetch_run; from infrastructure.http.budget import Budget
print(type(fetch_run(315270, Budget(5))).__name__)
"""


# Writing is slow, so that two trials without a lock would both read before either writes.
SLOW_PROGRAM = """
import time, sys
import django; django.setup()
from infrastructure.http import circuit_breaker as breaker; from oms.client import fetch_run
from infrastructure.http.budget import Budget
keep = breaker._write_circuit
breaker._write_circuit = lambda *kept: (time.sleep(0.5), keep(*kept))
print("ready", flush=True); sys.stdin.readline()
print(type(fetch_run(315270, Budget(5, is_retry=True))).__name__)
"""


def environment_of_a_worker() -> dict[str, str]:
    """The environment with only the cache and the addresses of this test."""
    names = {"RUNREGISTRY_URL", "OMS_URL", "SSO_URL"}
    environment = {name: str(getattr(django_settings, name)) for name in names}
    environment |= {"VAR_DIR": str(django_settings.VAR_DIR), "DJANGO_SETTINGS_MODULE": "tests.settings"}
    return {**os.environ, **environment}


def in_another_process() -> str:
    """The result of another worker process, which shares only the cache."""
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM], env=environment_of_a_worker(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split()[-1]


def test_workers_share_the_breaker(oms_out):
    assert in_another_process() == "Unreachable"
    assert calls(oms_out) == 0
    assert isinstance(ask_oms(is_retry=True), Found)
    assert in_another_process() == "Found"


def test_failure_in_another_worker_counts_here(sandbox):
    sandbox.faults("oms", "500", count=1)
    assert in_another_process() == "Unreachable"
    assert isinstance(ask_oms(), Unreachable)
    assert calls(sandbox) == 1


def test_concurrent_trials_of_two_workers_make_one_call(oms_out):
    oms_out.faults("oms", "slow", seconds=2)
    command, environment = [sys.executable, "-c", SLOW_PROGRAM], environment_of_a_worker()
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    workers = [subprocess.Popen(command, env=environment, **pipes) for _ in range(2)]
    assert [worker.stdout.readline() for worker in workers] == ["ready\n"] * 2
    for worker in workers:
        worker.stdin.write("go\n")
        worker.stdin.flush()
    assert sorted(worker.communicate(timeout=20)[0].strip() for worker in workers) == ["Found", "Unreachable"]
    assert calls(oms_out) == 1
