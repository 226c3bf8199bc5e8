"""Why a reference ranks where it does: said beside the choice, and for all of them on demand."""

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


def html(answer):
    return " ".join(answer.content.decode().split())


def texts(run, reconstruction="express"):
    return [
        [reason.text for reason in rank_reasons(one)]
        for one in ranked_references(reference_features(run, reconstruction), offered_references())
    ]


@pytest.fixture
def run():
    fill = FillFactory(peak_pileup=38.2, bunches_colliding=1000)
    return RunFactory(run_number=320000, b_field=3.8, energy=6500, fill=fill, start_time=BEGIN)


def test_reasons_stand_in_the_order_of_their_weight(run):
    fill = FillFactory(peak_pileup=41.0, bunches_colliding=1000)
    reference(319000, fill=fill, start_time=BEGIN.replace(month=5, day=20))
    assert texts(run) == [
        [
            *("same type", "same reconstruction", "same era", "3.8 T", "6500 GeV", "pile-up 41 vs 38"),
            *("bunches 1000 vs 1000", "12 d older"),
        ]
    ]


def test_what_differs_and_what_nobody_knows_is_said(run):
    fill = FillFactory(peak_pileup=None, bunches_colliding=2000)
    reference(321000, "prompt", run_type="unknown", era="2018B", b_field=0.0, energy=None, fill=fill, start_time=None)
    assert texts(run) == [
        [
            *("type unknown", "prompt, not express", "2018B, not 2018A", "0.0 T, not 3.8 T", "energy unknown"),
            *("pile-up unknown vs 38", "bunches 2000 vs 1000", "1000 runs newer"),
        ]
    ]


def test_form_says_why_beside_the_choice_without_another_query(shifter_client, sandbox):
    reference(314811)
    reference(314575, era="2018B")
    shifter_client.get(ADDRESS)
    with CaptureQueriesContext(connection) as asked:
        page = html(shifter_client.get(ADDRESS))
    assert '<span id="reference-explanation">same type, same reconstruction, same era, 3.8 T' in page
    assert 'hx-get="/certify/315259/express/references/"' in page
    assert not [one for one in asked if "certify_runreconstruction" in one["sql"] and "is_reference" in one["sql"]]


def test_another_choice_says_its_own_reasons_while_one_types(shifter_client, sandbox):
    reference(314811)
    other = reference(314575, era="2018B")
    opened = open_form(shifter_client, ADDRESS)
    answer = send_form(shifter_client, opened, ADDRESS, reference_runreconstruction=other.pk, hints="1")
    fragment = 'innerHTML:#reference-explanation, #why-reference">same type, same reconstruction, 2018B, not 2018A'
    assert fragment in html(answer)


def test_all_are_ranked_on_demand_as_a_part_and_as_a_page(shifter_client, guest_client, sandbox):
    best, worse = reference(314811), reference(314575, era="2018B")
    cosmics = reference(314768, cosmics=True)
    RunFactory(run_number=315259)
    part = html(shifter_client.get(f"{ADDRESS}references/", headers={"HX-Request": "true"}))
    places = [part.index(f'href="/references/{one.pk}/"') for one in (best, worse, cosmics)]
    assert places == sorted(places) and "<html" not in part
    assert f'data-choose-reference="{worse.pk}"' in part and f'data-choose-reference="{cosmics.pk}"' not in part
    assert '<span class="reason is-different">2018B, not 2018A</span>' in part and "not offered" in part
    page = html(shifter_client.get(f"{ADDRESS}references/"))
    assert "<h1>References for 315259 express</h1>" in page and "data-choose-reference" not in page
    assert sandbox.requests() == []
    assert shifter_client.get("/certify/315259/banana/references/").status_code == 404


@pytest.mark.parametrize("count", [2, 60])
def test_ranked_part_costs_a_handful_of_queries(shifter_client, count):
    for number in range(count):
        reference(314000 + number)
    with CaptureQueriesContext(connection) as asked:
        shifter_client.get(f"{ADDRESS}references/", headers={"HX-Request": "true"})
    assert len(asked) <= 4


def test_form_opened_before_a_reference_was_retired_is_told_what_takes_its_place(shifter_client, shift_leader, sandbox):
    one, two = reference(314811), reference(314575)
    opened = open_form(shifter_client, ADDRESS)
    retire_reference(shift_leader, one, "too old", two)
    answer = send_form(shifter_client, opened, ADDRESS, **GOOD, reference_runreconstruction=one.pk)
    assert answer.status_code == 422
    assert f"{one} is retired: {two} is offered in its place. Choose that or another." in html(answer)


def test_certification_on_a_retired_reference_is_offered_its_successor(shifter_client, shifter, shift_leader):
    one, two = reference(314811), reference(314575)
    made = CertificationFactory(user=shifter, reference_runreconstruction=one)
    retire_reference(shift_leader, one, "too old", two)
    page = html(shifter_client.get(f"/list/{made.pk}/update/"))
    assert f'<option value="{one.pk}" selected>{one} · retired ·' in page
    assert f"retired, {two} is offered in its place, same type" in page
