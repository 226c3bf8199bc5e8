"""Drafts of forms that the server refuses: invalid, denied, or without their context."""

import re

import pytest
from django.test import Client
from django.urls import reverse

from certify.actions.lifecycle import hand_over_certification, withdraw_certification
from certify.models.choices import Reconstruction
from drafts.models import Draft
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, RUN, open_form, send_form
from tests.drafts.draft_page import PAGE, form_token_of, text_of
from tests.factories import CertificationFactory, RunFactory
from users.models import Role, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_invalid_form_is_saved_as_draft_without_javascript(shifter_client):
    refused = send_form(shifter_client, open_form(shifter_client), pixel="bad", comment="no reason yet")
    assert refused.status_code == 422
    assert "draft saved" in text_of(refused)
    assert Draft.objects.get().key == form_token_of(refused).key
    assert fields_of(open_form(shifter_client, f"{PAGE}?draft=1"))["comment"] == ["no reason yet"]


def test_form_sent_after_a_new_sign_in_is_saved_as_draft_with_a_link_back(shifter):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(shifter)
    opened = open_form(browser)
    sent = {**fields_of(opened), **GOOD, "comment": "older than the sign-in", "csrfmiddlewaretoken": "x" * 64}
    answer = browser.post(PAGE, sent)
    assert answer.status_code == 403
    assert "kept as a draft" in text_of(answer)
    link = re.search(r'href="([^"]+)">Open the form again', answer.content.decode())
    assert fields_of(open_form(browser, link[1].replace("&amp;", "&")))["comment"] == ["older than the sign-in"]
    assert browser.post(PAGE, {"csrfmiddlewaretoken": "x"}).status_code == 403


def _open_change(client, person):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=person)
    path = reverse("listruns:update", args=[certification.pk])
    return certification, path, open_form(client, path)


def _link_to_draft(response) -> str:
    found = re.search(r'href="([^"]+)">Go on with', response.content.decode())
    assert found
    return found[1].replace("&amp;", "&")


def test_change_of_a_certification_withdrawn_meanwhile_is_shown_and_saved(shifter_client, shifter, shift_leader):
    certification, path, opened = _open_change(shifter_client, shifter)
    withdraw_certification(shift_leader, certification, certification.version, "wrong run")
    denied = send_form(shifter_client, opened, path, comment="two\nlines")
    assert denied.status_code == 404
    assert "Withdrawn by leader at 20" in text_of(denied)
    assert "two<br>lines" in denied.content.decode()
    assert fields_of(open_form(shifter_client, _link_to_draft(denied)))["comment"] == ["two\nlines"]


def test_change_of_a_certification_handed_over_meanwhile_is_shown_and_saved(
    shifter_client, shifter, other_shifter, shift_leader
):
    certification, path, opened = _open_change(shifter_client, shifter)
    hand_over_certification(shift_leader, certification, certification.version, other_shifter, "on holiday")
    denied = send_form(shifter_client, opened, path, comment="my words")
    assert denied.status_code == 403
    assert "shifter2 certified this" in text_of(denied)
    assert "my words" in text_of(denied)
    beside = shifter_client.get(_link_to_draft(denied))
    assert beside.status_code == 409
    assert fields_of(beside)["comment"] == ["my words"]


@pytest.mark.parametrize("where", ["update", "certify"])
def test_form_of_a_user_whose_role_was_lowered_meanwhile_is_shown_and_saved(shifter_client, shifter, where):
    if where == "update":
        _, path, opened = _open_change(shifter_client, shifter)
    else:
        path, opened = PAGE, open_form(shifter_client)
    User.objects.filter(pk=shifter.pk).update(role=Role.GUEST)
    denied = send_form(shifter_client, opened, path, comment="my words")
    assert denied.status_code == 403
    assert "my words" in text_of(denied)
    assert "Go on" not in text_of(denied)
    assert "my+words" in Draft.objects.get().typed


def test_denied_form_without_a_form_token_is_shown(guest_client):
    denied = guest_client.post(PAGE, {"ticket": "x", "comment": "<b>my words"})
    assert denied.status_code == 403
    assert "&lt;b&gt;my words" in denied.content.decode()
    assert "kept as a draft" not in text_of(denied)
    assert not Draft.objects.exists()


def test_form_without_context_takes_its_reconstruction_from_the_token(shifter_client, sandbox):
    sent = {**fields_of(open_form(shifter_client)), "ticket": "broken", "comment": "my words"}
    del sent["reconstruction"]
    sandbox.faults("registry", "refuse")
    again = shifter_client.post(f"/certify/{RUN}/", sent)
    assert again.status_code == 422
    assert fields_of(again)["comment"] == ["my words"]
    assert "my+words" in Draft.objects.get().typed


@pytest.mark.parametrize("is_certified", [False, True])
def test_form_without_context_and_token_uses_the_chosen_reconstruction(shifter_client, shifter, sandbox, is_certified):
    run = RunFactory(run_number=RUN)
    if is_certified:
        for reconstruction in Reconstruction.values:
            CertificationFactory(run=run, user=shifter, reconstruction=reconstruction)
    else:
        sandbox.faults("registry", "refuse")
    choice = shifter_client.post(f"/certify/{RUN}/", {**GOOD, "comment": "my words", "ticket": "broken"})
    assert choice.status_code == 422
    assert "my words" in text_of(choice)
    sent = fields_of(choice, "pixel")
    assert sent["comment"] == ["my words"]
    assert "ticket" not in sent
    again = shifter_client.post(f"/certify/{RUN}/rerecoul/", sent)
    assert again.status_code == 422
    assert fields_of(again)["comment"] == ["my words"]


def test_refused_form_with_its_initial_content_makes_no_draft(shifter_client):
    opened = open_form(shifter_client)
    refused = send_form(shifter_client, opened)
    assert refused.status_code == 422
    assert "draft saved" not in text_of(refused)
    assert not Draft.objects.exists()
    assert send_form(shifter_client, refused).status_code == 422
    assert not Draft.objects.exists()
    send_form(shifter_client, refused, comment="x")
    assert Draft.objects.count() == 1


@pytest.mark.parametrize(
    "typed",
    [
        {"date": "2018-05-02"}, {"pixel_lowstat": "on"}, {"new_reason": "half"}, {"trackermap": "missing"},
        {"run-b_field": "3.7", "shown-run-b_field": "3.8"}, {"run-b_field": "", "shown-run-b_field": "3.8"},
        {"confirm_pixel": "on"}, {"reference_runreconstruction": "9"},
    ],
)  # fmt: skip
def test_refused_form_with_a_typed_value_makes_a_draft(shifter_client, typed):
    assert send_form(shifter_client, open_form(shifter_client), **typed).status_code == 422
    assert Draft.objects.count() == 1


def test_refused_change_makes_a_draft_only_with_a_changed_value(shift_leader_client, shifter):
    certification = CertificationFactory(user=shifter, run=RunFactory(run_number=315270))
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shift_leader_client, path)
    assert send_form(shift_leader_client, opened, path).status_code == 422  # without a reason
    assert not Draft.objects.exists()
    assert send_form(shift_leader_client, opened, path, comment="seen again").status_code == 422
    assert Draft.objects.count() == 1
