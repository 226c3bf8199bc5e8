"""Drafts on pages: offered, restored, discarded, and saved when the session has ended."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from certify.models import TrackerCertification
from drafts.models import Draft, Lease
from oms.models import OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, RUN, errors_of, open_form, send_form
from tests.drafts.draft_page import HERE, PAGE, SAVE, form_token_of, restore_address, send_draft, text_of
from tests.factories import PASSWORD, CertificationFactory, RunFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def test_typed_text_is_offered_when_the_form_opens_again_and_restored_into_it(shifter_client):
    opened = open_form(shifter_client)
    answer = send_draft(shifter_client, opened, pixel="bad", comment="half a thought", pixel_lowstat="on")
    assert re.fullmatch(r"draft saved \d\d:\d\d:\d\d UTC", answer.json()["status"])
    offered = open_form(shifter_client)
    assert "Draft of less than a minute ago" in text_of(offered)
    assert fields_of(offered)["comment"] == [""]
    again = open_form(shifter_client, restore_address(offered))
    fields = fields_of(again)
    assert (fields["comment"], fields["pixel"], fields["pixel_lowstat"]) == (["half a thought"], ["bad"], ["on"])
    assert "restored" in text_of(again)
    assert errors_of(again) == {}


def test_restored_draft_has_its_own_token_and_key_and_is_deleted_by_saving(shifter_client):
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="mine")
    again = open_form(shifter_client, f"{PAGE}?draft=1")
    assert fields_of(again)["idempotency_key"] != fields_of(opened)["idempotency_key"]
    assert send_form(shifter_client, again, **GOOD).status_code == 303
    assert TrackerCertification.objects.get().comment == "mine"
    assert not Draft.objects.restorable().exists()


def test_draft_that_arrives_after_the_save_is_ignored(shifter_client):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 303
    assert send_draft(shifter_client, opened, comment="late").json()["status"] == "saved already"
    assert not Draft.objects.restorable().exists()


def test_others_see_that_a_draft_exists_but_not_its_text(shifter_client, other_shifter_client):
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="for my eyes")
    key = form_token_of(opened).key
    Lease.objects.all().delete()
    for path in (PAGE, f"{PAGE}?draft=1", f"{PAGE}?draft={key}"):
        other_page = open_form(other_shifter_client, path)
        assert "for my eyes" not in other_page.content.decode()
        assert "draft of shifter," in text_of(other_page)
        assert "Restore" not in text_of(other_page)
    other_shifter_client.post("/drafts/discard/", {"sheet": fields_of(other_page)["sheet"][0], "draft": key})
    assert Draft.objects.restorable().count() == 1


def test_discarded_draft_is_deleted(shifter_client):
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="never mind")
    form_token = fields_of(open_form(shifter_client))["sheet"][0]
    answer = shifter_client.post(
        "/drafts/discard/", {"sheet": form_token, "draft": form_token_of(opened).key}, follow=True
    )
    assert answer.status_code == 200
    assert "discarded" in text_of(answer)
    assert "Draft of" not in text_of(answer)


def test_form_sent_after_the_session_ended_is_restored_after_sign_in(shifter, shifter_client):
    opened = open_form(shifter_client, f"{PAGE}?runs=315259,315264")
    shifter_client.logout()
    answer = send_form(shifter_client, opened, **GOOD, comment="typed before the session ended")
    assert answer.status_code == 302
    assert answer.url.startswith("/accounts/login/")
    target = parse_qs(urlsplit(answer.url).query)["next"][0]
    signed = shifter_client.post(answer.url, {"username": "shifter", "password": PASSWORD, "next": target})
    assert signed.url == target
    back = open_form(shifter_client, target)
    assert fields_of(back)["comment"] == ["typed before the session ended"]
    assert fields_of(back)["pixel"] == ["good"]
    assert fields_of(back)["runs"] == ["315259,315264"]
    assert send_form(shifter_client, back).status_code == 303


def test_another_user_who_signs_in_does_not_see_the_draft(other_shifter, shifter_client):
    opened = open_form(shifter_client)
    shifter_client.logout()
    answer = send_form(shifter_client, opened, comment="for my eyes")
    target = parse_qs(urlsplit(answer.url).query)["next"][0]
    shifter_client.force_login(other_shifter)
    assert "for my eyes" not in open_form(shifter_client, target).content.decode()


def test_draft_is_saved_after_the_session_ended(shifter_client):
    opened = open_form(shifter_client)
    assert send_draft(shifter_client, opened, comment="a").json()["token"]
    shifter_client.logout()
    assert send_draft(shifter_client, opened, comment="b").json()["token"] == ""
    assert "comment=b" in Draft.objects.get().typed


def test_token_of_a_saved_draft_is_valid_after_a_new_sign_in(shifter):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(shifter)
    opened = open_form(browser)
    browser.cookies["csrftoken"] = "y" * 32
    answer = send_draft(browser, opened, comment="x")
    assert send_form(browser, opened, **GOOD, csrfmiddlewaretoken=answer.json()["token"]).status_code == 303


@pytest.mark.parametrize("form_token", ["", "made up", "a:b:c"])
def test_nothing_is_saved_without_a_valid_token(shifter_client, client, form_token):
    for browser in (shifter_client, client):
        assert browser.post(SAVE, {"sheet": form_token, "comment": "x"}).status_code == 403
    assert shifter_client.post(HERE, {"sheet": form_token}).status_code == 403
    assert not Draft.objects.exists()
    assert not Lease.objects.exists()


def test_draft_of_a_run_that_was_certified_meanwhile_is_shown_beside_it(shifter_client, other_shifter):
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="my words")
    CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=other_shifter, comment="their words")
    taken = shifter_client.get(PAGE)
    assert taken.status_code == 409
    assert "Your draft, beside it" in text_of(taken)
    beside = shifter_client.get(f"{PAGE}?draft=1")
    assert beside.status_code == 409
    assert ("Comment", "their words", "my words") in beside.context["page"].differences
    assert shifter_client.get(f"{PAGE}?draft=none").status_code == 409


def test_draft_of_a_change_has_the_version_it_was_typed_over(shifter_client, shifter, shift_leader_client):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    path = reverse("listruns:update", args=[certification.pk])
    send_draft(shifter_client, open_form(shifter_client, path), comment="my change")
    leaders = open_form(shift_leader_client, path)
    assert send_form(shift_leader_client, leaders, path, comment="faster", reason="seen").status_code == 303
    back = open_form(shifter_client, f"{path}?draft=1")
    conflict = send_form(shifter_client, back, path)
    assert conflict.status_code == 409
    assert fields_of(conflict)["comment"] == ["my change"]
    over = send_form(shifter_client, conflict, path, over=str(conflict.context["page"].theirs.version))
    assert over.status_code == 303
    certification.refresh_from_db()
    assert certification.comment == "my change"
    assert not Draft.objects.restorable().filter(user=shifter).exists()


def test_draft_of_the_certify_form_is_offered_on_the_update_page(shifter_client, shifter):
    send_draft(shifter_client, open_form(shifter_client), comment="other tab")
    certification = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter)
    answer = shifter_client.get(f"{PAGE}?draft=1")
    assert answer.url == f"/list/{certification.pk}/update/?draft=1"
    assert fields_of(open_form(shifter_client, answer.url))["comment"] == ["other tab"]


def test_typed_facts_are_restored_with_the_draft(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, **{"run-lumisections": "120", "run-run_type": "collisions"})
    back = fields_of(open_form(shifter_client, f"{PAGE}?draft=1"))
    assert back["run-lumisections"] == ["120"]
    assert back["run-run_type"] == ["collisions"]


def test_facts_typed_during_an_outage_are_shown_beside_later_values_of_oms(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    opened = open_form(shifter_client)
    assert fields_of(opened)["run-energy"] == [""]
    send_draft(shifter_client, opened, **{"run-lumisections": "120", "run-run_type": "collisions"})
    sandbox.clear()
    assert "run-lumisections" not in fields_of(open_form(shifter_client, f"{PAGE}?again=1"))
    again = open_form(shifter_client, f"{PAGE}?draft=1")
    back = fields_of(again)
    assert back["run-lumisections"] == ["120"]
    assert "OMS: 184" in text_of(again)
    assert float(back["run-energy"][0]) > 6000
    assert send_form(shifter_client, again, **GOOD).status_code == 303
    run = OmsRun.objects.get(pk=RUN)
    assert (run.lumisections, list(run.typed)) == (120, ["lumisections"])


def test_corrected_fact_is_restored_with_the_draft(shifter_client):
    opened = open_form(shifter_client, f"{PAGE}?correct=1")
    send_draft(shifter_client, opened, **{"run-lumisections": "150"})
    back = fields_of(open_form(shifter_client, f"{PAGE}?draft=1"))
    assert back["run-lumisections"] == ["150"]


def test_fragment_requested_by_an_anonymous_user_does_not_change_the_page(shifter_client):
    opened = open_form(shifter_client)
    shifter_client.logout()
    sent = {**fields_of(opened), "comment": "typed", "hints": "1"}
    answer = shifter_client.post(PAGE, sent, headers={"HX-Request": "true"})
    assert (answer.status_code, answer.headers["HX-Trigger"], answer.content) == (204, "signed-out", b"")
    assert "comment=typed" in Draft.objects.get().typed


@pytest.mark.parametrize("key", ["\x00", "%", "x" * 5000, "é" * 32])
def test_invalid_draft_key_finds_no_draft(shifter_client, key):
    for path in (PAGE, PAGE.replace("/express/", "/")):
        assert shifter_client.get(path, {"draft": key}).status_code == 200
    assert shifter_client.post("/drafts/discard/", {"draft": key}).status_code < 500


def test_home_lists_the_newest_own_draft_of_each_form(shifter_client, other_shifter_client, client):
    assert "Your drafts" not in text_of(shifter_client.get("/"))
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="half a thought")
    home = shifter_client.get("/")
    assert f"{RUN} express" in text_of(home)
    assert "less than a minute ago" in text_of(home)
    (address,) = set(re.findall(rf'href="({PAGE}\?draft=\w+)"', home.content.decode()))
    assert fields_of(open_form(shifter_client, address))["comment"] == ["half a thought"]
    assert "Your drafts" not in text_of(other_shifter_client.get("/"))
