"""Drafts on pages: offered, restored, closed, and saved for rejected forms."""

import re
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.urls import reverse

from certify.actions.lifecycle import hand_over_certification, withdraw_certification
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction
from drafts.actions import renew_lease
from drafts.form_token import read_form_token
from drafts.models import Draft, Lease
from oms.models import OmsRun
from tests.browser_form import fields_of
from tests.certify.page_form import GOOD, RUN, errors_of, open_form, send_form
from tests.factories import PASSWORD, CertificationFactory, RunFactory
from users.models import Role, User

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]
PAGE = f"/certify/{RUN}/express/"
SAVE, HERE = "/drafts/save/", "/drafts/here/"


def form_token_of(response):
    return read_form_token(fields_of(response)["sheet"][0])


def send_draft(client, opened, **typed):
    """The request of static/js/drafts.js a second after the last change."""
    return client.post(SAVE, {**fields_of(opened), **typed})


def words(response) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", response.content.decode()).split())


def test_typed_text_is_offered_when_the_form_opens_again_and_restored_into_it(shifter_client):
    opened = open_form(shifter_client)
    answer = send_draft(shifter_client, opened, pixel="bad", comment="half a thought", pixel_lowstat="on")
    assert re.fullmatch(r"draft saved \d\d:\d\d:\d\d UTC", answer.json()["status"])
    offered = open_form(shifter_client)
    assert "Draft of less than a minute ago" in words(offered)
    assert fields_of(offered)["comment"] == [""]
    again = open_form(shifter_client, restore_address(offered))
    fields = fields_of(again)
    assert (fields["comment"], fields["pixel"], fields["pixel_lowstat"]) == (["half a thought"], ["bad"], ["on"])
    assert "restored" in words(again)
    assert errors_of(again) == {}


def restore_address(response) -> str:
    """The URL of the Restore link."""
    found = re.search(r'href="([^"]+)">Restore<', response.content.decode())
    assert found
    return found[1].replace("&amp;", "&")


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


def test_invalid_form_is_saved_as_draft_without_javascript(shifter_client):
    refused = send_form(shifter_client, open_form(shifter_client), pixel="bad", comment="no reason yet")
    assert refused.status_code == 422
    assert "draft saved" in words(refused)
    assert Draft.objects.get().key == form_token_of(refused).key
    assert fields_of(open_form(shifter_client, f"{PAGE}?draft=1"))["comment"] == ["no reason yet"]


def test_others_see_that_a_draft_exists_but_not_its_text(shifter_client, other_shifter_client):
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="for my eyes")
    key = form_token_of(opened).key
    Lease.objects.all().delete()
    for path in (PAGE, f"{PAGE}?draft=1", f"{PAGE}?draft={key}"):
        seen = open_form(other_shifter_client, path)
        assert "for my eyes" not in seen.content.decode()
        assert "draft of shifter," in words(seen)
        assert "Restore" not in words(seen)
    other_shifter_client.post("/drafts/discard/", {"sheet": fields_of(seen)["sheet"][0], "draft": key})
    assert Draft.objects.restorable().count() == 1


def test_discarded_draft_is_deleted(shifter_client):
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="never mind")
    form_token = fields_of(open_form(shifter_client))["sheet"][0]
    answer = shifter_client.post(
        "/drafts/discard/", {"sheet": form_token, "draft": form_token_of(opened).key}, follow=True
    )
    assert answer.status_code == 200
    assert "discarded" in words(answer)
    assert "Draft of" not in words(answer)


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


def test_form_sent_after_a_new_sign_in_is_saved_as_draft_with_a_link_back(shifter):
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(shifter)
    opened = open_form(browser)
    sent = {**fields_of(opened), **GOOD, "comment": "older than the sign-in", "csrfmiddlewaretoken": "x" * 64}
    answer = browser.post(PAGE, sent)
    assert answer.status_code == 403
    assert "kept as a draft" in words(answer)
    link = re.search(r'href="([^"]+)">Open the form again', answer.content.decode())
    assert fields_of(open_form(browser, link[1].replace("&amp;", "&")))["comment"] == ["older than the sign-in"]
    assert browser.post(PAGE, {"csrfmiddlewaretoken": "x"}).status_code == 403


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


