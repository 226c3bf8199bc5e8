"""History pages: all changes, undo, a run, a reference run, a checklist."""

import csv
import io
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Change
from audit.operation import operation
from audit.presentation import MAX_ROWS, ChangeRowView, ChangeView
from audit.undo import undo_change
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext
from certify.models import RunReconstruction, TrackerCertification
from certify.models.choices import ReviewChangeKind
from certify.review.actions import answer_question, ask_shifter
from tests.audit.test_operation import decision, last_change
from tests.certify.page_form import GOOD, open_form, send_form
from tests.factories import BadReasonFactory, CertificationFactory, ChecklistFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def reference():
    return ReconstructionFactory(reference=True)


@pytest.fixture
def certification(shifter, shift_leader, reference):
    run = RunFactory(run_number=315270)
    certification = certify_run(shifter, run.run_number, "express", decision(reference), CertificationContext())
    changed = decision(reference, comment="=1+1", trackermap="missing")
    return amend_certification(shift_leader, certification, 1, changed, CertificationContext(), reason="seen again")


def html(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_certification_page_shows_its_history(guest_client, certification):
    page = html(guest_client, f"/list/{certification.pk}/")
    assert "<del>exists</del> → <ins>missing</ins>" in page
    assert "Reason: seen again" in page
    assert "by leader" in page
    assert "Undo" not in page


def test_change_of_many_fields_is_one_line_that_unfolds(guest_client, certification):
    page = html(guest_client, f"/list/{certification.pk}/")
    made = page[page.rindex('data-change="') :]
    summary = made[made.index("<summary>") : made.index("</summary>")]
    assert re.search(r"\d+ fields: \S+", summary)
    assert "Pixel good, " in summary and "Tracker map:" not in summary and "Tracker map:" in made
    changed = page[page.index('data-change="') : page.rindex('data-change="')]
    assert "change-fields" not in changed  # a change of two fields says all of it at once


def test_headline_names_reconstruction_flags_and_ranges_before_the_rest(guest_client, shifter, reference):
    run = RunFactory(run_number=315322)
    data = decision(reference, pixel_ranges=((310, 330),), comment="HV trip in TIB")
    certify_run(shifter, run.run_number, "prompt", data, CertificationContext(is_complete=True))
    page = html(guest_client, "/history/").partition('data-change="')[2]
    assert '<a href="/runs/315322/">run 315322 prompt</a>' in page
    summary = page[page.index("<summary>") : page.index("</summary>")]
    assert "fields: Pixel good, Pixel bad lumisections 310-330, Strip good, Tracking good, " in summary


def test_change_of_two_reconstructions_names_the_run_alone():
    rows = [ChangeRowView("certify.trackercertification", "", 1, f"315322 {name}", "", []) for name in ("a", "b")]
    change = Change(run_number=315322)
    assert ChangeView(change, rows, 0, [], may_undo=False).run_text == "run 315322"
    assert ChangeView(change, rows[:1], 0, [], may_undo=False).run_text == "run 315322 a"


def test_change_with_many_lines_is_folded_and_complete(shift_leader, shift_leader_client, shifter, reference):
    """A row from another system gets its facts with its first change."""
    imported = CertificationFactory(user=shifter, reference_runreconstruction=reference, facts={}, strip="bad")
    amend_certification(shift_leader, imported, 1, decision(reference), CertificationContext(), reason="seen again")
    for address in (f"/list/{imported.pk}/", f"/history/{last_change().pk}/undo/"):
        shown, folded = html(shift_leader_client, address).split(" more</summary>", 1)
        assert "Strip:" in shown
        assert "Facts, run stable beam" not in shown
        assert "Facts, run stable beam" in folded
        assert "Facts, checklists" not in shown + folded  # none before, and none now


def test_changes_are_filtered_by_person_run_kind_and_day(guest_client, certification, shifter):
    def kinds(query):
        return [row.change.kind for row in guest_client.get(f"/history/?{query}").context["changes"]]

    assert kinds("run=315270") == ["amend", "certify"]
    assert kinds("run=315270&person=shifter") == ["certify"]
    assert kinds("kind=amend") == ["amend"]
    today = last_change().at.date()
    assert kinds(f"run=315270&date_min={today}&date_max={today}") == ["amend", "certify"]
    assert kinds("run=315270&date_max=2018-05-01") == []
    assert kinds("person=nobody") == []


def test_export_has_a_line_for_each_row_and_no_formula(guest_client, certification):
    answer = guest_client.get("/history/?run=315270&export=csv")
    lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert [line["kind"] for line in lines] == ["amend", "certify"]
    assert lines[0]["by"] == "leader"
    assert lines[0]["why"] == "seen again"
    assert "Tracker map: exists → missing" in lines[0]["differences"]
    assert guest_client.get("/history/?person=nobody&export=csv").status_code == 400


def test_query_counts_of_history_pages(guest_client, certification, django_assert_max_num_queries):
    for _ in range(60):
        CertificationFactory()
    with django_assert_max_num_queries(12):
        guest_client.get("/history/")
    with django_assert_max_num_queries(12):
        guest_client.get("/runs/315270/")
    with django_assert_max_num_queries(12):
        guest_client.get(f"/references/{certification.reference_runreconstruction_id}/")


@pytest.mark.parametrize("who", ["guest_client", "shifter_client", "shift_leader_client", "admin_client"])
def test_query_count_of_history_is_independent_of_row_count(request, who, shift_leader, certification):
    """Permissions to undo are queried for all rows at once, for every role; of one change not all rows are shown."""
    client = request.getfixturevalue(who)

    def cost():
        with CaptureQueriesContext(connection) as spent:
            client.get("/history/")
        return len(spent)

    ask_shifter(shift_leader, CertificationFactory(), "why?")
    few = cost()
    for _ in range(15):
        question = ask_shifter(shift_leader, CertificationFactory(), "why?")
        answer_question(shift_leader, question, "so")
    with operation(shift_leader, ReviewChangeKind.VOCABULARY):
        for _ in range(MAX_ROWS + 7):
            BadReasonFactory()
    assert cost() <= few + 1
    assert "and 7 more rows" in html(client, "/history/")


def test_difference_late_in_a_long_text_is_shown(guest_client, admin):
    row = ChecklistFactory(identifier="long", text="- look\n" * 90)
    row.text += "- and at the end\n"
    row.save()
    assert "and at the end" in html(guest_client, "/checklists/long/")[-3000:]
    change = guest_client.get("/history/").context["changes"][0]
    ((_label, was, now),) = [line for line in change.rows[0].diff_lines if line[0] == "Text"]
    assert was.startswith("… ")
    assert len(now) < 100
    assert now.endswith("and at the end\n")


def test_export_reads_changes_in_chunks(guest_client, certification, monkeypatch):
    monkeypatch.setattr("history_pages.selectors.CHUNK_SIZE", 2)
    for _ in range(4):
        CertificationFactory()
    with CaptureQueriesContext(connection) as queries:
        answer = guest_client.get("/history/?export=csv")
        lines = list(csv.DictReader(io.StringIO(b"".join(answer.streaming_content).decode())))
    assert list(dict.fromkeys(int(line["change"]) for line in lines)) == [change.pk for change in Change.objects.all()]
    of_changes = [change["sql"] for change in queries if 'FROM "history_change"' in change["sql"]]
    assert len(of_changes) >= 4
    assert all("LIMIT 2" in sql for sql in of_changes)


def test_undo_is_offered_to_permitted_users(
    shifter_client, other_shifter_client, shift_leader_client, guest_client, certification
):
    """On the page of the certification, of the run and of all changes."""
    changes = Change.objects.filter(run_number=315270)
    for address in (f"/list/{certification.pk}/", "/runs/315270/", "/history/?run=315270"):
        for client, is_offered in (
            (guest_client, False),
            (other_shifter_client, False),
            (shifter_client, True),
            (shift_leader_client, True),
        ):
            page = html(client, address)
            for change in changes:
                assert (f'href="/history/{change.pk}/undo/"' in page) is is_offered
                assert (client.get(f"/history/{change.pk}/undo/").status_code == 200) is is_offered
    undo_change(certification.user, last_change(), "not so")
    undone = Change.objects.get(run_number=315270, kind="amend")
    assert f'undo/">Undo<span class="visually-hidden"> change {undone.pk}' not in html(shifter_client, "/history/")


def test_undo_page_links_to_the_run_and_the_history(shifter_client, certification):
    heading = html(shifter_client, f"/history/{last_change().pk}/undo/").split('<div class="page-head">')[1]
    assert heading.index("/runs/315270/") < heading.index('href="/history/"') < heading.index("<section")


def test_undo_page_shows_and_applies_the_change(shift_leader_client, certification):
    change = last_change()
    page = html(shift_leader_client, f"/history/{change.pk}/undo/")
    assert '<th scope="row">Tracker map</th><td>missing</td><td>exists</td>' in page
    assert shift_leader_client.post(f"/history/{change.pk}/undo/", {"reason": ""}).status_code == 422
    answer = shift_leader_client.post(f"/history/{change.pk}/undo/", {"reason": "no"})
    assert (answer.status_code, answer["Location"]) == (303, f"/list/{certification.pk}/")
    certification.refresh_from_db()
    assert certification.trackermap == "exists"
    page = html(shift_leader_client, f"/list/{certification.pk}/")
    assert f"Undo of change {change.pk}" in page
    assert "undone by leader" in page


def test_undo_blocked_by_later_changes_names_them(shifter_client, shifter, reference, certification):
    change = last_change()
    amend_certification(shifter, certification, 2, decision(reference, comment="three"), CertificationContext())
    page = html(shifter_client, f"/history/{change.pk}/undo/")
    assert "1 later change of the same fields stands in the way" in page
    assert f'data-change="{last_change().pk}"' in page
    assert "<td>three</td><td>none</td>" in page
    assert shifter_client.post(f"/history/{change.pk}/undo/", {"reason": "x"}).status_code == 409


def test_another_shifter_may_not_undo(other_shifter_client, guest_client, certification):
    for client in (other_shifter_client, guest_client):
        assert client.get(f"/history/{last_change().pk}/undo/").status_code == 403
        assert client.post(f"/history/{last_change().pk}/undo/", {"reason": "x"}).status_code == 403
    assert other_shifter_client.get("/history/999999/undo/").status_code == 404


def test_every_kind_of_change_can_be_opened_for_undo(admin_client, certification, shifter):
    ChecklistFactory().delete()
    for change in Change.objects.all():
        assert admin_client.get(f"/history/{change.pk}/undo/").status_code == 200


def test_run_and_checklist_show_their_history(guest_client, certification):
    page = html(guest_client, "/runs/315270/")
    assert "seen again" in page
    assert f'href="/list/{certification.pk}/"' in page
    checklist = ChecklistFactory(text="one")
    checklist.text = "two"
    checklist.save()
    assert "<del>one</del> → <ins>two</ins>" in html(guest_client, f"/checklists/{checklist.identifier}/")
    assert html(guest_client, "/runs/999999/")


def test_reference_shows_its_uses(shift_leader_client, shifter_client, reference, certification):
    page = html(shifter_client, f"/references/{reference.pk}/")
    assert f'href="/list/{certification.pk}/"' in page
    assert "/retire/" not in page
    page = html(shift_leader_client, f"/references/{reference.pk}/retire/")
    assert "The 1 certification below keeps it." in page
    assert shift_leader_client.post(f"/references/{reference.pk}/retire/", {"reason": ""}).status_code == 422
    assert shift_leader_client.post(f"/references/{reference.pk}/retire/", {"reason": "old"}).status_code == 303
    assert not RunReconstruction.objects.get(pk=reference.pk).is_reference
    certification.refresh_from_db()
    assert certification.reference_runreconstruction == reference


def test_certification_stores_the_edition_of_its_checklists(shifter_client, shifter, sandbox):
    ReconstructionFactory(run=RunFactory(run_number=314811), reference=True)
    checklist = ChecklistFactory(identifier="pixel", title="Pixel list", text="one")
    checklist.text = "two"
    checklist.save()
    opened = open_form(shifter_client, "/certify/315270/express/")
    answer = send_form(shifter_client, opened, "/certify/315270/express/", **GOOD, lists_flagged="pixel-2-open")
    assert answer.status_code == 303
    certification = TrackerCertification.objects.get()
    ticked = {"identifier": "pixel", "title": "Pixel list", "edition": 2, "by": "shifter", "open": True}
    assert certification.facts["checklists"] == [ticked]
    amend_certification(
        shifter, certification, 1, decision(certification.reference_runreconstruction), CertificationContext()
    )
    assert "Pixel list</a>, edition 2, open at the flag, shifter" in html(shifter_client, f"/list/{certification.pk}/")


def test_email_addresses_are_shown_only_to_admins_and_their_owner(
    guest_client, shift_leader_client, admin_client, guest, shifter, shift_leader
):
    for person in (guest, shifter, shift_leader):
        person.email = f"{person.username}@example.org"
        person.save()
    change = Change.objects.filter(kind="account", lines__0__name=str(shifter)).first()
    for client, own, others in (
        (guest_client, "guest", ("shifter", "leader")),
        (shift_leader_client, "leader", ("shifter", "guest")),
    ):
        page = html(client, "/history/")
        export = b"".join(client.get("/history/?export=csv").streaming_content).decode()
        for text in (page, export):
            assert f"{own}@example.org" in text
            assert "not shown" in text
            assert not any(f"{username}@example.org" in text for username in others)
        assert client.get(f"/history/{change.pk}/undo/").status_code == 403
        assert "/undo/" not in page
    page = html(admin_client, "/history/?kind=account")
    assert "shifter@example.org" in page
    assert f"/history/{change.pk}/undo/" in page
