"""Checklists: the edit page with its preview, editions, and ticks stored with the certification."""

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


def test_shift_leader_adds_a_checklist_and_its_next_edition(shift_leader_client, guest_client):
    created = shift_leader_client.post("/checklists/add/", NEW)
    assert (created.status_code, created.url) == (303, "/checklists/pixel/")
    opened = _opened(shift_leader_client, "/checklists/pixel/edit/")
    saved = shift_leader_client.post("/checklists/pixel/edit/", {**opened, "text": "- three"})
    assert saved.status_code == 303
    page = guest_client.get("/checklists/pixel/").content.decode()
    assert "Edition 2" in page and "<li>three</li>" in page
    first = guest_client.get("/checklists/pixel/?edition=1").content.decode()
    assert "This is edition 1." in first and '<a href="https://cern.ch/m" rel="noopener">map</a>' in first
    assert "<h3>Barrel</h3>" in first and guest_client.get("/checklists/pixel/?edition=2").status_code == 200
    assert [guest_client.get(f"/checklists/pixel/?edition={edition}").status_code for edition in ("3", "0", "x")] == [
        404
    ] * 3
    assert Change.objects.filter(lines__0__model="certify.checklist").count() == 2


def test_preview_saves_nothing_with_and_without_javascript(shift_leader_client, pixel):
    sent = {**_opened(shift_leader_client, "/checklists/pixel/edit/"), "text": "- <b>bold</b>\n- x", "preview": "1"}
    fragment = shift_leader_client.post("/checklists/pixel/edit/", sent, headers={"HX-Request": "true"})
    page = shift_leader_client.post("/checklists/pixel/edit/", sent)
    for response in (fragment, page):
        assert response.status_code == 200
        assert "&lt;b&gt;bold&lt;/b&gt;" in response.content.decode() and "2 items" in response.content.decode()
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
def test_invalid_checklist_gets_an_error_and_the_form_is_preserved(shift_leader_client, changes, field):
    ChecklistFactory(identifier="known", title="Known list")
    response = shift_leader_client.post("/checklists/add/", {**NEW, **changes})
    assert response.status_code == 422 and list(errors_of(response)) == [field]
    assert fields_of(response, having="title")["text"] == [{**NEW, **changes}["text"]]
    assert Checklist.objects.count() == 1


def test_conflicting_edit_shows_both_editions(shift_leader_client, pixel):
    opened = _opened(shift_leader_client, "/checklists/pixel/edit/")
    pixel.text = "- theirs"
    pixel.save()
    response = shift_leader_client.post("/checklists/pixel/edit/", {**opened, "text": "- mine"})
    assert response.status_code == 409 and "- theirs" in response.content.decode()
    form = {name: values[0] for name, values in fields_of(response, having="title").items()}
    assert form["text"] == "- mine"
    assert shift_leader_client.post("/checklists/pixel/edit/", form).status_code == 303


def test_form_has_one_checkbox_for_each_checklist(shifter_client, sandbox, pixel, _reference):
    ChecklistFactory(identifier="shiftleader", title="Week", used="week")
    opened = open_form(shifter_client)
    assert {name for name in field_names(opened) if name.startswith("checklist_")} == {"checklist_pixel"}
    page = opened.content.decode()
    assert 'name="checklist_pixel" id="id_checklist_pixel" value="1"' in page and "2 items" in page
    assert '<a href="https://cern.ch/m" rel="noopener">map</a>' in page


def test_ticked_checklist_is_stored_with_edition_and_person(shifter_client, shift_leader, sandbox, pixel, _reference):
    opened = open_form(shifter_client)
    assert send_form(shifter_client, opened, **GOOD).status_code == 422
    assert send_form(shifter_client, opened, **GOOD, checklist_pixel="1").status_code == 303
    certification = TrackerCertification.objects.get()
    ticked = [{"identifier": "pixel", "title": "Pixel", "edition": 1, "by": "shifter"}]
    assert certification.facts["checklists"] == ticked


def test_tick_of_an_older_edition_is_refused(shifter_client, sandbox, pixel, _reference):
    opened = open_form(shifter_client)
    pixel.text = "- another"
    pixel.save()
    refused = send_form(shifter_client, opened, **GOOD, checklist_pixel="1", comment="preserved")
    assert refused.status_code == 422 and list(errors_of(refused)) == ["checklist_pixel"]
    assert "changed since you ticked it" in refused.content.decode() and "<li>another</li>" in refused.content.decode()
    form = fields_of(refused)
    assert "checklist_pixel" not in form and form["comment"] == ["preserved"]
    assert send_form(shifter_client, refused, **GOOD, checklist_pixel="2").status_code == 303
    assert TrackerCertification.objects.get().facts["checklists"][0]["edition"] == 2


def test_shift_leader_changes_a_certification_without_checklists(shift_leader_client, shifter, sandbox, pixel):
    from tests.factories import CertificationFactory

    certification = CertificationFactory(user=shifter, facts={"checklists": [{"identifier": "pixel", "by": "shifter"}]})
    path = f"/list/{certification.pk}/update/"
    opened = open_form(shift_leader_client, path)
    assert not {name for name in field_names(opened) if name.startswith("checklist_")}
    response = send_form(shift_leader_client, opened, path, comment="seen", reason="asked", confirm_ref_type="on")
    assert response.status_code == 303
    certification.refresh_from_db()
    assert certification.facts["checklists"] == [{"identifier": "pixel", "by": "shifter"}]


def test_starter_content_fills_only_an_empty_vocabulary(shift_leader_client):
    call_command("starter_content")
    assert [checklist.identifier for checklist in checklists_to_tick()] == [
        "general",
        "trackermap",
        "pixel",
        "sistrip",
        "tracking",
    ]
    assert all(checklist.items > 3 for checklist in checklists_to_tick())
    assert Checklist.objects.get(used="week").identifier == "shiftleader"
    assert BadReason.objects.filter(parent=None).count() == 8
    BadReason.objects.get(name="Short run").delete()
    call_command("starter_content")
    assert not BadReason.objects.filter(name="Short run").exists() and Checklist.objects.count() == 6
    listed = shift_leader_client.get("/checklists/").content.decode()
    assert "Shift leader&#x27;s week" in listed and "by the shift leader" in listed
