"""Checklists: written on one page with its preview, every save an edition, and what is ticked is recorded."""

import pytest
from django.core.management import call_command

from audit.models import Change
from certify.models import BadReason, Checklist, TrackerCertification
from certify.vocabulary.cache import checklists_to_tick
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import GOOD, errors_of, open_form, send_form
from tests.factories import ChecklistFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db
TEXT = "Look.\n\n## Barrel\n\n- one [map](https://cern.ch/m)\n- two\n"
NEW = {"title": "Pixel", "identifier": "pixel", "used": "certify", "position": "3", "text": TEXT}


@pytest.fixture
def pixel():
    return ChecklistFactory(identifier="pixel", title="Pixel", text=TEXT)


@pytest.fixture
def _reference():
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)


def _opened(client, path):
    return {name: values[0] for name, values in fields_of(client.get(path), having="title").items()}


def test_leader_writes_a_checklist_and_its_next_edition(shift_leader_client, guest_client):
    made = shift_leader_client.post("/checklists/add/", NEW)
    assert (made.status_code, made.url) == (303, "/checklists/pixel/")
    opened = _opened(shift_leader_client, "/checklists/pixel/edit/")
    saved = shift_leader_client.post("/checklists/pixel/edit/", {**opened, "text": "- three"})
    assert saved.status_code == 303
    page = guest_client.get("/checklists/pixel/").content.decode()
    assert "Edition 2" in page and "<li>three</li>" in page
    first = guest_client.get("/checklists/pixel/?edition=1").content.decode()
    assert "This is edition 1." in first and '<a href="https://cern.ch/m" rel="noopener">map</a>' in first
    assert "<h3>Barrel</h3>" in first and guest_client.get("/checklists/pixel/?edition=2").status_code == 200
    assert [guest_client.get(f"/checklists/pixel/?edition={one}").status_code for one in ("3", "0", "x")] == [404] * 3
    assert Change.objects.filter(lines__0__model="certify.checklist").count() == 2


def test_preview_saves_nothing_with_and_without_javascript(shift_leader_client, pixel):
    sent = {**_opened(shift_leader_client, "/checklists/pixel/edit/"), "text": "- <b>bold</b>\n- x", "preview": "1"}
    fragment = shift_leader_client.post("/checklists/pixel/edit/", sent, headers={"HX-Request": "true"})
    page = shift_leader_client.post("/checklists/pixel/edit/", sent)
    for answer in (fragment, page):
        assert answer.status_code == 200
        assert "&lt;b&gt;bold&lt;/b&gt;" in answer.content.decode() and "2 items" in answer.content.decode()
    assert "<html" not in fragment.content.decode() and "<html" in page.content.decode()
    assert fields_of(page, having="title")["text"] == [sent["text"]]
    pixel.refresh_from_db()
    assert pixel.text == TEXT


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"identifier": "add"}, "identifier"),
        ({"identifier": "Pixel list"}, "identifier"),
        ({"identifier": "known"}, "identifier"),
        ({"title": "known LIST"}, "title"),
        ({"text": "no item"}, "text"),
        ({"text": ""}, "text"),
        ({"used": "never"}, "used"),
        ({"position": "-1"}, "position"),
    ],
)
def test_checklist_that_cannot_be_gets_its_error_and_keeps_what_is_typed(shift_leader_client, changes, field):
    ChecklistFactory(identifier="known", title="Known list")
    answer = shift_leader_client.post("/checklists/add/", {**NEW, **changes})
    assert answer.status_code == 422 and list(errors_of(answer)) == [field]
    assert fields_of(answer, having="title")["text"] == [{**NEW, **changes}["text"]]
    assert Checklist.objects.count() == 1


def test_who_was_slower_sees_both_editions(shift_leader_client, pixel):
    opened = _opened(shift_leader_client, "/checklists/pixel/edit/")
    pixel.text = "- theirs"
    pixel.save()
    answer = shift_leader_client.post("/checklists/pixel/edit/", {**opened, "text": "- mine"})
    assert answer.status_code == 409 and "- theirs" in answer.content.decode()
    again = {name: values[0] for name, values in fields_of(answer, having="title").items()}
    assert again["text"] == "- mine"
    assert shift_leader_client.post("/checklists/pixel/edit/", again).status_code == 303


def test_form_offers_one_box_for_each_list_with_its_items(shifter_client, sandbox, pixel, _reference):
    ChecklistFactory(identifier="shiftleader", title="Week", used="week")
    opened = open_form(shifter_client)
    assert {name for name in field_names(opened) if name.startswith("checklist_")} == {"checklist_pixel"}
    page = opened.content.decode()
    assert 'name="checklist_pixel" id="id_checklist_pixel" value="1"' in page and "2 items" in page
    assert '<a href="https://cern.ch/m" rel="noopener">map</a>' in page


def test_tick_is_recorded_with_edition_and_person_and_outlives_a_change(
    shifter_client, shift_leader, sandbox, pixel, _reference
):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 422
    assert send_form(shifter_client, opened, **GOOD, checklist_pixel="1").status_code == 303
    made = TrackerCertification.objects.get()
    ticked = [{"identifier": "pixel", "title": "Pixel", "edition": 1, "by": "shifter"}]
    assert made.facts["checklists"] == ticked


def test_tick_of_an_older_edition_is_asked_for_again(shifter_client, sandbox, pixel, _reference):
    opened = open_form(shifter_client)
    pixel.text = "- another"
    pixel.save()
    refused = send_form(shifter_client, opened, **GOOD, checklist_pixel="1", comment="kept")
    assert refused.status_code == 422 and list(errors_of(refused)) == ["checklist_pixel"]
    assert "changed since you ticked it" in refused.content.decode() and "<li>another</li>" in refused.content.decode()
    again = fields_of(refused)
    assert "checklist_pixel" not in again and again["comment"] == ["kept"]
    assert send_form(shifter_client, refused, **GOOD, checklist_pixel="2").status_code == 303
    assert TrackerCertification.objects.get().facts["checklists"][0]["edition"] == 2


def test_leader_who_changes_a_certification_ticks_nothing(shift_leader_client, shifter, sandbox, pixel):
    from tests.factories import CertificationFactory

    made = CertificationFactory(user=shifter, facts={"checklists": [{"identifier": "pixel", "by": "shifter"}]})
    path = f"/list/{made.pk}/update/"
    opened = open_form(shift_leader_client, path)
    assert not {name for name in field_names(opened) if name.startswith("checklist_")}
    answer = send_form(shift_leader_client, opened, path, comment="seen", reason="asked", confirm_ref_type="on")
    assert answer.status_code == 303
    made.refresh_from_db()
    assert made.facts["checklists"] == [{"identifier": "pixel", "by": "shifter"}]


def test_starter_content_fills_what_is_empty_and_nothing_else(shift_leader_client):
    call_command("starter_content")
    assert [one.identifier for one in checklists_to_tick()] == ["general", "trackermap", "pixel", "sistrip", "tracking"]
    assert all(one.items > 3 for one in checklists_to_tick())
    assert Checklist.objects.get(used="week").identifier == "shiftleader"
    assert BadReason.objects.filter(parent=None).count() == 8
    BadReason.objects.get(name="Short run").delete()
    call_command("starter_content")
    assert not BadReason.objects.filter(name="Short run").exists() and Checklist.objects.count() == 6
    listed = shift_leader_client.get("/checklists/").content.decode()
    assert "Shift leader&#x27;s week" in listed and "by the shift leader" in listed
