"""Certified while OMS or Run Registry was out; both are back: what was missing is filled in, what was typed stands."""

import fcntl
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from io import StringIO

import pytest
from django.conf import settings
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from certify.facts import refresh
from certify.facts.actions import OmsValueChanged, confirm_facts, serialized_differences, take_oms_values
from certify.facts.refresh import refresh_facts, runs_to_read
from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from oms.models import OmsFill, OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import BY_HAND, GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, FillFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
PATH = f"/certify/{RUN}/express/"


def _refresh():
    return refresh_facts(Budget(20, is_retry=True))


def _certified_while_out(client, sandbox, *services, **typed):
    for service in services:
        sandbox.faults(service, "refuse")
    saved = send_form(client, open_form(client), **GOOD, **typed)
    assert saved.status_code == 303
    sandbox.clear()
    return TrackerCertification.objects.get()


def test_typed_values_stand_and_the_rest_is_filled_in(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    assert (made.facts["run"]["hlt_key"], made.external_info_complete) == (None, False)
    done = _refresh()
    assert (done.completed, done.problems) == ([made], [])
    made.refresh_from_db()
    run = OmsRun.objects.get(pk=RUN)
    assert (run.recorded_lumi, run.lumisections, made.lumisections, made.is_stale) == (2.5, 120, 120, False)
    assert made.facts["run"]["hlt_key"] == run.hlt_key is not None
    assert "hlt_key" in made.facts["filled"]["names"]
    assert (made.version, made.external_info_complete) == (1, False)
    assert "Filled in later" in shifter_client.get(f"/list/{made.pk}/").content.decode()
    assert _refresh().completed == []


def test_dataset_is_verified_once_run_registry_is_back(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Collisions2018/DQM")
    assert (made.is_dataset_verified, made.external_info_complete) == (False, False)
    assert _refresh().completed == [made]
    made.refresh_from_db()
    assert (made.is_dataset_verified, made.external_info_complete, made.facts["filled"]["names"]) == (
        True,
        True,
        ["dataset"],
    )
    assert runs_to_read() == []


def test_dataset_that_nobody_knew_is_filled_in(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "registry")
    assert made.dataset is None
    _refresh()
    made.refresh_from_db()
    assert (str(made.dataset), made.is_dataset_verified, made.is_stale) == ("/Express/Collisions2018/DQM", True, False)


def test_typed_dataset_that_run_registry_has_otherwise_stands_and_is_stale(shifter, shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Cosmics2018/DQM")
    _refresh()
    made.refresh_from_db()
    now = "/Express/Collisions2018/DQM"
    assert made.stale == [{"fact": "dataset", "was": "/Express/Cosmics2018/DQM", "now": now}]
    assert str(made.dataset) == "/Express/Cosmics2018/DQM"
    page = shifter_client.get(f"/list/{made.pk}/")
    sent = fields_of(page, "seen")
    assert shifter_client.post(f"/list/{made.pk}/confirm/", sent).status_code == 303
    made.refresh_from_db()
    assert (str(made.dataset), made.is_stale, made.external_info_complete) == (now, False, True)
    _refresh()
    made.refresh_from_db()
    assert not made.is_stale


def test_amended_with_the_other_dataset_shown_it_is_not_marked_again(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Cosmics2018/DQM")
    _refresh()
    path = f"/list/{made.pk}/update/"
    opened = open_form(shifter_client, path)
    assert "dataset /Express/Cosmics2018/DQM → /Express/Collisions2018/DQM" in opened.content.decode()
    assert send_form(shifter_client, opened, path, comment="both seen").status_code == 303
    _refresh()
    made.refresh_from_db()
    assert (made.is_stale, str(made.dataset)) == (False, "/Express/Cosmics2018/DQM")


def test_oms_still_out_changes_nothing_and_says_so(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    sandbox.faults("oms", "refuse")
    answer = shifter_client.post("/list/facts/refresh/")
    assert answer.status_code == 200
    assert "OMS broke off the connection" in answer.content.decode()
    made.refresh_from_db()
    assert (made.facts["run"]["hlt_key"], OmsRun.objects.get(pk=RUN).fetched_at) == (None, None)


def test_young_runs_are_read_again_and_settled_ones_are_not():
    now = timezone.now()
    young = RunFactory(start_time=now - timedelta(days=1), fetched_at=now)
    endless = RunFactory(start_time=now - timedelta(days=4), end_time=None, fetched_at=now)
    read_too_early = RunFactory(start_time=now - timedelta(days=30), fetched_at=now - timedelta(days=29))
    for run in (young, endless, read_too_early, RunFactory(), RunFactory(end_time=None)):
        CertificationFactory(run=run)
    CertificationFactory(withdrawn=True, run=RunFactory(start_time=now))
    assert set(runs_to_read()) == {young.run_number, endless.run_number, read_too_early.run_number}


def test_run_that_oms_recomputed_is_stale_after_a_refresh(sandbox):
    """The world's 315259 has other figures than the factory's."""
    old = timezone.now() - timedelta(hours=1)
    made = CertificationFactory(run=RunFactory(run_number=RUN, start_time=old, fetched_at=old))
    done = _refresh()
    assert done.stale == [made]
    assert {one["fact"] for one in TrackerCertification.objects.get(pk=made.pk).stale} >= {
        "lumisections",
        "recorded_lumi",
    }


def test_few_calls_for_many_runs(sandbox):
    for number in range(315257, 315290):
        CertificationFactory(run=RunFactory(run_number=number, fetched_at=None), external_info_complete=False)
    _refresh()
    assert len(sandbox.requests("oms")) <= 2 + 8
    assert len(sandbox.requests("registry")) == 1


def test_second_refresh_at_once_does_nothing(shifter_client, sandbox):
    _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    with (settings.VAR_DIR / "refresh.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        said = StringIO()
        call_command("refresh_facts", stdout=said)
    assert "Another refresh is running" in said.getvalue()
    assert sandbox.requests() == []
    cache.clear()  # OMS, which had failed, is not left alone any more
    call_command("refresh_facts", stdout=said)
    assert f"{RUN} express: filled in." in said.getvalue()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite lets one writer in at a time anyway")
@pytest.mark.django_db(transaction=True)
def test_completed_by_four_at_once_as_by_one(shifter_client, sandbox, monkeypatch):
    """Without the lock of the machine, as on several: the row locks are enough."""
    made = _certified_while_out(shifter_client, sandbox, "oms", "registry", **BY_HAND)
    cache.clear()
    monkeypatch.setattr("infrastructure.cache.file_lock.fcntl.flock", lambda *_: None)

    def refresh(_number):
        try:
            return _refresh()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as hands:
        done = list(hands.map(refresh, range(4)))
    assert [one.problems for one in done] == [[]] * 4
    made.refresh_from_db()
    names = made.facts["filled"]["names"]
    assert len(names) == len(set(names))
    assert (made.is_dataset_verified, made.lumisections, OmsRun.objects.get(pk=RUN).lumisections) == (True, 120, 120)


def test_page_names_what_is_missing_and_counts_stand_at_home(shifter_client, guest_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "oms", "registry", **BY_HAND)
    text = shifter_client.get("/list/facts/").content.decode()
    assert f'data-pk="{made.pk}"' in text
    assert "recorded luminosity" in text
    assert "OMS has not answered for the run" in text
    assert "no dataset" in text
    assert "1 certification with facts to complete" in shifter_client.get("/").content.decode()
    assert [row.pk for row in shifter_client.get("/list/?incomplete=on").context["page"].table.page.object_list.data]
    assert "Ask OMS" not in guest_client.get("/list/facts/").content.decode()


def test_page_costs_the_same_for_any_number(shifter_client, django_assert_max_num_queries):
    for _ in range(30):
        CertificationFactory(external_info_complete=False)
    with django_assert_max_num_queries(12):
        shifter_client.get("/list/facts/")


def test_oms_values_are_taken_back_after_the_difference_was_shown(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    shown = shifter_client.get(f"/list/facts/{RUN}/?again=1")
    run = OmsRun.objects.get(pk=RUN)
    facts = {fact.name: fact for fact in shown.context["facts"]}
    assert set(facts) == {"run-run_type", "run-lumisections", "run-energy", "run-recorded_lumi", "run-fill_number"}
    assert (facts["run-recorded_lumi"].typed, facts["run-run_type"].is_same) == ("2.500 /pb", True)
    sent = fields_of(shown, "seen-run-recorded_lumi")
    sent["take"] = [name for name in facts if name != "run-energy"]
    assert shifter_client.post(f"/list/facts/{RUN}/", sent).status_code == 303
    run.refresh_from_db()
    made.refresh_from_db()
    assert set(run.typed) == {"energy"}
    assert run.lumisections > 120
    assert {one["fact"] for one in made.stale} == {"lumisections", "recorded_lumi"}
    sent["take"] = ["run-energy"]
    assert shifter_client.post(f"/list/facts/{RUN}/", sent).status_code == 303
    made.refresh_from_db()
    assert made.external_info_complete


def test_values_that_nobody_typed_are_not_said_to_be_taken(shifter_client):
    run = RunFactory()
    answer = shifter_client.post(f"/list/facts/{run.run_number}/", {"take": "run-lumisections"})
    assert answer.status_code == 409
    assert "Nothing is taken: OMS gives these values already." in answer.content.decode()


def test_refresh_with_one_service_out_says_what_the_other_filled_in(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "oms", "registry", **BY_HAND)
    sandbox.faults("registry", "refuse")
    text = shifter_client.post("/list/facts/refresh/").content.decode()
    assert "Run Registry broke off the connection" in text
    assert f"Filled in: {made}." in text


def test_nothing_is_taken_while_oms_has_not_answered_or_says_otherwise(shifter_client, sandbox, shifter):
    _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    sandbox.faults("oms", "refuse")
    shown = shifter_client.get(f"/list/facts/{RUN}/").content.decode()
    assert "has given none" in shown and "Type the" not in shown
    assert 'name="take"' not in shown
    with pytest.raises(OmsValueChanged):
        take_oms_values(shifter, RUN, ["lumisections"], [], {"run-lumisections": ""})
    sandbox.clear()
    sent = fields_of(shifter_client.get(f"/list/facts/{RUN}/?again=1"), "seen-run-lumisections")
    refused = shifter_client.post(
        f"/list/facts/{RUN}/", {**sent, "take": "run-lumisections", "seen-run-lumisections": "3"}
    )
    assert refused.status_code == 409
    assert OmsRun.objects.get(pk=RUN).lumisections == 120


def test_values_of_a_fill_and_its_number_are_taken_back(shifter_client, shifter):
    run = RunFactory(fill=FillFactory(fill_number=6600))
    path = f"/certify/{run.run_number}/express/?correct=1"
    typed = {"fill-peak_pileup": "44", "run-b_field": "3.7"}
    assert send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **typed).status_code == 303
    seen = {"run-b_field": "3.8", "fill-peak_pileup": "41.2"}
    take_oms_values(shifter, run.run_number, ["b_field"], ["peak_pileup"], seen)
    run.refresh_from_db()
    fill = OmsFill.objects.get(pk=6600)
    assert (run.b_field, run.typed, fill.peak_pileup, fill.typed) == (3.8, {}, 41.2, {})
    assert TrackerCertification.objects.get().is_stale is False


def _confirms_while_registry_is_asked(monkeypatch, made, shifter):
    asked = refresh.datasets_of_runs

    def answer(*args, **more):
        said = asked(*args, **more)
        standing = TrackerCertification.objects.get(pk=made.pk)
        confirm_facts(shifter, standing, standing.version, serialized_differences(standing))
        return said

    monkeypatch.setattr(refresh, "datasets_of_runs", answer)


def test_mark_that_is_confirmed_while_run_registry_is_asked_stays_away(shifter, shifter_client, sandbox, monkeypatch):
    made = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Cosmics2018/DQM")
    _refresh()
    TrackerCertification.objects.update(stale=[{"fact": "dataset", "was": "a", "now": "b"}])
    _confirms_while_registry_is_asked(monkeypatch, made, shifter)
    _refresh()
    made.refresh_from_db()
    assert (made.version, str(made.dataset)) == (2, "b")
    now = "/Express/Collisions2018/DQM"
    assert made.stale == [{"fact": "dataset", "was": "b", "now": now}]  # as it is after the confirmation, not before
    assert made.stale_since is not None


def test_typed_values_of_settled_runs_keep_no_other_run_from_being_read(monkeypatch):
    monkeypatch.setattr(refresh, "MAX_RUNS", 3)
    typed = {"energy": {"by": "shifter", "at": "2018-05-01T00:00:00+00:00"}}
    for _ in range(5):
        CertificationFactory(run=RunFactory(typed=typed), external_info_complete=False)
    older = CertificationFactory(run=RunFactory(run_number=300001, fetched_at=None), external_info_complete=False)
    assert runs_to_read() == [older.run_number]


def test_rows_that_nothing_can_be_filled_into_cost_no_query(sandbox, django_assert_max_num_queries):
    typed = {"energy": {"by": "shifter", "at": "2018-05-01T00:00:00+00:00"}}
    for _ in range(20):
        CertificationFactory(run=RunFactory(typed=typed), external_info_complete=False)
    _refresh()
    with django_assert_max_num_queries(8):
        assert _refresh().completed == []


def test_what_was_read_for_a_page_meanwhile_is_filled_in(shifter_client, sandbox):
    made = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    shifter_client.get(f"/list/{made.pk}/update/?again=1")
    assert (_refresh().completed, OmsRun.objects.get(pk=RUN).fetched_at is None) == ([made], False)
