"""The line after a save, its undo without a typed reason, and the way back into the search."""

import re

import pytest
from django.http import QueryDict

from audit.models import Change
from certify.models import TrackerCertification
from tests.browser_form import fields_of
from tests.certify.page_form import BY_HAND, GOOD, RUN, open_form, send_form
from tests.factories import CertificationFactory, RunFactory

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
