"""Questions of shift leaders to the shifter of a certification, and their answers."""

from __future__ import annotations

import pytest
from django.core.exceptions import PermissionDenied

from audit.models import Change
from audit.undo import undo_change
from certify.actions.lifecycle import restore_certification, withdraw_certification
from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.models import TrackerCertification
from certify.review.actions import AnsweredMeanwhile, answer_question, ask_shifter
from certify.review.models import ShifterQuestion
from certify.review.selectors import open_questions_for
from tests.factories import CertificationFactory, QuestionFactory

pytestmark = pytest.mark.django_db
TEXT = "Why is Strip bad?"


@pytest.fixture
def certification(shifter):
    return CertificationFactory(user=shifter)


def test_question_is_shown_on_home_and_answered_on_its_page(
    certification, shift_leader_client, shifter_client, guest_client, other_shifter_client
):
    response = shift_leader_client.post(f"/list/{certification.pk}/ask/", {"text": TEXT})
    assert (response.status_code, response["Location"]) == (303, f"/list/{certification.pk}/#questions")
    answer = f"/list/questions/{ShifterQuestion.objects.get().pk}/"
    home = shifter_client.get("/").text
    assert TEXT in home and answer in home
    assert answer in shifter_client.get(f"/list/{certification.pk}/").text
    assert TEXT not in other_shifter_client.get("/").text
    assert "1 open question to shifters" in " ".join(shift_leader_client.get("/").text.split())
    assert shifter_client.post(answer, {"answer": "HV trip of TIB."}).status_code == 303
    page = guest_client.get(f"/list/{certification.pk}/").text
    assert TEXT in page and "HV trip of TIB." in page and answer not in page
    assert TEXT not in shifter_client.get("/").text
    leader_home = shift_leader_client.get("/").text  # the author of the question sees the answer
    assert "HV trip of TIB." in leader_home and "open question" not in leader_home


def test_question_and_answer_are_changes_with_person_and_text(certification, shift_leader, shifter):
    question = ask_shifter(shift_leader, certification, TEXT)
    answer_question(shifter, question, "HV trip.")
    answer_change, question_change = Change.objects.filter(kind__in=("ask", "answer"))
    assert [(change.by, change.kind, change.run_number) for change in (question_change, answer_change)] == [
        (shift_leader, "ask", certification.run_number),
        (shifter, "answer", certification.run_number),
    ]
    assert question_change.lines[0]["fields"]["text"]["says"] == [["Question", "none", TEXT]]
    assert answer_change.lines[0]["fields"]["answer"]["says"] == [["Answer", "none", "HV trip."]]


def test_question_and_answer_require_permission(certification, shifter, other_shifter, shift_leader):
    with pytest.raises(PermissionDenied):
        ask_shifter(shifter, certification, TEXT)
    question = ask_shifter(shift_leader, certification, TEXT)
    with pytest.raises(PermissionDenied, match="shifter was asked"):
        answer_question(other_shifter, question, "me")
    assert answer_question(shift_leader, question, "seen in the logbook").answered_by == shift_leader


def test_empty_question_and_long_answer_are_refused(certification, shift_leader, shift_leader_client, shifter_client):
    with pytest.raises(EntryInvalid, match="Type the question"):
        ask_shifter(shift_leader, certification, "  ")
    assert "Type the question." in shift_leader_client.post(f"/list/{certification.pk}/ask/", {"text": " "}).text
    long = shifter_client.post(
        f"/list/questions/{QuestionFactory(certification=certification).pk}/", {"answer": "x" * 2001}
    )
    assert long.status_code == 422
    assert "Shorten it to 2000 characters." in long.text and "x" * 2001 in long.text


def test_question_and_answer_sent_twice_are_stored_once(certification, shift_leader, shifter):
    question = ask_shifter(shift_leader, certification, TEXT)
    assert ask_shifter(shift_leader, certification, TEXT) == question
    for _ in range(2):
        answer_question(shifter, question, "HV trip.")
    assert Change.objects.filter(kind="answer").count() == 1


def test_second_answer_is_a_conflict_that_shows_both(certification, shift_leader, shift_leader_client, shifter):
    question = ask_shifter(shift_leader, certification, TEXT)
    answer_question(shifter, question, "HV trip.")
    late = shift_leader_client.post(f"/list/questions/{question.pk}/", {"answer": "a trip, I think"})
    assert late.status_code == 409
    assert "HV trip." in late.text and "a trip, I think" in late.text
    with pytest.raises(AnsweredMeanwhile):
        answer_question(shift_leader, question, "other")


