"""Shift leaders confirm certifications as looked at: chosen ones or all of a scope, in one deed."""

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
    differs = [{"fact": "lumisections", "was": 1, "now": 2}]
    TrackerCertification.objects.filter(pk=row.pk).update(stale=differs, stale_since=timezone.now())


def left() -> set[int]:
    return {row.pk for row in unreviewed(TrackerCertification.objects.live())}


def versions(rows):
    return {row.pk: row.version for row in rows}


def test_chosen_ones_are_reviewed_in_one_deed(rows, shift_leader):
    outcome = review_certifications(shift_leader, versions(rows[:2]))
    assert outcome.reviewed == rows[:2] and left() == {rows[2].pk}
    change = Change.objects.get(kind="review")
    assert (change.by, len(change.lines)) == (shift_leader, 1)
    assert str(rows[0]) in change.lines[0]["fields"]["certifications"]["says"][0][2]


def test_changed_ones_are_unreviewed_again(rows, shift_leader, other_shifter):
    review_certifications(shift_leader, versions(rows))
    hand_over_certification(shift_leader, rows[0], 1, other_shifter, "hers")
    assert left() == {rows[0].pk}
    assert review_certifications(shift_leader, {rows[0].pk: 2}).reviewed == [rows[0]]
    assert left() == set()


def test_stale_changed_withdrawn_and_reviewed_ones_are_left_out(rows, shift_leader):
    stale(rows[0])
    withdraw_certification(shift_leader, rows[1], 1, "wrong")
    outcome = review_certifications(shift_leader, versions(rows))
    assert (outcome.stale, outcome.changed, outcome.reviewed) == ([rows[0]], [rows[1]], [rows[2]])
    again = review_certifications(shift_leader, versions(rows), with_stale=True)
    assert (again.reviewed, again.already_reviewed) == ([rows[0]], [rows[2]])
    assert Reviewed.objects.get(certification=rows[0]).was_stale


def test_only_shift_leaders_review_and_nothing_is_no_deed(rows, shifter, shift_leader):
    with pytest.raises(PermissionDenied):
        review_certifications(shifter, versions(rows))
    review_certifications(shift_leader, {})
    review_certifications(shift_leader, {CertificationFactory(is_practice=True).pk: 1})
    assert not Change.objects.filter(kind="review").exists()


def test_undo_takes_the_review_back(rows, shift_leader):
    review_certifications(shift_leader, versions(rows))
    undo_change(shift_leader, Change.objects.get(kind="review"), "wrong week")
    assert len(left()) == 3


def test_ticked_ones_of_the_page_are_reviewed(rows, shift_leader_client):
    part = fragment(shift_leader_client)
    ticks = re.findall(r'name="certification" value="([^"]+)"', part)
    assert len(ticks) == 3 and "0 of 3 reviewed" in part
    answer = shift_leader_client.post(REVIEW, {"certification": ticks[:2], "what": "chosen"})
    assert (answer.status_code, answer["Location"]) == (303, f"/shiftleader/?{WEEK}#certifications")
    part = fragment(shift_leader_client)
    assert "2 of 3 reviewed" in part and part.count('name="certification"') == 1


def test_reply_stands_once_at_the_part_where_the_reader_lands(rows, shift_leader_client):
    shift_leader_client.post(REVIEW, {"what": "all", "shown_at": timezone.now().isoformat()})
    page = shift_leader_client.get(f"/shiftleader/?{WEEK}").text
    assert page.count("3 certifications reviewed.") == 1
    part = page.split('id="certifications"')[1].split("</section>")[0]
    assert "3 certifications reviewed." in part and f"/history/{Change.objects.get(kind='review').pk}/undo/" in part


def test_all_of_the_scope_but_stale_and_what_changed_after_the_page(rows, shift_leader_client):
    later = CertificationFactory(date="2018-07-01")
    stale(rows[0])
    shown = re.search(r'name="shown_at" value="([^"]+)"', fragment(shift_leader_client))[1]
    rows[1].comment = "later"
    rows[1].save()
    shift_leader_client.post(REVIEW, {"what": "all", "shown_at": shown})
    assert {one.certification_id for one in Reviewed.objects.all()} == {rows[2].pk}
    said = shift_leader_client.get("/help/").text
    assert "1 certification reviewed." in said and f"Left out as stale: {rows[0]}" in said
    shift_leader_client.post(REVIEW, {"what": "all", "shown_at": timezone.now().isoformat(), "with_stale": "on"})
    assert left() == {later.pk}


