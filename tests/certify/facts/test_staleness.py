"""A certification is stale from the moment a fact of its verdict is another than the one frozen with it."""

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


def _oms_says(run, **other):
    """The mirror is written with what OMS says now."""
    same = {name: getattr(run, name) for name in ("run_number", "run_type", "lumisections", "recorded_lumi", "energy")}
    upsert.store_facts(FetchResult({run.run_number: RunFacts(**same | other)}, None, timezone.now()), FetchResult(), {})


@pytest.fixture
def made(shifter):
    return CertificationFactory(user=shifter, run=RunFactory(recorded_lumi=100.0, lumisections=600))


def _stale(made):
    made.refresh_from_db()
    return {one["fact"]: (one["was"], one["now"]) for one in made.stale}


@pytest.mark.parametrize(
    ("other", "stale"),
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
def test_only_facts_of_the_verdict_make_stale(made, other, stale):
    _oms_says(made.runreconstruction.run, **other)
    assert _stale(made) == stale
    assert (made.is_stale, made.version, made.updated_by) == (bool(stale), 1, None)


def test_value_that_was_missing_is_no_change(shifter):
    made = CertificationFactory(user=shifter, run=RunFactory(recorded_lumi=None))
    _oms_says(made.runreconstruction.run, recorded_lumi=5.0)
    assert _stale(made) == {}


def test_fact_that_returns_to_its_value_is_not_stale(made):
    run = made.runreconstruction.run
    _oms_says(run, lumisections=601)
    since = TrackerCertification.objects.get().stale_since
    _oms_says(run, lumisections=602)
    assert _stale(made) == {"lumisections": (600, 602)}
    assert made.stale_since == since
    _oms_says(run, lumisections=600)
    assert (_stale(made), made.stale_since) == ({}, None)


def test_mirror_that_changes_nothing_costs_no_more_queries(made, django_assert_num_queries):
    with django_assert_num_queries(4):
        _oms_says(made.runreconstruction.run, energy=5.0)


def test_typed_value_stands_and_so_does_the_certification(made):
    run = made.runreconstruction.run
    run.typed = {"lumisections": {"by": "shifter", "at": "2018-05-01T00:00:00+00:00"}}
    run.save()
    _oms_says(run, lumisections=700)
    assert _stale(made) == {}


def test_correction_on_another_reconstruction_marks_this_one(made, shifter_client, references):
    path = f"/certify/{made.run_number}/prompt/?correct=1"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, **{"run-lumisections": "500"})
    if saved.status_code == 422:  # express and prompt differ now: asked
        saved = send_form(shifter_client, saved, path, confirm_counterpart="on")
    assert saved.status_code == 303
    assert _stale(made) == {"lumisections": (600, 500)}
    assert TrackerCertification.objects.exclude(pk=made.pk).get().stale == []


def test_amended_certification_is_not_stale(made, shifter_client, references):
    _oms_says(made.runreconstruction.run, lumisections=601)
    path = f"/list/{made.pk}/update/"
    opened = open_form(shifter_client, path)
    assert "lumisections 600 → 601" in opened.content.decode()
    assert send_form(shifter_client, opened, path).status_code == 303
    assert (_stale(made), made.lumisections, made.version) == ({}, 601, 2)


def test_opening_the_update_page_marks_and_changes_nothing_else(made, shifter_client, sandbox):
    """The mirror is read anew for the page; the certification it belongs to only gets its mark."""
    real = CertificationFactory(
        user=made.user, run=RunFactory(run_number=315259, fetched_at=timezone.now() - timedelta(hours=1), end_time=None)
    )
    before = (
        TrackerCertification.objects.filter(pk=real.pk).values("version", "updated_at", "facts", "lumisections").get()
    )
    text = shifter_client.get(f"/list/{real.pk}/update/").content.decode()
    assert "Changed since it was certified: lumisections 617 →" in text
    assert set(_stale(real)) == {"lumisections", "recorded_lumi"}
    assert TrackerCertification.objects.filter(pk=real.pk).values(*before).get() == before