def test_opened_form_shows_who_else_has_it_open(
    shifter_client, other_shifter_client, other_shifter, shift_leader_client
):
    mine = open_form(shifter_client)
    theirs = open_form(other_shifter_client)  # neither has JavaScript so far
    assert "Also open here: nobody" in words(mine)
    assert "Also open here: shifter since" in words(theirs)
    Lease.objects.filter(user=other_shifter).delete()
    told = shifter_client.post(HERE, {"sheet": fields_of(mine)["sheet"][0], "opening": "1"})
    assert "nobody" in words(told)
    seen = other_shifter_client.post(HERE, {"sheet": fields_of(theirs)["sheet"][0], "opening": "1"})
    assert re.search(r"shifter since \d\d:\d\d:\d\d UTC", words(seen))
    assert "Take over" not in words(seen)
    assert "shifter2 since" in words(open_form(shifter_client))
    assert "Take over" in words(open_form(shift_leader_client))
    shifter_client.post(HERE, {"sheet": fields_of(mine)["sheet"][0], "left": "1"})
    assert "shifter since" not in words(open_form(shift_leader_client))


def test_shift_leader_takes_over_and_the_other_page_shows_it(shifter_client, shift_leader_client):
    mine = fields_of(open_form(shifter_client))["sheet"][0]
    shifter_client.post(HERE, {"sheet": mine, "opening": "1"})
    opened = open_form(shift_leader_client)
    answer = shift_leader_client.post("/drafts/take-over/", {"sheet": fields_of(opened)["sheet"][0]})
    assert (answer.status_code, answer.url) == (302, PAGE)
    assert "leader took this over at" in words(shifter_client.post(HERE, {"sheet": mine}))
    assert shifter_client.post("/drafts/take-over/", {"sheet": mine}).status_code == 403


def test_lease_does_not_prevent_saving(shifter_client, other_shifter_client):
    theirs = open_form(other_shifter_client)
    renew_lease(form_token_of(theirs))
    assert send_form(shifter_client, open_form(shifter_client), **GOOD).status_code == 303
    assert send_form(other_shifter_client, theirs, **GOOD).status_code == 409


def test_token_of_another_user_renews_no_lease(shifter_client, other_shifter_client):
    form_token = fields_of(open_form(shifter_client))["sheet"][0]
    Lease.objects.all().delete()
    assert other_shifter_client.post(HERE, {"sheet": form_token}).status_code == 403
    assert not Lease.objects.exists()


def test_take_over_is_shown_without_javascript_with_the_next_response(shifter_client, shift_leader_client):
    mine = open_form(shifter_client)
    taking = fields_of(open_form(shift_leader_client))["sheet"][0]
    shift_leader_client.post("/drafts/take-over/", {"sheet": taking})
    assert "leader took this over at" in words(send_form(shifter_client, mine, pixel="bad"))
    assert "took this over" not in words(open_form(shifter_client))


def test_draft_of_a_run_that_was_certified_meanwhile_is_shown_beside_it(shifter_client, other_shifter):
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="my words")
    CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=other_shifter, comment="their words")
    taken = shifter_client.get(PAGE)
    assert taken.status_code == 409
    assert "Your draft, beside it" in words(taken)
    beside = shifter_client.get(f"{PAGE}?draft=1")
    assert beside.status_code == 409
    assert ("Comment", "their words", "my words") in beside.context["page"].differences
    assert shifter_client.get(f"{PAGE}?draft=none").status_code == 409


def test_draft_of_a_change_has_the_version_it_was_typed_over(shifter_client, shifter, shift_leader_client):
    made = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    path = reverse("listruns:update", args=[made.pk])
    send_draft(shifter_client, open_form(shifter_client, path), comment="my change")
    leaders = open_form(shift_leader_client, path)
    assert send_form(shift_leader_client, leaders, path, comment="faster", reason="seen").status_code == 303
    back = open_form(shifter_client, f"{path}?draft=1")
    conflict = send_form(shifter_client, back, path)
    assert conflict.status_code == 409
    assert fields_of(conflict)["comment"] == ["my change"]
    over = send_form(shifter_client, conflict, path, over=str(conflict.context["page"].theirs.version))
    assert over.status_code == 303
    made.refresh_from_db()
    assert made.comment == "my change"
    assert not Draft.objects.restorable().filter(user=shifter).exists()


def test_draft_of_the_certify_form_is_offered_on_the_update_page(shifter_client, shifter):
    send_draft(shifter_client, open_form(shifter_client), comment="other tab")
    made = CertificationFactory(run=OmsRun.objects.get(pk=RUN), user=shifter)
    answer = shifter_client.get(f"{PAGE}?draft=1")
    assert answer.url == f"/list/{made.pk}/update/?draft=1"
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
    assert "OMS: 184" in words(again)
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


