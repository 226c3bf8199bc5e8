"""Review of certifications by shift leaders: selected ones or all of a scope, in one change."""

from __future__ import annotations

import re

import pytest
from django.core.exceptions import PermissionDenied
from django.utils import timezone

from audit.models import Change
from audit.undo import undo_change
from certify.actions.lifecycle import hand_over_certification, withdraw_certification
from certify.models import TrackerCertification
from certify.review.actions import review_certifications
from certify.review.models import Reviewed
from certify.review.selectors import unreviewed
from tests.factories import CertificationFactory, ReconstructionFactory

pytestmark = pytest.mark.django_db
WEEK = "week=2018-W22"
REVIEW = f"/shiftleader/review/?{WEEK}"


@pytest.fixture
def rows():
    reference = ReconstructionFactory(reference=True)
    return [CertificationFactory(reference_runreconstruction=reference) for _ in range(3)]


def fragment(client, name="certifications"):
    return client.get(f"/shiftleader/part/{name}/?{WEEK}", headers={"HX-Request": "true"}).text


def stale(row):
    differences = [{"fact": "lumisections", "was": 1, "now": 2}]
    TrackerCertification.objects.filter(pk=row.pk).update(stale=differences, stale_since=timezone.now())


def unreviewed_keys() -> set[int]:
    return {row.pk for row in unreviewed(TrackerCertification.objects.live())}


def versions(rows):
    return {row.pk: row.version for row in rows}


def test_selected_certifications_are_reviewed_in_one_change(rows, shift_leader):
    outcome = review_certifications(shift_leader, versions(rows[:2]))
    assert outcome.reviewed == rows[:2] and unreviewed_keys() == {rows[2].pk}
    change = Change.objects.get(kind="review")
    assert (change.by, len(change.lines)) == (shift_leader, 1)
    assert str(rows[0]) in change.lines[0]["fields"]["certifications"]["says"][0][2]


def test_changed_certification_is_unreviewed(rows, shift_leader, other_shifter):
    review_certifications(shift_leader, versions(rows))
    hand_over_certification(shift_leader, rows[0], 1, other_shifter, "hers")
    assert unreviewed_keys() == {rows[0].pk}
    assert review_certifications(shift_leader, {rows[0].pk: 2}).reviewed == [rows[0]]
    assert unreviewed_keys() == set()


def test_stale_changed_withdrawn_and_reviewed_certifications_are_left_out(rows, shift_leader):
    stale(rows[0])
    withdraw_certification(shift_leader, rows[1], 1, "wrong")
    outcome = review_certifications(shift_leader, versions(rows))
    assert (outcome.stale, outcome.changed, outcome.reviewed) == ([rows[0]], [rows[1]], [rows[2]])
    again = review_certifications(shift_leader, versions(rows), with_stale=True)
    assert (again.reviewed, again.already_reviewed) == ([rows[0]], [rows[2]])
    assert Reviewed.objects.get(certification=rows[0]).was_stale


def test_review_requires_a_shift_leader_and_an_empty_one_is_no_change(rows, shifter, shift_leader):
    with pytest.raises(PermissionDenied):
        review_certifications(shifter, versions(rows))
    review_certifications(shift_leader, {})
    review_certifications(shift_leader, {CertificationFactory(is_practice=True).pk: 1})
    assert not Change.objects.filter(kind="review").exists()


def test_undo_removes_the_review(rows, shift_leader):
    review_certifications(shift_leader, versions(rows))
    undo_change(shift_leader, Change.objects.get(kind="review"), "wrong week")
    assert len(unreviewed_keys()) == 3


def test_ticked_certifications_of_the_page_are_reviewed(rows, shift_leader_client):
    part = fragment(shift_leader_client)
    ticks = re.findall(r'name="certification" value="([^"]+)"', part)
    assert len(ticks) == 3 and "0 of 3 reviewed" in part
    response = shift_leader_client.post(REVIEW, {"certification": ticks[:2], "what": "chosen"})
    assert (response.status_code, response["Location"]) == (303, f"/shiftleader/?{WEEK}#certifications")
    part = fragment(shift_leader_client)
    assert "2 of 3 reviewed" in part and part.count('name="certification"') == 1


def test_message_is_shown_once_in_the_part(rows, shift_leader_client):
    shift_leader_client.post(REVIEW, {"what": "all", "shown_at": timezone.now().isoformat()})
    page = shift_leader_client.get(f"/shiftleader/?{WEEK}").text
    assert page.count("3 certifications reviewed.") == 1
    part = page.split('id="certifications"')[1].split("</section>")[0]
    assert "3 certifications reviewed." in part and f"/history/{Change.objects.get(kind='review').pk}/undo/" in part


