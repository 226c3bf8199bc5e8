"""A shift leader asks the shifter about a certification; the shifter sees it and answers."""

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
def made(shifter):
    return CertificationFactory(user=shifter)


def test_asked_seen_on_home_and_answered_on_its_page(
    made, shift_leader_client, shifter_client, guest_client, other_shifter_client
):
    asked = shift_leader_client.post(f"/list/{made.pk}/ask/", {"text": TEXT})
    assert (asked.status_code, asked["Location"]) == (303, f"/list/{made.pk}/#questions")
    answer = f"/list/questions/{ShifterQuestion.objects.get().pk}/"
    home = shifter_client.get("/").text
    assert TEXT in home and answer in home
    assert answer in shifter_client.get(f"/list/{made.pk}/").text
    assert TEXT not in other_shifter_client.get("/").text
    assert "1 open question to shifters" in " ".join(shift_leader_client.get("/").text.split())
    assert shifter_client.post(answer, {"answer": "HV trip of TIB."}).status_code == 303
    page = guest_client.get(f"/list/{made.pk}/").text
    assert TEXT in page and "HV trip of TIB." in page and answer not in page
    assert TEXT not in shifter_client.get("/").text
    told = shift_leader_client.get("/").text  # who asked is told
    assert "HV trip of TIB." in told and "open question" not in told


def test_each_is_one_change_with_who_and_the_words(made, shift_leader, shifter):
    question = ask_shifter(shift_leader, made, TEXT)
    answer_question(shifter, question, "HV trip.")
    answered, asked = Change.objects.filter(kind__in=("ask", "answer"))
    assert [(one.by, one.kind, one.run_number) for one in (asked, answered)] == [
        (shift_leader, "ask", made.run_number),
        (shifter, "answer", made.run_number),
    ]
    assert asked.lines[0]["fields"]["text"]["says"] == [["Question", "none", TEXT]]
    assert answered.lines[0]["fields"]["answer"]["says"] == [["Answer", "none", "HV trip."]]


def test_only_shift_leaders_ask_and_only_those_asked_answer(made, shifter, other_shifter, shift_leader):
    with pytest.raises(PermissionDenied):
        ask_shifter(shifter, made, TEXT)
    question = ask_shifter(shift_leader, made, TEXT)
    with pytest.raises(PermissionDenied, match="shifter was asked"):
        answer_question(other_shifter, question, "me")
    assert answer_question(shift_leader, question, "seen in the logbook").answered_by == shift_leader


def test_nothing_to_say_is_refused_and_what_is_typed_stays(made, shift_leader, shift_leader_client, shifter_client):
    with pytest.raises(EntryInvalid, match="Type the question"):
        ask_shifter(shift_leader, made, "  ")
    assert "Type the question." in shift_leader_client.post(f"/list/{made.pk}/ask/", {"text": " "}).text
    long = shifter_client.post(f"/list/questions/{QuestionFactory(certification=made).pk}/", {"answer": "x" * 2001})
    assert long.status_code == 422
    assert "Shorten it to 2000 characters." in long.text and "x" * 2001 in long.text


def test_sent_twice_is_asked_and_answered_once(made, shift_leader, shifter):
    question = ask_shifter(shift_leader, made, TEXT)
    assert ask_shifter(shift_leader, made, TEXT) == question
    for _ in range(2):
        answer_question(shifter, question, "HV trip.")
    assert Change.objects.filter(kind="answer").count() == 1


def test_second_answer_shows_the_first_and_keeps_what_was_typed(made, shift_leader, shift_leader_client, shifter):
    question = ask_shifter(shift_leader, made, TEXT)
    answer_question(shifter, question, "HV trip.")
    late = shift_leader_client.post(f"/list/questions/{question.pk}/", {"answer": "a trip, I think"})
    assert late.status_code == 409
    assert "HV trip." in late.text and "a trip, I think" in late.text
    with pytest.raises(AnsweredMeanwhile):
        answer_question(shift_leader, question, "other")


