"""The line after a save, its undo without a typed reason, and the way back into the search."""

import re

import pytest
from django.http import QueryDict
from django.test import Client

from audit.models import Change
from certify.models import TrackerCertification
from tests.browser_form import fields_of
from tests.certify.page_form import BY_HAND, GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, RunFactory, UserFactory
from users.models import Role

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("references")]


def line(response) -> str:
    """The text of the line after a save, with its key, or an empty text."""
    found = re.search(r'<form class="last-save".*?</form>', response.text, re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[0]).split()) if found else ""


def undo(client, response):
    return client.post("/certify/undo/", {"change": re.search(r'name="change" value="(\d+)"', response.text)[1]})


def test_next_pages_have_the_line_until_the_next_save(shifter_client):
    shifter_client.get("/openruns/?runs=315259,315264")
    path = "/certify/315264/prompt/?runs=315259,315264"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, then="next")
    following = shifter_client.get(saved.url)
    assert line(following) == "315264 prompt saved: good Undo z"
    assert 'data-key="z"' in following.text
    assert line(shifter_client.get("/openruns/?runs=315259")) == line(shifter_client.get("/list/")) == line(following)
    assert line(shifter_client.get("/references/")) == ""
    answer = send_form(shifter_client, following, saved.url, **{**GOOD, "tracking": "excluded"}, then="next")
    assert line(shifter_client.get(answer.url)) == "315259 express saved: bad Undo z"


def test_undo_withdraws_and_opens_the_form_again_as_it_was_filled_in(shifter_client, shifter):
    path = f"/certify/{RUN}/express/?runs={RUN}"
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD, comment="my words — µ")
    answer = undo(shifter_client, shifter_client.get(saved.url))
    certification = TrackerCertification.objects.get()
    assert (answer.status_code, certification.state, certification.withdrawn_by) == (303, "withdrawn", shifter)
    change = Change.objects.first()
    assert (change.kind, change.by, change.undoes.kind) == ("undo", shifter, "certify")
    again = shifter_client.get(answer.url)
    assert "undone, open again" in again.text and line(again) == ""
    fields = fields_of(again)
    assert (fields["comment"], fields["pixel"], fields["runs"]) == (["my words — µ"], ["good"], [str(RUN)])
    assert send_form(shifter_client, again, path, pixel="excluded", confirm_pixel="on").status_code == 303
    assert TrackerCertification.objects.live().get().comment == "my words — µ"


def test_undo_of_a_change_sets_it_back_and_shows_the_certification(shifter_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter, comment="before")
    path = f"/list/{certification.pk}/update/"
    sent = {"comment": "after", "confirm_ref_type": "on"}
    saved = send_form(shifter_client, open_form(shifter_client, path), path, **sent)
    assert saved.status_code == 303
    page = shifter_client.get(saved.url)
    assert line(page) == f"{RUN} express changed: good Undo z"
    answer = undo(shifter_client, page)
    assert answer.url == f"/list/{certification.pk}/"
    certification.refresh_from_db()
    assert (certification.comment, certification.version) == ("before", 3)