def _changing(client, person):
    made = CertificationFactory(run=RunFactory(run_number=RUN), user=person)
    path = reverse("listruns:update", args=[made.pk])
    return made, path, open_form(client, path)


def _leads_on(response) -> str:
    found = re.search(r'href="([^"]+)">Go on with', response.content.decode())
    assert found
    return found[1].replace("&amp;", "&")


def test_change_of_a_certification_withdrawn_meanwhile_is_shown_and_saved(shifter_client, shifter, shift_leader):
    made, path, opened = _changing(shifter_client, shifter)
    withdraw_certification(shift_leader, made, made.version, "wrong run")
    denied = send_form(shifter_client, opened, path, comment="two\nlines")
    assert denied.status_code == 404
    assert "Withdrawn by leader at 20" in words(denied)
    assert "two<br>lines" in denied.content.decode()
    assert fields_of(open_form(shifter_client, _leads_on(denied)))["comment"] == ["two\nlines"]


def test_change_of_a_certification_handed_over_meanwhile_is_shown_and_saved(
    shifter_client, shifter, other_shifter, shift_leader
):
    made, path, opened = _changing(shifter_client, shifter)
    hand_over_certification(shift_leader, made, made.version, other_shifter, "on holiday")
    denied = send_form(shifter_client, opened, path, comment="my words")
    assert denied.status_code == 403
    assert "shifter2 certified this" in words(denied)
    assert "my words" in words(denied)
    beside = shifter_client.get(_leads_on(denied))
    assert beside.status_code == 409
    assert fields_of(beside)["comment"] == ["my words"]


@pytest.mark.parametrize("where", ["update", "certify"])
def test_form_of_a_user_whose_role_was_lowered_meanwhile_is_shown_and_saved(shifter_client, shifter, where):
    if where == "update":
        _, path, opened = _changing(shifter_client, shifter)
    else:
        path, opened = PAGE, open_form(shifter_client)
    User.objects.filter(pk=shifter.pk).update(role=Role.GUEST)
    denied = send_form(shifter_client, opened, path, comment="my words")
    assert denied.status_code == 403
    assert "my words" in words(denied)
    assert "Go on" not in words(denied)
    assert "my+words" in Draft.objects.get().typed


def test_denied_form_without_a_form_token_is_shown(guest_client):
    denied = guest_client.post(PAGE, {"ticket": "x", "comment": "<b>my words"})
    assert denied.status_code == 403
    assert "&lt;b&gt;my words" in denied.content.decode()
    assert "kept as a draft" not in words(denied)
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
    asked = shifter_client.post(f"/certify/{RUN}/", {**GOOD, "comment": "my words", "ticket": "broken"})
    assert asked.status_code == 422
    assert "my words" in words(asked)
    sent = fields_of(asked, "pixel")
    assert sent["comment"] == ["my words"]
    assert "ticket" not in sent
    again = shifter_client.post(f"/certify/{RUN}/rerecoul/", sent)
    assert again.status_code == 422
    assert fields_of(again)["comment"] == ["my words"]


def test_home_lists_the_newest_own_draft_of_each_form(shifter_client, other_shifter_client, client):
    assert "Your drafts" not in words(shifter_client.get("/"))
    opened = open_form(shifter_client)
    send_draft(shifter_client, opened, comment="half a thought")
    home = shifter_client.get("/")
    assert f"{RUN} express" in words(home)
    assert "less than a minute ago" in words(home)
    (address,) = set(re.findall(rf'href="({PAGE}\?draft=\w+)"', home.content.decode()))
    assert fields_of(open_form(shifter_client, address))["comment"] == ["half a thought"]
    assert "Your drafts" not in words(other_shifter_client.get("/"))


def test_refused_form_with_its_initial_content_makes_no_draft(shifter_client):
    opened = open_form(shifter_client)
    refused = send_form(shifter_client, opened)
    assert refused.status_code == 422
    assert "draft saved" not in words(refused)
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
    made = CertificationFactory(user=shifter, run=RunFactory(run_number=315270))
    path = f"/list/{made.pk}/update/"
    opened = open_form(shift_leader_client, path)
    assert send_form(shift_leader_client, opened, path).status_code == 422  # without a reason
    assert not Draft.objects.exists()
    assert send_form(shift_leader_client, opened, path, comment="seen again").status_code == 422
    assert Draft.objects.count() == 1