def test_review_of_all_omits_stale_and_later_changed_certifications(rows, shift_leader_client):
    later = CertificationFactory(date="2018-07-01")
    stale(rows[0])
    shown = re.search(r'name="shown_at" value="([^"]+)"', fragment(shift_leader_client))[1]
    rows[1].comment = "later"
    rows[1].save()
    shift_leader_client.post(REVIEW, {"what": "all", "shown_at": shown})
    assert {reviewed.certification_id for reviewed in Reviewed.objects.all()} == {rows[2].pk}
    page = shift_leader_client.get("/help/").text
    assert "1 certification reviewed." in page and f"Left out as stale: {rows[0]}" in page
    shift_leader_client.post(REVIEW, {"what": "all", "shown_at": timezone.now().isoformat(), "with_stale": "on"})
    assert unreviewed_keys() == {later.pk}


@pytest.mark.parametrize("sent", [{}, {"what": "all"}, {"certification": ["x", "1-", "9" * 30 + "-1"]}])
def test_empty_selection_shows_a_message(rows, shift_leader_client, sent):
    assert shift_leader_client.post(REVIEW, sent).status_code == 303
    assert "Tick the certifications that you have looked at" in shift_leader_client.get("/help/").text


def test_shifters_see_the_reviewer_and_no_form(rows, shift_leader, shifter_client):
    review_certifications(shift_leader, versions(rows[:1]))
    part = fragment(shifter_client)
    at = Reviewed.objects.get().review.at
    when = f'<span class="nowrap">{at:%Y-%m-%d}</span> <span class="nowrap">{at:%H:%M} UTC</span>'
    assert f"by leader, {when}" in part and 'name="certification"' not in part
    assert "Reviewed by leader" in shifter_client.get(f"/list/{rows[0].pk}/").text
    assert "Not reviewed." in shifter_client.get(f"/list/{rows[1].pk}/").text


@pytest.mark.parametrize("part", ["certifications", "questions"])
def test_parts_cost_the_same_queries_for_any_number(rows, shift_leader_client, part, django_assert_max_num_queries):
    for _ in range(20):
        CertificationFactory(reference_runreconstruction=rows[0].reference_runreconstruction)
    with django_assert_max_num_queries(12):
        fragment(shift_leader_client, part)


def test_invalid_scope_reviews_nothing_and_shows_the_error(rows, shift_leader_client):
    response = shift_leader_client.post("/shiftleader/review/?runs=banana", {"what": "all"})
    assert response.status_code == 422 and "neither a run number nor a range" in response.text
    assert unreviewed_keys() == versions(rows).keys()


def extended(rows, number=12):
    reference = rows[0].reference_runreconstruction
    return [*rows, *(CertificationFactory(reference_runreconstruction=reference) for _ in range(number - len(rows)))]


def test_review_of_many_requires_confirmation_with_number_days_and_filters(rows, shift_leader_client):
    certifications = extended(rows)
    stale(certifications[0])
    CertificationFactory(date="2018-07-01")
    page = shift_leader_client.get(f"/shiftleader/part/certifications/?{WEEK}&verdict=good").text
    assert "Confirm all 11 not reviewed and not stale, week 22 of 2018, these filters" in page
    address = f"/shiftleader/review/?{WEEK}&verdict=good"
    sent = {"what": "all", "shown_at": re.search(r'name="shown_at" value="([^"]+)"', page)[1]}
    response = shift_leader_client.post(address, sent)
    assert response.status_code == 200 and not Reviewed.objects.exists()
    text = " ".join(response.text.split())
    assert "Confirm 11 certifications</h1>" in text and "1 stale one is left out." in text
    assert "week 22 of 2018 (2018-05-28 to 2018-06-03)" in text and "Verdict good" in text
    late = CertificationFactory(reference_runreconstruction=rows[0].reference_runreconstruction)
    again = dict(re.findall(r'<input type="hidden" name="(shown_at|sure)" value="([^"]+)"', response.text))
    assert shift_leader_client.post(address, {"what": "all", **again}).status_code == 303
    assert len(unreviewed_keys()) == 3 and {certifications[0].pk, late.pk} < unreviewed_keys()


def test_review_of_few_requires_no_confirmation_and_includes_stale_on_request(rows, shift_leader_client):
    certifications = extended(rows, 11)
    stale(certifications[0])
    sent = {"what": "all", "shown_at": timezone.now().isoformat()}
    response = shift_leader_client.post(REVIEW, {**sent, "with_stale": "on"})
    assert "Confirm 11 certifications</h1>" in response.text and "1 stale one is among them." in response.text
    assert 'name="with_stale" value="on"' in response.text
    assert shift_leader_client.post(REVIEW, sent).status_code == 303
    assert unreviewed_keys() == {certifications[0].pk}


def test_undo_is_offered_with_the_message(rows, shift_leader_client):
    sent = {"what": "all", "shown_at": timezone.now().isoformat()}
    page = shift_leader_client.post(REVIEW, sent, follow=True).text
    undo = f"/history/{Change.objects.get(kind='review').pk}/undo/"
    assert f'3 certifications reviewed. <a href="{undo}">Undo</a>' in page
    assert shift_leader_client.post(undo, {"reason": "wrong week"}).status_code == 303
    assert len(unreviewed_keys()) == 3
    assert "Undo</a>" not in shift_leader_client.post(REVIEW, {"what": "all"}, follow=True).text.split("</main>")[0]