def test_undo_of_a_save_with_typed_values_leaves_no_live_certification(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    opened = open_form(shifter_client, "/certify/315270/express/")
    saved = send_form(shifter_client, opened, "/certify/315270/express/", **GOOD, **BY_HAND)
    assert saved.status_code == 303
    assert undo(shifter_client, shifter_client.get(saved.url)).status_code == 303
    assert not TrackerCertification.objects.live().exists()


def test_undo_that_a_later_change_blocks_leads_to_its_page(shifter_client, shift_leader_client):
    saved = send_form(shifter_client, open_form(shifter_client), **GOOD)
    page = shifter_client.get(saved.url)
    certification = TrackerCertification.objects.get()
    path = f"/list/{certification.pk}/update/"
    changed = send_form(shift_leader_client, open_form(shift_leader_client, path), path, reason="hm", comment="new")
    assert changed.status_code == 303
    answer = undo(shifter_client, page)
    assert answer.url == f"/history/{certification.history.earliest('pk').change_id}/undo/"
    certification.refresh_from_db()
    assert (certification.state, certification.comment) == ("live", "new")


def test_older_page_undoes_nothing_after_another_save(shifter_client):
    first = shifter_client.get(send_form(shifter_client, open_form(shifter_client), **GOOD).url)
    path = "/certify/315264/express/"
    send_form(shifter_client, open_form(shifter_client, path), path, **GOOD)
    assert undo(shifter_client, first).url == "/history/"
    assert TrackerCertification.objects.live().count() == 2
    assert shifter_client.post("/certify/undo/", {"change": "x"}).status_code == 303


def test_undo_is_refused_to_a_person_without_that_save(shifter_client, other_shifter_client):
    page = shifter_client.get(send_form(shifter_client, open_form(shifter_client), **GOOD).url)
    assert undo(other_shifter_client, page).url == "/history/"
    assert TrackerCertification.objects.live().count() == 1


def test_change_out_of_a_search_leads_back_into_it(shifter_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    found = shifter_client.get(f"/openruns/?runs={RUN},315264").text
    path, query = re.search(rf'href="(/list/{certification.pk}/update/)\?(runs=[^"]+)"', found).groups()
    opened = open_form(shifter_client, f"{path}?{query}")
    assert fields_of(opened)["runs"] == QueryDict(query).getlist("runs")
    answer = send_form(shifter_client, opened, path, comment="seen", confirm_ref_type="on")
    assert (answer.status_code, answer.url) == (303, f"/openruns/?{query}")


def certify_and_change_as_leader(shifter_client, shift_leader_client, comment):
    """The certification of the shifter, whose comment a shift leader has changed; and a form that was open before."""
    second_tab = open_form(shifter_client)
    assert send_form(shifter_client, open_form(shifter_client), **GOOD).status_code == 303
    certification = TrackerCertification.objects.get()
    path = f"/list/{certification.pk}/update/"
    changed = send_form(shift_leader_client, open_form(shift_leader_client, path), path, reason="hm", comment=comment)
    assert changed.status_code == 303
    return certification, second_tab


def test_equal_save_from_another_tab_does_not_undo_the_change_of_another_person(shifter_client, shift_leader_client):
    certification, second_tab = certify_and_change_as_leader(shifter_client, shift_leader_client, "same")
    own = certification.history.earliest("pk").change_id
    saved = send_form(shifter_client, second_tab, **GOOD, comment="same")
    assert saved.status_code == 303
    answer = undo(shifter_client, shifter_client.get(saved.url))
    assert answer.url == f"/history/{own}/undo/"  # the save of the shifter, which the change blocks
    certification.refresh_from_db()
    assert (certification.comment, certification.version, certification.state) == ("same", 2, "live")


def test_save_that_changed_nothing_is_not_offered_for_undo(shifter_client, shift_leader_client, shifter):
    _, second_tab = certify_and_change_as_leader(shifter_client, shift_leader_client, "same")
    path = "/certify/315264/express/"
    other_save = send_form(shifter_client, open_form(shifter_client, path), path, **GOOD)
    assert line(shifter_client.get(other_save.url)) == "315264 express saved: good Undo z"
    saved = send_form(shifter_client, second_tab, **GOOD, comment="same")
    assert line(shifter_client.get(saved.url)) == ""


def test_change_sent_again_is_not_offered_for_undo_in_another_session(shifter_client, shifter):
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=shifter)
    path, sent = f"/list/{certification.pk}/update/", {"comment": "after", "confirm_ref_type": "on"}
    second_session = Client()
    second_session.force_login(shifter)
    second_tab = open_form(second_session, path)
    assert send_form(shifter_client, open_form(shifter_client, path), path, **sent).status_code == 303
    again = send_form(second_session, second_tab, path, **sent)
    assert again.status_code == 303 and line(second_session.get(again.url)) == ""


def test_form_sent_twice_keeps_its_undo(shifter_client):
    opened = open_form(shifter_client)
    saves = [send_form(shifter_client, opened, **GOOD) for _ in range(2)]
    assert line(shifter_client.get(saves[1].url)) == f"{RUN} express saved: good Undo z"


def test_undo_of_a_change_in_training_says_that_it_is_not_changed():
    trainee, client = UserFactory(role=Role.SHIFTER, in_training=True), Client()
    client.force_login(trainee)
    certification = CertificationFactory(run=RunFactory(run_number=RUN), user=trainee, is_practice=True)
    path = f"/list/{certification.pk}/update/"
    saved = send_form(client, open_form(client, path), path, comment="after", confirm_ref_type="on")
    page = client.get(saved.url)
    assert line(page) == f"{RUN} express changed as practice: good Undo z"
    assert f"{RUN} express: undone, not changed." in client.get(undo(client, page).url).text


@pytest.mark.parametrize("stored", [{"change": 1, "verb": "saved"}, {"unknown": 1}, "saved"])
def test_last_save_stored_by_another_version_is_removed(shifter_client, stored):
    session = shifter_client.session
    session["last_save"] = stored
    session.save()
    page = shifter_client.get("/list/")
    assert (page.status_code, line(page)) == (200, "")
    assert "last_save" not in shifter_client.session
    session.save()
    assert shifter_client.post("/certify/undo/", {"change": "1"}).url == "/history/"
