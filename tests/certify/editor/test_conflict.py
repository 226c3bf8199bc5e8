"""Conflicts with a certification saved meanwhile: how they are shown and resolved; forms sent twice."""

import uuid

import pytest
from django.core.exceptions import PermissionDenied
from django.http import QueryDict

from certify.models import TrackerCertification
from certify.review.actions import send_version
from certify.review.models import ShifterQuestion
from drafts.models import Draft
from oms.models import OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, RUN, errors_of, open_form, send_form
from tests.factories import (
    CertificationFactory,
    PixelProblemFactory,
    RunFactory,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_owner_is_redirected_to_the_update_page(shifter_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    response = shifter_client.get(f"/certify/{RUN}/express/")
    assert (response.status_code, response.url) == (302, f"/list/{certification.pk}/update/")


def test_shift_leader_is_redirected_to_the_update_page(shift_leader_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    response = shift_leader_client.get(f"/certify/{RUN}/express/")
    assert (response.status_code, response.url) == (302, f"/list/{certification.pk}/update/")


def test_another_shifter_gets_a_conflict_with_the_live_certification(shifter_client, other_shifter, sandbox):
    CertificationFactory(run=RunFactory(run_number=RUN), user=other_shifter, comment="hole in layer two")
    response = shifter_client.get(f"/certify/{RUN}/express/")
    assert response.status_code == 409
    assert "hole in layer two" in response.content.decode()
    assert "shifter2" in response.content.decode()
    assert sandbox.requests() == []


def test_post_without_reconstruction_uses_the_one_that_was_shown(shifter_client, other_shifter):
    """Another user certifies express while the express form is open: the form must not become prompt."""
    opened = open_form(shifter_client, f"/certify/{RUN}/")
    CertificationFactory(run=OmsRun.objects.get(pk=RUN), reconstruction="express", user=other_shifter)
    response = send_form(shifter_client, opened, f"/certify/{RUN}/", **GOOD, comment="my words")
    assert response.status_code == 409
    assert TrackerCertification.objects.count() == 1


def test_conflict_shows_both_versions_and_preserves_the_form(shifter_client, other_shifter):
    opened = open_form(shifter_client)
    run = OmsRun.objects.get(pk=RUN)
    CertificationFactory(run=run, user=other_shifter, pixel="excluded", comment="their words")
    response = send_form(shifter_client, opened, **GOOD, comment="my words")
    text = response.content.decode()
    assert response.status_code == 409
    assert "their words" in text and "my words" in text
    assert "Only shifter2 or a shift leader can change it." in text and 'name="over"' not in text
    assert ("Pixel", "excluded", "good") in response.context["page"].differences
    assert fields_of(response)["comment"] == ["my words"]


def test_same_form_sent_twice_creates_one_certification(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    assert TrackerCertification.objects.count() == 1


def test_second_tab_with_equal_content_leads_to_the_certification(shifter_client):
    first, second = open_form(shifter_client), open_form(shifter_client)
    assert send_form(shifter_client, first, **GOOD, comment="same").status_code == 303
    answer = send_form(shifter_client, second, **GOOD, comment="same", then="next")
    certification = TrackerCertification.objects.get()
    assert (answer.status_code, answer.url) == (303, f"/list/{certification.pk}/")
    assert certification.version == 1


def test_second_tab_of_a_search_goes_on_to_the_next_run(shifter_client):
    shifter_client.get("/openruns/?runs=315259,315264")
    path = "/certify/315264/prompt/?runs=315259,315264"
    tabs = [open_form(shifter_client, path) for _ in range(2)]
    answers = [send_form(shifter_client, tab, path, **GOOD, then="next") for tab in tabs]
    assert answers[0].url == answers[1].url and answers[0].url.startswith("/certify/315259/")
    assert send_form(shifter_client, tabs[1], path, **GOOD).url.startswith("/openruns/?runs=")


@pytest.mark.parametrize("key", ["", "used before"])
def test_save_with_a_new_key_goes_on_to_the_next_run(shifter_client, key):
    shifter_client.get("/openruns/?runs=315259,315264")
    if key:
        first = open_form(shifter_client, "/certify/315270/express/")
        key = fields_of(first)["idempotency_key"][0]
        assert send_form(shifter_client, first, "/certify/315270/express/", **GOOD).status_code == 303
    path = "/certify/315264/prompt/?runs=315259,315264"
    opened = open_form(shifter_client, path)
    answer = send_form(shifter_client, opened, path, **GOOD, then="next", idempotency_key=key)
    assert answer.url.startswith("/certify/315259/")
    plain = open_form(shifter_client)
    assert send_form(shifter_client, plain, **GOOD, runs="", idempotency_key=key).url == "/list/"


def test_second_tab_with_an_equal_change_leads_to_the_certification(shifter_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    path = f"/list/{certification.pk}/update/"
    tabs = [open_form(shifter_client, path) for _ in range(2)]
    sent = {"comment": "same", "confirm_ref_type": "on"}
    answers = [send_form(shifter_client, tab, path, **sent) for tab in tabs]
    assert [(answer.status_code, answer.url) for answer in answers] == [(303, f"/list/{certification.pk}/")] * 2
    certification.refresh_from_db()
    assert certification.version == 2


def test_equal_content_of_another_shifter_is_a_conflict_without_differences(shifter_client, other_shifter_client):
    opened = open_form(shifter_client)
    send_form(other_shifter_client, open_form(other_shifter_client), **GOOD)
    conflict = send_form(shifter_client, opened, **GOOD)
    assert conflict.status_code == 409 and conflict.context["page"].differences == []
    assert "Nothing differs" in conflict.text and 'name="send_question"' not in conflict.text


def test_conflict_shows_only_what_differs(shifter_client, other_shifter_client):
    opened = open_form(shifter_client)
    theirs = {**GOOD, "pixel": "excluded", "confirm_pixel": "on", "comment": "their\r\nwords"}
    assert send_form(other_shifter_client, open_form(other_shifter_client), **theirs).status_code == 303
    conflict = send_form(shifter_client, opened, **GOOD, comment="their\r\nwords ")
    assert conflict.context["page"].differences == [("Pixel", "excluded", "good")]


def test_version_is_sent_to_the_other_shifter_as_a_question(shifter_client, shifter, other_shifter_client, sandbox):
    opened = open_form(shifter_client)
    send_form(other_shifter_client, open_form(other_shifter_client), **GOOD, comment="clean")
    conflict = send_form(shifter_client, opened, **{**GOOD, "strip": "excluded"}, comment="TIB off in 1-20")
    assert "Send mine to shifter2 as a question" in conflict.text
    sent = send_form(shifter_client, conflict, send_question="1")
    certification = TrackerCertification.objects.get()
    assert (sent.status_code, sent.url) == (303, f"/list/{certification.pk}/#questions")
    question = ShifterQuestion.objects.get()
    assert (question.asked_by, question.certification, question.is_open) == (shifter, certification, True)
    assert question.text == (
        "My version differs. Strip: excluded, yours: good. Comment: TIB off in 1-20, yours: clean. Which is right?"
    )
    assert question.text in other_shifter_client.get(f"/list/{certification.pk}/").text
    assert "Your version stays as a draft." in shifter_client.get(sent.url).text
    draft = Draft.objects.get(user=shifter)
    assert not draft.is_done and QueryDict(draft.typed)["comment"] == "TIB off in 1-20"
    assert QueryDict(draft.typed)["strip"] == "excluded"
    certification.refresh_from_db()
    assert (certification.strip, certification.version) == ("good", 1)


def asking(response) -> tuple[int, str, bool]:
    """Status, form errors and whether the page still offers the question."""
    return (
        response.status_code,
        "; ".join(response.context["form"].non_field_errors()),
        "as a question" in response.text,
    )


def test_invalid_version_is_not_sent_as_a_question(shifter_client, other_shifter_client, shifter):
    opened = open_form(shifter_client)
    send_form(other_shifter_client, open_form(other_shifter_client), **GOOD)
    refused = send_form(shifter_client, opened, **{**GOOD, "pixel": None}, comment="whole", send_question="1")
    assert asking(refused) == (422, "", True) and "pixel" in errors_of(refused)
    assert fields_of(refused)["comment"] == ["whole"] and not ShifterQuestion.objects.exists()
    assert QueryDict(Draft.objects.get(user=shifter, is_done=False).typed)["comment"] == "whole"


def test_refused_question_comes_back_with_the_form(shifter_client, shifter, other_shifter):
    opened = open_form(shifter_client)
    certification = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=other_shifter)
    sent = {**GOOD, "comment": "whole", "send_question": "1"}
    shifter.in_training = True
    shifter.save()
    refused = send_form(shifter_client, opened, **sent)
    in_training = "Question not sent: in training no questions are sent. Your version stays as a draft."
    assert asking(refused) == (422, in_training, False) and fields_of(refused)["comment"] == ["whole"]
    shifter.in_training = False
    shifter.save()
    certification.user = shifter
    certification.save()
    refused = send_form(shifter_client, opened, **sent)
    own = "Question not sent: the saved version is your own. Save this one over it, or keep it."
    assert asking(refused) == (422, own, False) and 'name="over"' in refused.text
    assert QueryDict(Draft.objects.get(user=shifter, is_done=False).typed)["comment"] == "whole"
    assert not ShifterQuestion.objects.exists()


def test_question_about_a_withdrawn_version_saves_nothing(shifter_client):
    refused = send_form(shifter_client, open_form(shifter_client), **GOOD, send_question="1")
    assert asking(refused) == (422, "Question not sent: the other version is withdrawn. Save yours.", False)
    assert not TrackerCertification.objects.exists()


def test_owner_and_people_in_training_send_no_version(shifter_client, shifter, other_shifter):
    certification = CertificationFactory(user=shifter)
    other_shifter.in_training = True
    for person in (shifter, other_shifter):
        with pytest.raises(PermissionDenied):
            send_version(person, certification, "mine")


def test_same_key_with_other_flags_is_a_conflict(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    response = send_form(shifter_client, opened, **{**GOOD, "tracking": "excluded", "trackermap": "missing"})
    assert response.status_code == 409
    assert fields_of(response)["tracking"] == ["excluded"]
    assert TrackerCertification.objects.get().tracking == "good"


def test_shift_leader_resolves_a_conflict_with_a_reason(shift_leader_client, shifter):
    opened = open_form(shift_leader_client)
    certification = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter, comment="their words")
    conflict = send_form(shift_leader_client, opened, **GOOD, comment="my words")
    assert conflict.status_code == 409 and f'formaction="/list/{certification.pk}/update/"' in conflict.content.decode()
    path, overwrite = f"/list/{certification.pk}/update/", {"over": str(certification.version), "comment": "my words"}
    refused = send_form(shift_leader_client, conflict, path, **overwrite)
    assert refused.status_code == 422 and "reason" in errors_of(refused)
    assert send_form(shift_leader_client, conflict, path, **overwrite, reason="looked twice").status_code == 303
    certification.refresh_from_db()
    assert (certification.comment, certification.user, certification.version, certification.change_reason) == (
        "my words",
        shifter,
        2,
        "looked twice",
    )


def test_conflict_with_another_tab_of_the_same_user_can_be_resolved(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    conflict = send_form(shifter_client, opened, **GOOD, comment="second tab", idempotency_key=str(uuid.uuid4()))
    assert "you saved this in another tab" in conflict.content.decode()
    certification = TrackerCertification.objects.get()
    sent = {"over": str(certification.version), "comment": "second tab"}
    assert send_form(shifter_client, conflict, f"/list/{certification.pk}/update/", **sent).status_code == 303
    certification.refresh_from_db()
    assert (certification.comment, certification.version) == ("second tab", 2)


def test_another_shifter_cannot_overwrite_in_a_conflict(other_shifter_client, shifter):
    opened = open_form(other_shifter_client)
    certification = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter)
    conflict = send_form(other_shifter_client, opened, **GOOD)
    assert f'formaction="/list/{certification.pk}/update/"' not in conflict.content.decode()
    sent = {"over": str(certification.version)}
    assert send_form(other_shifter_client, conflict, f"/list/{certification.pk}/update/", **sent).status_code == 403


def test_conflict_shows_differences_in_problems(shifter_client, other_shifter):
    problem = PixelProblemFactory(name="Hot modules")
    opened = open_form(shifter_client)
    certification = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=other_shifter)
    certification.pixel_problems.set([problem])
    conflict = send_form(shifter_client, opened, **GOOD)
    assert ("Pixel problems", "Hot modules", "") in conflict.context["page"].differences


def test_overwrite_uses_the_dataset_that_was_shown(shifter, shift_leader_client):
    """The other certification was saved without a dataset while Run Registry was unavailable."""
    opened = open_form(shift_leader_client)
    shown = opened.context["page"].dataset
    no_dataset = {"dataset": None, "is_dataset_verified": False}
    certification = CertificationFactory(
        run=OmsRun.objects.get(pk=RUN), reconstruction="express", user=shifter, **no_dataset
    )
    certification.refresh_from_db()

    conflict = send_form(shift_leader_client, opened, **GOOD)
    assert conflict.status_code == 409
    assert ("Dataset", "none", shown) in conflict.context["page"].differences
    path, overwrite = f"/list/{certification.pk}/update/", {"over": str(certification.version)}
    refused = send_form(shift_leader_client, conflict, path, **overwrite)
    assert refused.status_code == 422  # the change of another user's certification requires a reason
    assert send_form(shift_leader_client, refused, path, reason="theirs had no dataset").status_code == 303
    certification.refresh_from_db()
    assert (certification.dataset.name, certification.version, certification.is_dataset_verified) == (shown, 2, True)


def test_back_after_a_save_shows_a_message_and_the_runs_of_the_search(
    shifter_client, shifter, sandbox, django_assert_max_num_queries
):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    shifter_client.get(f"/openruns/?runs={RUN}+{RUN + 1}")
    sent_on = shifter_client.get(f"/certify/{RUN}/express/?runs={RUN}+{RUN + 1}")
    with django_assert_max_num_queries(15):
        text = shifter_client.get(sent_on.url).content.decode()
    assert f"Already saved at {certification.updated_at:%Y-%m-%d %H:%M:%S} UTC." in text
    assert 'aria-label="Runs of the search"' in text and 'name="runs"' in text
    assert "Already saved" not in shifter_client.get(sent_on.url).content.decode()