def test_owner_confirms_and_the_current_facts_are_stored(made, shifter, shifter_client):
    _oms_says(made.runreconstruction.run, recorded_lumi=120.0)
    made.refresh_from_db()
    text = shifter_client.get(f"/list/{made.pk}/").content.decode()
    assert "recorded luminosity 100.000 /pb → 120.000 /pb" in text
    answer = shifter_client.post(
        f"/list/{made.pk}/confirm/", {"version": "1", "seen": serialized_differences(made)}, follow=True
    )
    made.refresh_from_db()
    assert (made.is_stale, made.recorded_lumi, made.version, made.updated_by) == (False, 120.0, 2, shifter)
    assert (made.facts["run"]["recorded_lumi"], made.facts["confirmed"]["by"]) == (120.0, "shifter")
    assert "Confirmed 20" in answer.content.decode()
    assert "100.000 /pb → 120.000 /pb" in answer.content.decode()


def test_others_do_not_confirm_but_a_shift_leader_does(made, other_shifter_client, shift_leader, shift_leader_client):
    _oms_says(made.runreconstruction.run, lumisections=601)
    made.refresh_from_db()
    sent = {"version": "1", "seen": serialized_differences(made)}
    assert "/confirm/" not in other_shifter_client.get(f"/list/{made.pk}/").content.decode()
    assert other_shifter_client.post(f"/list/{made.pk}/confirm/", sent).status_code == 403
    assert _stale(made)
    assert shift_leader_client.post(f"/list/{made.pk}/confirm/", sent).status_code == 303
    assert (_stale(made), made.updated_by, made.user.username) == ({}, shift_leader, "shifter")


def test_only_what_was_shown_is_confirmed(made, shifter):
    run = made.runreconstruction.run
    _oms_says(run, lumisections=601)
    made.refresh_from_db()
    seen = serialized_differences(made)
    _oms_says(run, lumisections=650)
    with pytest.raises(ChangedMeanwhile):
        confirm_facts(shifter, made, 1, seen)
    made.refresh_from_db()
    with pytest.raises(ChangedMeanwhile):
        confirm_facts(shifter, made, 2, serialized_differences(made))
    assert confirm_facts(shifter, made, 1, serialized_differences(made)).lumisections == 650


def test_run_of_the_other_type_needs_another_reference(made, shifter):
    _oms_says(made.runreconstruction.run, run_type="cosmics")
    made.refresh_from_db()
    with pytest.raises(EntryInvalid, match="cosmics now and the reference is collisions"):
        confirm_facts(shifter, made, 1, serialized_differences(made))


def test_every_list_page_and_export_shows_it_and_filters_by_it(made, shifter, shifter_client, sandbox):
    CertificationFactory(user=shifter)
    OmsRun.objects.filter(pk=made.run_number).update(lumisections=601)
    mark_stale([OmsRun.objects.get(pk=made.run_number)])
    found = shifter_client.get("/list/?stale=on")
    assert [record.pk for record in found.context["page"].table.page.object_list.data] == [made.pk]
    for path in ("/list/?stale=on", f"/list/{made.pk}/", "/"):
        assert "is-stale" in shifter_client.get(path).content.decode(), path
    assert "is-stale" in shifter_client.get(f"/openruns/?runs={made.run_number}").content.decode()
    exported = shifter_client.get("/list/?state=live&export=json")
    by_key = {one["id"]: one for one in json.loads(exported.getvalue())}
    assert (by_key[made.pk]["is_stale"], by_key[made.pk]["stale"]) == (True, ["lumisections 600 → 601"])
    assert [one["is_stale"] for key, one in by_key.items() if key != made.pk] == [False]
    assert b"lumisections 600 \xe2\x86\x92 601" in shifter_client.get("/list/?stale=on&export=csv").getvalue()
