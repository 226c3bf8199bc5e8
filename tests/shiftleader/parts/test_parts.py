"""The parts of the week: each alone and in the page, with the same rows."""

from __future__ import annotations

import re
from datetime import date

import pytest

from reports.models import DayNote
from shiftleader.parts.registry import PARTS
from tests.factories import CertificationFactory, ChecklistFactory, ReconstructionFactory, RunFactory, UserFactory

pytestmark = pytest.mark.django_db
WEEK = "week=2018-W22"


def fragment(client, name: str, query: str = WEEK):
    return client.get(f"/shiftleader/part/{name}/?{query}", headers={"HX-Request": "true"})


@pytest.mark.parametrize("name", [part.name for part in PARTS if not part.asks_outside])
def test_each_part_is_a_fragment_and_a_page(shifter_client, name):
    CertificationFactory(run=RunFactory(run_number=317555))
    CertificationFactory(run=RunFactory(run_number=317556), withdrawn=True)
    alone = fragment(shifter_client, name)
    page = shifter_client.get(f"/shiftleader/part/{name}/?{WEEK}")
    assert (alone.status_code, page.status_code) == (200, 200)
    assert "<html" not in alone.text
    assert "<h1>" in page.text
    assert _without_token(alone.text).strip() in _without_token(page.text)


def _without_token(html: str) -> str:
    """Remove the CSRF tokens, which differ in each response."""
    return re.sub(r'(name="csrfmiddlewaretoken" value=")[^"]*', r"\1", html)


def test_page_names_every_part_and_its_address(shifter_client):
    page = shifter_client.get(f"/shiftleader/?{WEEK}&verdict=bad").text
    for part in PARTS:
        assert f'hx-get="/shiftleader/part/{part.name}/?week=2018-W22&amp;verdict=bad"' in page


def test_unknown_part_is_404(shifter_client):
    assert shifter_client.get("/shiftleader/part/weather/").status_code == 404


def test_invalid_query_shows_no_rows(shifter_client):
    CertificationFactory(run=RunFactory(run_number=317555))
    page = shifter_client.get("/shiftleader/?week=2018-W99&runs=317555")
    part = fragment(shifter_client, "runs", "week=2018-W99&runs=317555")
    assert (page.status_code, part.status_code) == (422, 422)
    assert "There is no such week" in page.text
    assert "There is no such week" in part.text
    assert 'data-run="317555"' not in page.text + part.text


@pytest.mark.parametrize("name", ["overview", "certifications", "days", "runs", "luminosity", "fills"])
def test_filter_applies_to_every_part(shifter_client, name):
    for number, reconstruction in ((317555, "express"), (317666, "prompt")):
        run = RunFactory(run_number=number)
        facts = {"run": {"fill_number": run.fill_number}, "fill": {"bunches_colliding": 1214}}
        CertificationFactory(run=run, reconstruction=reconstruction, facts=facts)
    text = fragment(shifter_client, name, f"{WEEK}&reconstruction=prompt").text
    assert "317666" in text
    assert "317555" not in text


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("date__gte=2018-04-23&date__lte=2018-04-29", "from=2018-04-23&to=2018-04-29"),
        ("date__gte=2018-4-9&date__lte=2018-4-15", "from=2018-04-09&to=2018-04-15"),
        (
            "runreconstruction__run__run_number__gte=315000&runreconstruction__reconstruction=prompt",
            "reconstruction=prompt&runs=315000-9999999",
        ),
    ],
)
def test_earlier_bookmarks_redirect_permanently(shifter_client, old, new):
    answer = shifter_client.get(f"/shiftleader/?{old}")
    assert answer.status_code == 301
    assert answer["Location"] == f"/shiftleader/?{new}"
    assert shifter_client.get(answer["Location"]).status_code == 200


def test_bookmark_with_an_invalid_day_shows_a_field_error(shifter_client):
    answer = shifter_client.get("/shiftleader/?date__gte=99999999999999999999-1-1", follow=True)
    assert (answer.status_code, list(answer.context["filters"].errors)) == (422, ["date_min"])


def test_notes_of_a_day_are_those_of_the_selected_shifters(shifter_client):
    ada, ben = UserFactory(username="ada"), UserFactory(username="ben")
    for person in (ada, ben):
        row = CertificationFactory(user=person)
        DayNote.objects.create(day=row.date, user=person, comment=f"words of {person.username}")
    for query, expected in ((WEEK, [True, True]), (f"{WEEK}&user=ada", [True, False])):
        for text in (
            fragment(shifter_client, "days", query).text,
            shifter_client.get(f"/shiftleader/report/?{query}").text,
        ):
            assert [f"words of {name}" in text for name in ("ada", "ben")] == expected


def test_actions_on_a_certification_by_role(shifter, shifter_client, guest_client, shift_leader_client):
    own, other = CertificationFactory(user=shifter), CertificationFactory(user=UserFactory(username="anna"))
    may = {"shifter": shifter_client, "guest": guest_client, "leader": shift_leader_client}
    texts = {name: fragment(client, "certifications").text for name, client in may.items()}
    assert f"/list/{own.pk}/withdraw/" in texts["shifter"]
    assert f"/list/{other.pk}/withdraw/" not in texts["shifter"]
    assert "/withdraw/" not in texts["guest"]
    assert f"/list/{other.pk}/withdraw/" in texts["leader"]


def test_promotion_is_offered_to_shift_leaders_for_suitable_runs(shifter, shifter_client, shift_leader_client):
    good, bad = CertificationFactory(user=shifter), CertificationFactory(user=shifter, strip="bad")
    reference = ReconstructionFactory(reference=True)
    is_one = CertificationFactory(runreconstruction=reference, date=good.date)
    text = fragment(shift_leader_client, "certifications").text
    assert f"/references/promote/{good.pk}/" in text
    assert f"/references/promote/{bad.pk}/" not in text
    assert f"/references/promote/{is_one.pk}/" not in text
    assert "/promote/" not in fragment(shifter_client, "certifications").text


def test_only_checklists_of_shift_leaders_are_shown(shifter_client):
    ChecklistFactory(identifier="certifying", text="Look at the maps.")
    ChecklistFactory(identifier="leader", used="week", text="# Monday\n\n- ask **on-calls**")
    ChecklistFactory(identifier="old", used="week", text="Send a fax.", is_retired=True)
    text = fragment(shifter_client, "checklist").text
    assert "<h3>Monday</h3>" in text
    assert "<strong>on-calls</strong>" in text
    assert "maps" not in text
    assert "fax" not in text


def test_withdrawn_row_has_user_time_reason_and_restore(shift_leader_client):
    withdrawn = CertificationFactory(withdrawn=True)
    again = CertificationFactory(withdrawn=True)
    CertificationFactory(runreconstruction=again.runreconstruction, date=date(2018, 7, 1))
    text = fragment(shift_leader_client, "withdrawn").text
    assert "wrong run" in text
    assert f"/list/{withdrawn.pk}/restore/" in text
    assert f"/list/{again.pk}/restore/" not in text
    assert "certified again" in text


def test_certifications_on_typed_facts_are_marked(shifter_client):
    CertificationFactory(
        facts={"typed": {"run": {"lumisections": {"by": "shifter", "at": "2018-06-01T10:00:00+00:00"}}, "fill": {}}}
    )
    CertificationFactory(facts={"typed": {"run": {}, "fill": {}}})
    CertificationFactory(facts={})
    html = fragment(shifter_client, "certifications").text
    assert html.count('<span class="visually-hidden">typed: lumisections</span>') == 1
    assert html.count(">typed<") == 1
