"""A certification is stale when a verdict fact differs from the one frozen with it."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.facts.actions import confirm_facts, serialized_differences
from certify.facts.staleness import mark_stale
from certify.models import TrackerCertification
from oms import upsert
from oms.client import FetchResult
from oms.models import OmsRun
from oms.wire_types import RunFacts
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db


def _store_oms_values(run, **changed):
    """Store the values of the run, with these changes, as an answer of OMS."""
    current = {
        name: getattr(run, name) for name in ("run_number", "run_type", "lumisections", "recorded_lumi", "energy")
    }
    upsert.store_facts(
        FetchResult({run.run_number: RunFacts(**current | changed)}, None, timezone.now()), FetchResult(), {}
    )


@pytest.fixture
def certification(shifter):
    return CertificationFactory(user=shifter, run=RunFactory(recorded_lumi=100.0, lumisections=600))


def _stale_facts(certification):
    certification.refresh_from_db()
    return {difference["fact"]: (difference["was"], difference["now"]) for difference in certification.stale}


@pytest.mark.parametrize(
    ("changed", "stale"),
    [
        ({}, {}),
        ({"recorded_lumi": 101.0}, {}),
        ({"recorded_lumi": 99.0}, {}),
        ({"recorded_lumi": 101.1}, {"recorded_lumi": (100.0, 101.1)}),
        ({"recorded_lumi": None}, {"recorded_lumi": (100.0, None)}),
        ({"lumisections": 601}, {"lumisections": (600, 601)}),
        ({"run_type": "cosmics"}, {"run_type": ("collisions", "cosmics")}),
        ({"run_type": "unknown"}, {"run_type": ("collisions", "unknown")}),
        ({"energy": 1.0}, {}),
    ],
)
def test_only_verdict_facts_make_stale(certification, changed, stale):
    _store_oms_values(certification.runreconstruction.run, **changed)
    assert _stale_facts(certification) == stale
    assert (certification.is_stale, certification.version, certification.updated_by) == (bool(stale), 1, None)


def test_missing_value_that_is_filled_in_does_not_make_stale(shifter):
    certification = CertificationFactory(user=shifter, run=RunFactory(recorded_lumi=None))
    _store_oms_values(certification.runreconstruction.run, recorded_lumi=5.0)
    assert _stale_facts(certification) == {}


def test_fact_that_returns_to_its_value_is_not_stale(certification):
    run = certification.runreconstruction.run
    _store_oms_values(run, lumisections=601)
    since = TrackerCertification.objects.get().stale_since
    _store_oms_values(run, lumisections=602)
    assert _stale_facts(certification) == {"lumisections": (600, 602)}
    assert certification.stale_since == since
    _store_oms_values(run, lumisections=600)
    assert (_stale_facts(certification), certification.stale_since) == ({}, None)
    marks = [mark.differences for mark in certification.stale_marks.order_by("pk")]
    assert [[row["now"] for row in differences] for differences in marks] == [[601], [602], []]


def test_unchanged_verdict_facts_need_no_further_query(certification, django_assert_num_queries):
    with django_assert_num_queries(4):
        _store_oms_values(certification.runreconstruction.run, energy=5.0)


def test_oms_value_behind_a_typed_value_does_not_make_stale(certification):
    run = certification.runreconstruction.run
    run.typed = {"lumisections": {"by": "shifter", "at": "2018-05-01T00:00:00+00:00"}}
    run.save()
    _store_oms_values(run, lumisections=700)
    assert _stale_facts(certification) == {}


def test_correction_on_another_reconstruction_makes_stale(certification, shifter_client, references):
    path = f"/certify/{certification.run_number}/prompt/?correct=1"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **{"run-lumisections": "500"})
    if saved.status_code == 422:  # express and prompt differ now, which requires confirmation
        saved = send_form(shifter_client, saved, path, confirm_counterpart="on")
    assert saved.status_code == 303
    assert _stale_facts(certification) == {"lumisections": (600, 500)}
    assert TrackerCertification.objects.exclude(pk=certification.pk).get().stale == []


def test_amended_certification_is_not_stale(certification, shifter_client, references):
    _store_oms_values(certification.runreconstruction.run, lumisections=601)
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shifter_client, path)
    assert "lumisections 600 → 601" in opened.content.decode()
    assert send_form(shifter_client, opened, path).status_code == 303
    assert (_stale_facts(certification), certification.lumisections, certification.version) == ({}, 601, 2)
    assert [bool(mark.differences) for mark in certification.stale_marks.order_by("pk")] == [True, False]


def test_opening_the_update_page_sets_only_the_stale_mark(certification, shifter_client, sandbox):
    """The page refreshes the mirror; only the stale mark of the certification changes."""
    outdated = CertificationFactory(
        user=certification.user,
        run=RunFactory(run_number=315259, fetched_at=timezone.now() - timedelta(hours=1), end_time=None),
    )
    before = (
        TrackerCertification.objects.filter(pk=outdated.pk)
        .values("version", "updated_at", "facts", "lumisections")
        .get()
    )
    text = shifter_client.get(f"/list/{outdated.pk}/update/").content.decode()
    assert "Changed since it was certified: lumisections 617 →" in text
    assert set(_stale_facts(outdated)) == {"lumisections", "recorded_lumi"}
    assert TrackerCertification.objects.filter(pk=outdated.pk).values(*before).get() == before


def test_owner_confirms_and_the_current_facts_are_stored(certification, shifter, shifter_client):
    _store_oms_values(certification.runreconstruction.run, recorded_lumi=120.0)
    certification.refresh_from_db()
    text = shifter_client.get(f"/list/{certification.pk}/").content.decode()
    assert "recorded luminosity 100.000 /pb → 120.000 /pb" in text
    response = shifter_client.post(
        f"/list/{certification.pk}/confirm/",
        {"version": "1", "seen": serialized_differences(certification)},
        follow=True,
    )
    certification.refresh_from_db()
    assert (certification.is_stale, certification.recorded_lumi, certification.version, certification.updated_by) == (
        False,
        120.0,
        2,
        shifter,
    )
    assert (certification.facts["run"]["recorded_lumi"], certification.facts["confirmed"]["by"]) == (120.0, "shifter")
    assert [bool(mark.differences) for mark in certification.stale_marks.order_by("pk")] == [True, False]
    assert "Confirmed 20" in response.content.decode()
    assert "100.000 /pb → 120.000 /pb" in response.content.decode()


def test_shift_leader_can_confirm_and_another_shifter_cannot(
    certification, other_shifter_client, shift_leader, shift_leader_client
):
    _store_oms_values(certification.runreconstruction.run, lumisections=601)
    certification.refresh_from_db()
    sent = {"version": "1", "seen": serialized_differences(certification)}
    assert "/confirm/" not in other_shifter_client.get(f"/list/{certification.pk}/").content.decode()
    assert other_shifter_client.post(f"/list/{certification.pk}/confirm/", sent).status_code == 403
    assert _stale_facts(certification)
    assert shift_leader_client.post(f"/list/{certification.pk}/confirm/", sent).status_code == 303
    assert (_stale_facts(certification), certification.updated_by, certification.user.username) == (
        {},
        shift_leader,
        "shifter",
    )


def test_only_facts_that_were_shown_can_be_confirmed(certification, shifter):
    run = certification.runreconstruction.run
    _store_oms_values(run, lumisections=601)
    certification.refresh_from_db()
    shown = serialized_differences(certification)
    _store_oms_values(run, lumisections=650)
    with pytest.raises(ChangedMeanwhile):
        confirm_facts(shifter, certification, 1, shown)
    certification.refresh_from_db()
    with pytest.raises(ChangedMeanwhile):
        confirm_facts(shifter, certification, 2, serialized_differences(certification))
    assert confirm_facts(shifter, certification, 1, serialized_differences(certification)).lumisections == 650


def test_changed_run_type_cannot_be_confirmed_with_the_same_reference(certification, shifter):
    _store_oms_values(certification.runreconstruction.run, run_type="cosmics")
    certification.refresh_from_db()
    with pytest.raises(EntryInvalid, match="cosmics now and the reference is collisions"):
        confirm_facts(shifter, certification, 1, serialized_differences(certification))


def test_pages_and_exports_show_and_filter_stale_certifications(certification, shifter, shifter_client, sandbox):
    CertificationFactory(user=shifter)
    OmsRun.objects.filter(pk=certification.run_number).update(lumisections=601)
    mark_stale([OmsRun.objects.get(pk=certification.run_number)])
    filtered = shifter_client.get("/list/?stale=on")
    assert [record.pk for record in filtered.context["page"].table.page.object_list.data] == [certification.pk]
    for path in ("/list/?stale=on", f"/list/{certification.pk}/"):
        assert "is-stale" in shifter_client.get(path).content.decode(), path
    assert shifter_client.get("/").content.decode().count('<span class="tag">stale</span>') == 1
    assert "is-stale" in shifter_client.get(f"/openruns/?runs={certification.run_number}").content.decode()
    exported = shifter_client.get("/list/?state=live&export=json")
    by_key = {row["id"]: row for row in json.loads(exported.getvalue())}
    assert (by_key[certification.pk]["is_stale"], by_key[certification.pk]["stale"]) == (
        True,
        ["lumisections 600 → 601"],
    )
    assert [row["is_stale"] for key, row in by_key.items() if key != certification.pk] == [False]
    assert b"lumisections 600 \xe2\x86\x92 601" in shifter_client.get("/list/?stale=on&export=csv").getvalue()
