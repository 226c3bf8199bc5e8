"""Checklists: the edit page with its preview, editions, and what a certification stores of them."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.core.management import call_command

from audit.models import Change
from certify.models import BadReason, Checklist, TrackerCertification
from certify.vocabulary.cache import form_checklists
from certify.vocabulary.models import ChecklistProgress
from oms.models import OmsRun
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import GOOD, RUN, errors_of, open_form, send_form
from tests.factories import ChecklistFactory, ReconstructionFactory, RunFactory
from users.models import User

pytestmark = pytest.mark.django_db
TEXT = "Look.\n\n## Barrel\n\n- one [map](https://cern.ch/m)\n- two\n"
COSMICS = {"value": "cosmics", "text": "cosmics", "by": "shifter", "at": "2018-05-01T00:00:00+00:00"}
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


def test_list_of_a_component_is_beside_it_without_a_box(shifter_client, sandbox, pixel, _reference):
    ChecklistFactory(identifier="shiftleader", title="Week", used="week")
    opened = open_form(shifter_client)
    assert not {name for name in field_names(opened) if name.startswith("checklist_")}
    (row,) = opened.context["page"].checklists
    assert (row.checklist.identifier, row.flag_field, row.has_box) == ("pixel", "pixel", False)
    html = opened.context["page"].checklists_html
    assert 'data-checklist-of="pixel"' in html and "2 items" in html
    assert '<a href="https://cern.ch/m" rel="noopener">map</a>' in html


def test_flag_stores_edition_and_whether_the_list_was_open(shifter_client, sandbox, pixel, _reference):
    ChecklistFactory(identifier="sistrip", title="Strip", text="- s")
    ChecklistFactory(identifier="tracking", title="Tracking", text="- t")
    seen = {"lists_opened": "pixel-1 nonsense-1 sistrip-9", "lists_flagged": "pixel-1-open sistrip-1-folded -- x-open"}
    assert send_form(shifter_client, open_form(shifter_client), **GOOD, **seen).status_code == 303
    certification = TrackerCertification.objects.get()
    by = {"edition": 1, "by": "shifter"}
    assert certification.facts["checklists"] == [
        {"identifier": "pixel", "title": "Pixel", **by, "open": True},
        {"identifier": "sistrip", "title": "Strip", **by, "open": False},
        {"identifier": "tracking", "title": "Tracking", **by, "open": None},
    ]
    assert [(row.checklist, row.run_type) for row in ChecklistProgress.objects.all()] == [("pixel", "collisions")]
    page = shifter_client.get(f"/list/{certification.pk}/").content.decode()
    assert "edition 1, open at the flag, shifter" in page and "edition 1, folded at the flag, shifter" in page


def test_edition_that_was_shown_is_stored_when_the_list_changed_meanwhile(shifter_client, sandbox, pixel, _reference):
    opened = open_form(shifter_client)
    pixel.text = "- another"
    pixel.save()
    assert send_form(shifter_client, opened, **GOOD, lists_flagged="pixel-1-folded").status_code == 303
    (stored,) = TrackerCertification.objects.get().facts["checklists"]
    assert (stored["edition"], stored["open"]) == (1, False)


def was_open(client, path=f"/certify/{RUN}/express/") -> dict[str, bool]:
    rows = open_form(client, path).context["page"].checklists
    return {row.checklist.identifier: row.was_open for row in rows}


def test_list_counts_as_open_for_the_person_the_day_the_run_type_and_the_edition(
    shifter_client, other_shifter_client, sandbox, pixel, _reference
):
    ChecklistFactory(identifier="trackermap", title="Tracker map", text="- t")
    assert was_open(shifter_client) == {"pixel": False, "trackermap": False}
    sent = {**GOOD, "lists_opened": "pixel-1 trackermap-1"}
    assert send_form(shifter_client, open_form(shifter_client), **sent).status_code == 303
    other_run = "/certify/315264/express/"
    assert was_open(shifter_client, other_run) == {"pixel": True, "trackermap": True}
    assert was_open(other_shifter_client, other_run) == {"pixel": False, "trackermap": False}
    OmsRun.objects.filter(pk=315264).update(run_type="cosmics", typed={"run_type": COSMICS})
    assert was_open(shifter_client, other_run) == {"pixel": False, "trackermap": False}
    pixel.text = "- another"
    pixel.save()
    assert was_open(shifter_client, "/certify/315265/express/") == {"pixel": False, "trackermap": True}
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        shifter_client.force_login(User.objects.get(username="shifter"))
        assert was_open(shifter_client, "/certify/315265/express/") == {"pixel": False, "trackermap": False}


def test_unknown_run_type_counts_as_that_of_the_dataset(shifter_client, sandbox, pixel, _reference):
    sent = {**GOOD, "lists_opened": "pixel-1"}
    assert send_form(shifter_client, open_form(shifter_client), **sent).status_code == 303
    sandbox.faults("oms", "refuse")
    other_run = open_form(shifter_client, "/certify/315265/express/")
    assert other_run.context["page"].editor.run.run_type == "unknown"
    (row,) = other_run.context["page"].checklists
    assert row.was_open
    assert 'data-types-opened="collisions"' in other_run.content.decode()


def test_open_lists_stay_open_in_a_refused_form(shifter_client, sandbox, pixel, _reference):
    seen = {"lists_opened": "pixel-1", "lists_flagged": "pixel-1-open"}
    refused = send_form(shifter_client, open_form(shifter_client), **{**GOOD, "trackermap": None}, **seen)
    assert refused.status_code == 422 and fields_of(refused)["lists_flagged"] == ["pixel-1-open"]
    (row,) = refused.context["page"].checklists
    assert row.was_open


@pytest.fixture
def general():
    return ChecklistFactory(identifier="general", title="General", text="- look around")


def boxes(response) -> set[str]:
    return {name for name in field_names(response) if name.startswith("checklist_")}


def test_general_list_is_gone_through_once_a_shift_day_and_again_in_its_next_edition(
    shifter_client, other_shifter_client, sandbox, pixel, general, _reference
):
    opened = open_form(shifter_client)
    assert boxes(opened) == {"checklist_general"}
    refused = send_form(shifter_client, opened, **GOOD)
    assert refused.status_code == 422 and list(errors_of(refused)) == ["checklist_general"]
    assert send_form(shifter_client, opened, **GOOD, checklist_general="1").status_code == 303
    frozen = {"identifier": "general", "title": "General", "edition": 1, "by": "shifter"}
    assert frozen in TrackerCertification.objects.get().facts["checklists"]
    path = "/certify/315264/express/"
    assert boxes(open_form(other_shifter_client, path)) == {"checklist_general"}
    opened = open_form(shifter_client, path)
    assert boxes(opened) == set()
    general.text = "- look twice"
    general.save()
    refused = send_form(shifter_client, opened, path, **GOOD, comment="preserved")
    assert refused.status_code == 422 and list(errors_of(refused)) == ["checklist_general"]
    assert fields_of(refused)["comment"] == ["preserved"] and "look twice" in refused.content.decode()
    assert send_form(shifter_client, refused, path, **GOOD, checklist_general="2").status_code == 303
    assert boxes(open_form(shifter_client, "/certify/315265/express/")) == set()
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        shifter_client.force_login(User.objects.get(username="shifter"))
        assert boxes(open_form(shifter_client, "/certify/315265/express/")) == {"checklist_general"}


def test_certification_without_the_box_has_the_general_list_of_its_day(shifter_client, sandbox, general, _reference):
    send_form(shifter_client, open_form(shifter_client), **GOOD, checklist_general="on")
    path = "/certify/315264/express/"
    assert send_form(shifter_client, open_form(shifter_client, path), path, **GOOD).status_code == 303
    stored = TrackerCertification.objects.get(runreconstruction__run=315264).facts["checklists"]
    assert stored == [{"identifier": "general", "title": "General", "edition": 1, "by": "shifter"}]


def test_tick_of_an_older_edition_is_asked_for_again(shifter_client, sandbox, general, _reference):
    opened = open_form(shifter_client)
    general.text = "- another"
    general.save()
    refused = send_form(shifter_client, opened, **GOOD, checklist_general="1", comment="preserved")
    assert refused.status_code == 422 and list(errors_of(refused)) == ["checklist_general"]
    assert "changed since you ticked it" in refused.content.decode() and "<li>another</li>" in refused.content.decode()
    form = fields_of(refused)
    assert "checklist_general" not in form and form["comment"] == ["preserved"]
    assert send_form(shifter_client, refused, **GOOD, checklist_general="2").status_code == 303


def test_setting_brings_a_box_for_each_list_back(shifter_client, sandbox, settings, pixel, general, _reference):
    settings.CHECKLIST_BOXES = True
    opened = open_form(shifter_client)
    assert boxes(opened) == {"checklist_general", "checklist_pixel"}
    refused = send_form(shifter_client, opened, **GOOD, checklist_general="1")
    assert refused.status_code == 422 and list(errors_of(refused)) == ["checklist_pixel"]
    both = {"checklist_general": "1", "checklist_pixel": "1"}
    assert send_form(shifter_client, opened, **GOOD, **both).status_code == 303
    assert boxes(open_form(shifter_client, "/certify/315264/express/")) == {"checklist_pixel"}


def test_seconds_from_display_to_save_are_frozen_and_a_change_keeps_them(shifter_client, sandbox, pixel, _reference):
    opened = open_form(shifter_client)
    with time_machine.travel(datetime.now(UTC) + timedelta(seconds=42)):
        assert send_form(shifter_client, opened, **GOOD).status_code == 303
    certification = TrackerCertification.objects.get()
    seconds, checklists = certification.facts["seconds_to_save"], certification.facts["checklists"]
    assert 41 <= seconds <= 50
    path = f"/list/{certification.pk}/update/"
    assert send_form(shifter_client, open_form(shifter_client, path), path, comment="seen").status_code == 303
    certification.refresh_from_db()
    assert (certification.version, certification.facts["seconds_to_save"], certification.facts["checklists"]) == (
        2,
        seconds,
        checklists,
    )


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
    assert [checklist.identifier for checklist in form_checklists()] == [
        "general",
        "trackermap",
        "pixel",
        "sistrip",
        "tracking",
    ]
    assert all(checklist.items > 3 for checklist in form_checklists())
    assert Checklist.objects.get(used="week").identifier == "shiftleader"
    assert BadReason.objects.filter(parent=None).count() == 8
    BadReason.objects.get(name="Short run").delete()
    call_command("starter_content")
    assert not BadReason.objects.filter(name="Short run").exists() and Checklist.objects.count() == 6
    listed = shift_leader_client.get("/checklists/").content.decode()
    assert "Shift leader&#x27;s week" in listed and "by the shift leader" in listed