@pytest.mark.parametrize("sent", [{}, {"what": "all"}, {"certification": ["x", "1-", "9" * 30 + "-1"]}])
def test_nothing_chosen_says_what_to_do(rows, shift_leader_client, sent):
    assert shift_leader_client.post(REVIEW, sent).status_code == 303
    assert "Tick the certifications that you have looked at" in shift_leader_client.get("/help/").text


def test_shifters_read_who_reviewed_and_have_no_form(rows, shift_leader, shifter_client):
    review_certifications(shift_leader, versions(rows[:1]))
    part = fragment(shifter_client)
    when = f"{Reviewed.objects.get().review.at:%Y-%m-%d %H:%M} UTC"
    assert f'by leader, <span class="nowrap">{when}</span>' in part and 'name="certification"' not in part
    assert "Reviewed by leader" in shifter_client.get(f"/list/{rows[0].pk}/").text
    assert "Not reviewed." in shifter_client.get(f"/list/{rows[1].pk}/").text


@pytest.mark.parametrize("part", ["certifications", "questions"])
def test_parts_cost_the_same_queries_for_any_number(rows, shift_leader_client, part, django_assert_max_num_queries):
    for _ in range(20):
        CertificationFactory(reference_runreconstruction=rows[0].reference_runreconstruction)
    with django_assert_max_num_queries(12):
        fragment(shift_leader_client, part)


def test_scope_that_cannot_be_read_reviews_nothing_and_says_why(rows, shift_leader_client):
    answer = shift_leader_client.post("/shiftleader/review/?runs=banana", {"what": "all"})
    assert answer.status_code == 422 and "neither a run number nor a range" in answer.text
    assert left() == versions(rows).keys()


def many(rows, number=12):
    reference = rows[0].reference_runreconstruction
    return [*rows, *(CertificationFactory(reference_runreconstruction=reference) for _ in range(number - len(rows)))]


def test_more_than_a_few_are_asked_about_with_their_number_days_and_filters(rows, shift_leader_client):
    made = many(rows)
    stale(made[0])
    CertificationFactory(date="2018-07-01")
    page = shift_leader_client.get(f"/shiftleader/part/certifications/?{WEEK}&verdict=good").text
    assert "Confirm all 11 not reviewed and not stale, week 22 of 2018, these filters" in page
    address = f"/shiftleader/review/?{WEEK}&verdict=good"
    sent = {"what": "all", "shown_at": re.search(r'name="shown_at" value="([^"]+)"', page)[1]}
    asked = shift_leader_client.post(address, sent)
    assert asked.status_code == 200 and not Reviewed.objects.exists()
    said = " ".join(asked.text.split())
    assert "Confirm 11 certifications</h1>" in said and "1 stale one is left out." in said
    assert "week 22 of 2018 (2018-05-28 to 2018-06-03)" in said and "Verdict good" in said
    late = CertificationFactory(reference_runreconstruction=rows[0].reference_runreconstruction)
    again = dict(re.findall(r'<input type="hidden" name="(shown_at|sure)" value="([^"]+)"', asked.text))
    assert shift_leader_client.post(address, {"what": "all", **again}).status_code == 303
    assert len(left()) == 3 and {made[0].pk, late.pk} < left()


def test_a_few_are_confirmed_at_once_and_stale_ones_count_when_they_are_meant(rows, shift_leader_client):
    made = many(rows, 11)
    stale(made[0])
    sent = {"what": "all", "shown_at": timezone.now().isoformat()}
    asked = shift_leader_client.post(REVIEW, {**sent, "with_stale": "on"})
    assert "Confirm 11 certifications</h1>" in asked.text and "1 stale one is among them." in asked.text
    assert 'name="with_stale" value="on"' in asked.text
    assert shift_leader_client.post(REVIEW, sent).status_code == 303
    assert left() == {made[0].pk}


def test_undo_stands_beside_the_reply(rows, shift_leader_client):
    sent = {"what": "all", "shown_at": timezone.now().isoformat()}
    page = shift_leader_client.post(REVIEW, sent, follow=True).text
    undo = f"/history/{Change.objects.get(kind='review').pk}/undo/"
    assert f'3 certifications reviewed. <a href="{undo}">Undo</a>' in page
    assert shift_leader_client.post(undo, {"reason": "wrong week"}).status_code == 303
    assert len(left()) == 3
    assert "Undo</a>" not in shift_leader_client.post(REVIEW, {"what": "all"}, follow=True).text.split("</main>")[0]