def test_withdrawn_ones_are_not_asked_about_and_their_questions_are_not_open(shift_leader, shifter):
    gone = CertificationFactory(user=shifter, withdrawn=True)
    QuestionFactory(certification=gone)
    assert not ShifterQuestion.objects.open().exists()
    with pytest.raises(ChangedMeanwhile):
        ask_shifter(shift_leader, gone, TEXT)


def test_practice_is_not_asked_about(shift_leader_client):
    practice = CertificationFactory(is_practice=True)
    assert shift_leader_client.get(f"/list/{practice.pk}/ask/").status_code == 404
    assert "Ask the shifter" not in shift_leader_client.get(f"/list/{practice.pk}/").text


def test_undo_opens_the_question_again_or_takes_it_back(made, shift_leader, shifter):
    answer_question(shifter, ask_shifter(shift_leader, made, TEXT), "HV trip.")
    undo_change(shifter, Change.objects.get(kind="answer"), "wrong run")
    assert ShifterQuestion.objects.open().get().answer == ""
    undo_change(shifter, Change.objects.get(kind="undo"), "the right run after all")
    assert not ShifterQuestion.objects.open().exists()
    back = ShifterQuestion.objects.get()
    assert (back.answer, back.answered_by) == ("HV trip.", shifter)
    undo_change(shifter, Change.objects.filter(kind="undo").first(), "no")
    undo_change(shift_leader, Change.objects.get(kind="ask"), "wrong run")
    assert not ShifterQuestion.objects.not_taken_back().exists()


def test_page_as_of_a_moment_has_the_questions_of_then(made, guest_client):
    asked = QuestionFactory(certification=made)
    earlier = CertificationFactory(user=made.user)
    assert asked.text in guest_client.get(f"/list/{made.pk}/").text
    QuestionFactory(certification=earlier, asked_at="2100-01-01T00:00:00Z", text="Later?")
    assert "Later?" in guest_client.get(f"/list/{earlier.pk}/").text
    assert "Later?" not in guest_client.get(f"/list/{earlier.pk}/?as_of=2099-01-01T00:00Z").text


def test_answer_that_came_later_is_not_there_as_of_a_moment(made, guest_client):
    QuestionFactory(
        certification=made, asked_at="2018-06-02T00:00:00Z", text="Why?", answer="HV trip.",
        answered_by=made.user, answered_at="2100-01-01T00:00:00Z",
    )  # fmt: skip
    assert "HV trip." in guest_client.get(f"/list/{made.pk}/").text
    then = guest_client.get(f"/list/{made.pk}/?as_of=2099-01-01T00:00Z").text
    assert "Why?" in then and "HV trip." not in then


def test_home_of_a_shift_leader_counts_all_and_shows_their_own(made, shift_leader):
    mine = QuestionFactory(certification=CertificationFactory(user=shift_leader))
    for _ in range(11):
        QuestionFactory(certification=made)
    found = open_questions_for(shift_leader)
    assert (found.mine, found.number) == ([mine], 12)
    found = open_questions_for(made.user)
    assert (len(found.mine), found.number) == (10, 0)


def test_withdrawn_certification_takes_no_answer_and_the_text_stays(made, shifter_client, shift_leader, shifter):
    asked = QuestionFactory(certification=made)
    withdraw_certification(shift_leader, made, 1, "wrong run")
    address = f"/list/questions/{asked.pk}/"
    assert "is withdrawn: there is nothing to answer" in shifter_client.get(address).text
    assert address not in shifter_client.get(f"/list/{made.pk}/").text
    answer = shifter_client.post(address, {"answer": "HV trip of TIB."})
    assert answer.status_code == 409 and "Not answered: the certification is withdrawn." in answer.text
    assert "HV trip of TIB.</textarea>" in answer.text
    asked.refresh_from_db()
    assert asked.is_open and not Change.objects.filter(kind="answer").exists()
    restore_certification(shifter, TrackerCertification.objects.get(), 2, "right run")
    assert shifter_client.post(address, {"answer": "HV trip of TIB."}).status_code == 303