def test_withdrawn_certification_has_no_open_questions_and_takes_no_new_one(shift_leader, shifter):
    withdrawn = CertificationFactory(user=shifter, withdrawn=True)
    QuestionFactory(certification=withdrawn)
    assert not ShifterQuestion.objects.open().exists()
    with pytest.raises(ChangedMeanwhile):
        ask_shifter(shift_leader, withdrawn, TEXT)


def test_practice_takes_no_questions(shift_leader_client):
    practice = CertificationFactory(is_practice=True)
    assert shift_leader_client.get(f"/list/{practice.pk}/ask/").status_code == 404
    assert "Ask the shifter" not in shift_leader_client.get(f"/list/{practice.pk}/").text


def test_undo_reopens_an_answered_question_and_removes_an_open_one(certification, shift_leader, shifter):
    answer_question(shifter, ask_shifter(shift_leader, certification, TEXT), "HV trip.")
    undo_change(shifter, Change.objects.get(kind="answer"), "wrong run")
    assert ShifterQuestion.objects.open().get().answer == ""
    undo_change(shifter, Change.objects.get(kind="undo"), "the right run after all")
    assert not ShifterQuestion.objects.open().exists()
    question = ShifterQuestion.objects.get()
    assert (question.answer, question.answered_by) == ("HV trip.", shifter)
    undo_change(shifter, Change.objects.filter(kind="undo").first(), "no")
    undo_change(shift_leader, Change.objects.get(kind="ask"), "wrong run")
    assert not ShifterQuestion.objects.not_taken_back().exists()


def test_page_as_of_a_moment_omits_later_questions(certification, guest_client):
    question = QuestionFactory(certification=certification)
    earlier = CertificationFactory(user=certification.user)
    assert question.text in guest_client.get(f"/list/{certification.pk}/").text
    QuestionFactory(certification=earlier, asked_at="2100-01-01T00:00:00Z", text="Later?")
    assert "Later?" in guest_client.get(f"/list/{earlier.pk}/").text
    assert "Later?" not in guest_client.get(f"/list/{earlier.pk}/?as_of=2099-01-01T00:00Z").text


def test_page_as_of_a_moment_omits_later_answers(certification, guest_client):
    QuestionFactory(
        certification=certification, asked_at="2018-06-02T00:00:00Z", text="Why?", answer="HV trip.",
        answered_by=certification.user, answered_at="2100-01-01T00:00:00Z",
    )  # fmt: skip
    assert "HV trip." in guest_client.get(f"/list/{certification.pk}/").text
    earlier_page = guest_client.get(f"/list/{certification.pk}/?as_of=2099-01-01T00:00Z").text
    assert "Why?" in earlier_page and "HV trip." not in earlier_page


def test_home_of_a_shift_leader_counts_all_questions_and_lists_their_own(certification, shift_leader):
    own_question = QuestionFactory(certification=CertificationFactory(user=shift_leader))
    for _ in range(11):
        QuestionFactory(certification=certification)
    questions = open_questions_for(shift_leader)
    assert (questions.mine, questions.number) == ([own_question], 12)
    questions = open_questions_for(certification.user)
    assert (len(questions.mine), questions.number) == (10, 0)


def test_withdrawn_certification_takes_no_answer_and_the_form_is_preserved(
    certification, shifter_client, shift_leader, shifter
):
    question = QuestionFactory(certification=certification)
    withdraw_certification(shift_leader, certification, 1, "wrong run")
    address = f"/list/questions/{question.pk}/"
    assert "is withdrawn: there is nothing to answer" in shifter_client.get(address).text
    assert address not in shifter_client.get(f"/list/{certification.pk}/").text
    response = shifter_client.post(address, {"answer": "HV trip of TIB."})
    assert response.status_code == 409 and "Not answered: the certification is withdrawn." in response.text
    assert "HV trip of TIB.</textarea>" in response.text
    question.refresh_from_db()
    assert question.is_open and not Change.objects.filter(kind="answer").exists()
    restore_certification(shifter, TrackerCertification.objects.get(), 2, "right run")
    assert shifter_client.post(address, {"answer": "HV trip of TIB."}).status_code == 303
