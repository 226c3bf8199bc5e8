"""Refresh of certifications saved during an outage: missing facts are filled in, typed values are preserved."""

import re
from concurrent.futures import ThreadPoolExecutor
from contextlib import nullcontext
from datetime import timedelta
from io import StringIO

import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.utils import timezone

from certify.facts import refresh
from certify.facts.actions import OmsValueChanged, confirm_facts, serialized_differences, take_oms_values
from certify.facts.refresh import refresh_facts, runs_to_read
from certify.models import TrackerCertification
from infrastructure.database.job_lock import job_lock
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


def test_typed_values_are_preserved_and_missing_facts_filled_in(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    assert (certification.facts["run"]["hlt_key"], certification.external_info_complete) == (None, False)
    result = _refresh()
    assert (result.completed, result.problems) == ([certification], [])
    certification.refresh_from_db()
    run = OmsRun.objects.get(pk=RUN)
    assert (run.recorded_lumi, run.lumisections, certification.lumisections, certification.is_stale) == (
        2.5,
        120,
        120,
        False,
    )
    assert certification.facts["run"]["hlt_key"] == run.hlt_key is not None
    assert "hlt_key" in certification.facts["filled"]["names"]
    assert (certification.version, certification.external_info_complete) == (1, False)
    page = shifter_client.get(f"/list/{certification.pk}/").content.decode()
    filled = re.search(r"Filled in later [^:]*:[^:]*: ([^<]*)", page)[1]
    assert "start time, " in filled and ", HLT key, " in filled and "recorded luminosity" not in filled
    assert re.search(r", \d\d more values$", filled) and "_" not in filled and "trigger" not in filled
    assert "Facts changed" in page and "Facts typed" not in page
    assert _refresh().completed == []


def test_dataset_is_verified_when_run_registry_is_available_again(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Collisions2018/DQM")
    assert (certification.is_dataset_verified, certification.external_info_complete) == (False, False)
    assert _refresh().completed == [certification]
    certification.refresh_from_db()
    assert (
        certification.is_dataset_verified,
        certification.external_info_complete,
        certification.facts["filled"]["names"],
    ) == (
        True,
        True,
        ["dataset"],
    )
    assert runs_to_read() == []


def test_missing_dataset_is_filled_in(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "registry")
    assert certification.dataset is None
    _refresh()
    certification.refresh_from_db()
    assert (str(certification.dataset), certification.is_dataset_verified, certification.is_stale) == (
        "/Express/Collisions2018/DQM",
        True,
        False,
    )


def test_typed_dataset_that_differs_from_run_registry_makes_stale(shifter, shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Cosmics2018/DQM")
    _refresh()
    certification.refresh_from_db()
    now = "/Express/Collisions2018/DQM"
    assert certification.stale == [{"fact": "dataset", "was": "/Express/Cosmics2018/DQM", "now": now}]
    assert str(certification.dataset) == "/Express/Cosmics2018/DQM"
    page = shifter_client.get(f"/list/{certification.pk}/")
    sent = fields_of(page, "seen")
    assert shifter_client.post(f"/list/{certification.pk}/confirm/", sent).status_code == 303
    certification.refresh_from_db()
    assert (str(certification.dataset), certification.is_stale, certification.external_info_complete) == (
        now,
        False,
        True,
    )
    _refresh()
    certification.refresh_from_db()
    assert not certification.is_stale


def test_certification_changed_with_the_other_dataset_shown_is_not_marked_again(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Cosmics2018/DQM")
    _refresh()
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    assert "dataset /Express/Cosmics2018/DQM → /Express/Collisions2018/DQM" in opened.content.decode()
    assert send_form(shifter_client, opened, path, comment="both seen").status_code == 303
    _refresh()
    certification.refresh_from_db()
    assert (certification.is_stale, str(certification.dataset)) == (False, "/Express/Cosmics2018/DQM")


def test_refresh_while_oms_is_unavailable_changes_nothing_and_shows_the_error(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    sandbox.faults("oms", "refuse")
    response = shifter_client.post("/list/facts/refresh/")
    assert response.status_code == 200
    assert "OMS broke off the connection" in response.content.decode()
    certification.refresh_from_db()
    assert (certification.facts["run"]["hlt_key"], OmsRun.objects.get(pk=RUN).fetched_at) == (None, None)


def test_only_runs_that_are_not_settled_are_read_again():
    now = timezone.now()
    recent = RunFactory(start_time=now - timedelta(days=1), fetched_at=now)
    unfinished = RunFactory(start_time=now - timedelta(days=4), end_time=None, fetched_at=now)
    read_early = RunFactory(start_time=now - timedelta(days=30), fetched_at=now - timedelta(days=29))
    for run in (recent, unfinished, read_early, RunFactory(), RunFactory(end_time=None)):
        CertificationFactory(run=run)
    CertificationFactory(withdrawn=True, run=RunFactory(start_time=now))
    assert set(runs_to_read()) == {recent.run_number, unfinished.run_number, read_early.run_number}


def test_changed_oms_values_make_stale_on_refresh(sandbox):
    """Run 315259 has other values in the sandbox than in the factory."""
    old = timezone.now() - timedelta(hours=1)
    certification = CertificationFactory(run=RunFactory(run_number=RUN, start_time=old, fetched_at=old))
    result = _refresh()
    assert result.stale == [certification]
    assert {difference["fact"] for difference in TrackerCertification.objects.get(pk=certification.pk).stale} >= {
        "lumisections",
        "recorded_lumi",
    }


def test_refresh_of_many_runs_makes_few_requests(sandbox):
    for number in range(315257, 315290):
        CertificationFactory(run=RunFactory(run_number=number, fetched_at=None), external_info_complete=False)
    _refresh()
    assert len(sandbox.requests("oms")) <= 2 + 8
    assert len(sandbox.requests("registry")) == 1


def test_concurrent_refresh_does_nothing(shifter_client, sandbox):
    _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    with job_lock("refresh"):
        output = StringIO()
        call_command("refresh_facts", stdout=output)
    assert "Another refresh is running" in output.getvalue()
    assert sandbox.requests() == []
    cache.clear()  # forget that OMS failed
    call_command("refresh_facts", stdout=output)
    assert f"{RUN} express: filled in." in output.getvalue()


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite allows one writer at a time")
@pytest.mark.django_db(transaction=True)
def test_concurrent_refreshes_complete_a_certification_once(shifter_client, sandbox, monkeypatch):
    """Row locks are sufficient without the lock of the job, as a person may ask for a refresh too."""
    certification = _certified_while_out(shifter_client, sandbox, "oms", "registry", **BY_HAND)
    cache.clear()
    monkeypatch.setattr(refresh, "job_lock", lambda _: nullcontext(True))

    def refresh_in_thread(_number):
        try:
            return _refresh()
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as executor:
        results = list(executor.map(refresh_in_thread, range(4)))
    assert [result.problems for result in results] == [[]] * 4
    certification.refresh_from_db()
    names = certification.facts["filled"]["names"]
    assert len(names) == len(set(names))
    assert (certification.is_dataset_verified, certification.lumisections, OmsRun.objects.get(pk=RUN).lumisections) == (
        True,
        120,
        120,
    )


def test_page_shows_missing_facts_and_home_shows_their_number(shifter_client, guest_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "oms", "registry", **BY_HAND)
    text = shifter_client.get("/list/facts/").content.decode()
    assert f'data-pk="{certification.pk}"' in text
    assert "recorded luminosity" in text
    assert "OMS has not answered for the run" in text
    assert "no dataset" in text
    assert "1 certification with facts to complete" in shifter_client.get("/").content.decode()
    assert [row.pk for row in shifter_client.get("/list/?incomplete=on").context["page"].table.page.object_list.data]
    assert "Ask OMS" not in guest_client.get("/list/facts/").content.decode()


def test_page_needs_the_same_queries_for_any_number(shifter_client, django_assert_max_num_queries):
    for _ in range(30):
        CertificationFactory(external_info_complete=False)
    with django_assert_max_num_queries(12):
        shifter_client.get("/list/facts/")


def test_oms_values_replace_typed_values_after_the_difference_was_shown(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    shown = shifter_client.get(f"/list/facts/{RUN}/?again=1")
    run = OmsRun.objects.get(pk=RUN)
    facts = {fact.name: fact for fact in shown.context["facts"]}
    assert set(facts) == {"run-run_type", "run-lumisections", "run-energy", "run-recorded_lumi", "run-fill_number"}
    assert (facts["run-recorded_lumi"].typed, facts["run-run_type"].is_same) == ("2.500 /pb", True)
    sent = fields_of(shown, "seen-run-recorded_lumi")
    sent["take"] = [name for name in facts if name != "run-energy"]
    assert shifter_client.post(f"/list/facts/{RUN}/", sent).status_code == 303
    run.refresh_from_db()
    certification.refresh_from_db()
    assert set(run.typed) == {"energy"}
    assert run.lumisections > 120
    assert {difference["fact"] for difference in certification.stale} == {"lumisections", "recorded_lumi"}
    sent["take"] = ["run-energy"]
    assert shifter_client.post(f"/list/facts/{RUN}/", sent).status_code == 303
    certification.refresh_from_db()
    assert certification.external_info_complete


def test_taking_oms_values_that_were_not_typed_is_a_conflict(shifter_client):
    run = RunFactory()
    response = shifter_client.post(f"/list/facts/{run.run_number}/", {"take": "run-lumisections"})
    assert response.status_code == 409
    assert "Nothing is taken: OMS gives these values already." in response.content.decode()


def test_refresh_with_one_service_unavailable_shows_what_was_filled_in(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "oms", "registry", **BY_HAND)
    sandbox.faults("registry", "refuse")
    text = shifter_client.post("/list/facts/refresh/").content.decode()
    assert "Run Registry broke off the connection" in text
    assert f"Filled in: {certification}." in text


def test_oms_values_that_are_missing_or_changed_are_not_taken(shifter_client, sandbox, shifter):
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


def test_oms_values_of_run_and_fill_replace_typed_values(shifter_client, shifter):
    run = RunFactory(fill=FillFactory(fill_number=6600))
    path = f"/certify/{run.run_number}/express/?correct=1"
    typed = {"fill-peak_pileup": "44", "run-b_field": "3.7"}
    assert send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **typed).status_code == 303
    shown_values = {"run-b_field": "3.8", "fill-peak_pileup": "41.2"}
    take_oms_values(shifter, run.run_number, ["b_field"], ["peak_pileup"], shown_values)
    run.refresh_from_db()
    fill = OmsFill.objects.get(pk=6600)
    assert (run.b_field, run.typed, fill.peak_pileup, fill.typed) == (3.8, {}, 41.2, {})
    assert TrackerCertification.objects.get().is_stale is False


def _confirm_during_registry_request(monkeypatch, certification, shifter):
    original = refresh.datasets_of_runs

    def fetch_and_confirm(*args, **more):
        datasets = original(*args, **more)
        current = TrackerCertification.objects.get(pk=certification.pk)
        confirm_facts(shifter, current, current.version, serialized_differences(current))
        return datasets

    monkeypatch.setattr(refresh, "datasets_of_runs", fetch_and_confirm)


def test_confirmation_during_the_registry_request_is_preserved(shifter, shifter_client, sandbox, monkeypatch):
    certification = _certified_while_out(shifter_client, sandbox, "registry", dataset="/Express/Cosmics2018/DQM")
    _refresh()
    TrackerCertification.objects.update(stale=[{"fact": "dataset", "was": "a", "now": "b"}])
    _confirm_during_registry_request(monkeypatch, certification, shifter)
    _refresh()
    certification.refresh_from_db()
    assert (certification.version, str(certification.dataset)) == (2, "b")
    # Compared with the state after the confirmation.
    assert certification.stale == [{"fact": "dataset", "was": "b", "now": "/Express/Collisions2018/DQM"}]
    assert certification.stale_since is not None


def test_settled_runs_with_typed_values_are_not_read_again(monkeypatch):
    monkeypatch.setattr(refresh, "MAX_RUNS", 3)
    typed = {"energy": {"by": "shifter", "at": "2018-05-01T00:00:00+00:00"}}
    for _ in range(5):
        CertificationFactory(run=RunFactory(typed=typed), external_info_complete=False)
    older = CertificationFactory(run=RunFactory(run_number=300001, fetched_at=None), external_info_complete=False)
    assert runs_to_read() == [older.run_number]


def test_complete_rows_need_no_query(sandbox, django_assert_max_num_queries):
    typed = {"energy": {"by": "shifter", "at": "2018-05-01T00:00:00+00:00"}}
    for _ in range(20):
        CertificationFactory(run=RunFactory(typed=typed), external_info_complete=False)
    _refresh()
    with django_assert_max_num_queries(8):
        assert _refresh().completed == []


def test_facts_read_for_a_page_are_filled_in(shifter_client, sandbox):
    certification = _certified_while_out(shifter_client, sandbox, "oms", **BY_HAND)
    shifter_client.get(f"/list/{certification.pk}/update/?again=1")
    assert (_refresh().completed, OmsRun.objects.get(pk=RUN).fetched_at is None) == ([certification], False)
