"""Reasons of the rank of a reference, shown for the selected one and for all on demand."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certify.references.actions import retire_reference
from certify.references.explanation import rank_reasons
from certify.references.offered import offered_references
from certify.references.ranking import ranked_references, reference_features
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import BEGIN, CertificationFactory, FillFactory, ReconstructionFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]
ADDRESS = "/certify/315259/express/"


def reference(number, reconstruction="express", **run):
    return ReconstructionFactory(
        run=RunFactory(run_number=number, **run), reconstruction=reconstruction, reference=True
    )


def html(response):
    return " ".join(response.content.decode().split())


def texts(run, reconstruction="express"):
    return [
        [reason.text for reason in rank_reasons(ranked)]
        for ranked in ranked_references(reference_features(run, reconstruction), offered_references())
    ]


@pytest.fixture
def run():
    fill = FillFactory(peak_pileup=38.2, bunches_colliding=1000)
    return RunFactory(run_number=320000, b_field=3.8, energy=6500, fill=fill, start_time=BEGIN)


def test_reasons_are_in_the_order_of_their_weight(run):
    fill = FillFactory(peak_pileup=41.0, bunches_colliding=1000)
    reference(319000, fill=fill, start_time=BEGIN.replace(month=5, day=20))
    assert texts(run) == [
        [
            *("same type", "same reconstruction", "same era", "3.8 T", "6500 GeV", "pile-up 41 vs 38"),
            *("bunches 1000 vs 1000", "12 d older"),
        ]
    ]


def test_differing_and_unknown_features_are_reasons(run):
    fill = FillFactory(peak_pileup=None, bunches_colliding=2000)
    reference(321000, "prompt", run_type="unknown", era="2018B", b_field=0.0, energy=None, fill=fill, start_time=None)
    assert texts(run) == [
        [
            *("type unknown", "prompt, not express", "2018B, not 2018A", "0.0 T, not 3.8 T", "energy unknown"),
            *("pile-up unknown vs 38", "bunches 2000 vs 1000", "1000 runs newer"),
        ]
    ]


def test_form_shows_the_reasons_of_the_selected_reference_without_another_query(shifter_client, sandbox):
    reference(314811)
    reference(314575, era="2018B")
    shifter_client.get(ADDRESS)
    with CaptureQueriesContext(connection) as queries:
        page = html(shifter_client.get(ADDRESS))
    assert '<span id="reference-explanation">pile-up' in page
    assert 'hx-get="/certify/315259/express/references/"' in page
    assert not [
        query for query in queries if "certify_runreconstruction" in query["sql"] and "is_reference" in query["sql"]
    ]


def test_live_checks_show_the_reasons_of_another_selected_reference(shifter_client, sandbox):
    reference(314811)
    other_reference = reference(314575, era="2018B")
    opened = open_form(shifter_client, ADDRESS)
    response = send_form(shifter_client, opened, ADDRESS, reference_runreconstruction=other_reference.pk, hints="1")
    fragment = 'innerHTML:#reference-explanation, #why-reference">2018B, not 2018A'
    assert fragment in html(response)


def test_all_references_are_ranked_on_demand_as_fragment_and_page(shifter_client, guest_client, sandbox):
    best, worse = reference(314811), reference(314575, era="2018B")
    cosmics = reference(314768, cosmics=True)
    RunFactory(run_number=315259)
    part = html(shifter_client.get(f"{ADDRESS}references/", headers={"HX-Request": "true"}))
    places = [part.index(f'href="/references/{reference_run.pk}/"') for reference_run in (best, worse, cosmics)]
    assert places == sorted(places) and "<html" not in part
    assert f'data-choose-reference="{worse.pk}"' in part and f'data-choose-reference="{cosmics.pk}"' not in part
    assert '<span class="reason is-different">2018B, not 2018A</span>' in part and "not offered" in part
    page = html(shifter_client.get(f"{ADDRESS}references/"))
    assert "<h1>References for 315259 express</h1>" in page and "data-choose-reference" not in page
    assert sandbox.requests() == []
    assert shifter_client.get("/certify/315259/banana/references/").status_code == 404


@pytest.mark.parametrize("count", [2, 60])
def test_ranked_fragment_needs_few_queries_at_any_number_of_references(shifter_client, count):
    for number in range(count):
        reference(314000 + number)
    with CaptureQueriesContext(connection) as queries:
        shifter_client.get(f"{ADDRESS}references/", headers={"HX-Request": "true"})
    assert len(queries) <= 4


def test_form_with_a_reference_retired_meanwhile_shows_its_successor(shifter_client, shift_leader, sandbox):
    retired, successor = reference(314811), reference(314575)
    opened = open_form(shifter_client, ADDRESS)
    retire_reference(shift_leader, retired, "too old", successor)
    response = send_form(shifter_client, opened, ADDRESS, **GOOD, reference_runreconstruction=retired.pk)
    assert response.status_code == 422
    assert f"{retired} is retired: {successor} is offered in its place. Choose that or another." in html(response)


def test_update_page_of_a_certification_with_a_retired_reference_shows_its_successor(
    shifter_client, shifter, shift_leader
):
    retired, successor = reference(314811), reference(314575)
    certification = CertificationFactory(user=shifter, reference_runreconstruction=retired)
    retire_reference(shift_leader, retired, "too old", successor)
    page = html(shifter_client.get(f"/list/{certification.pk}/update/"))
    assert f'<option value="{retired.pk}" selected>{retired} · retired ·' in page
    assert f"retired, {successor} is offered in its place, " in page
