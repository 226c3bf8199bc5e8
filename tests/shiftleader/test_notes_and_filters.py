"""Notes on the week, as typed and with history, and saved filters."""

from __future__ import annotations

import pytest

from audit.models import Change
from reports.models import WeekNote
from shiftleader.actions import MAX_FILTERS
from shiftleader.models import SavedFilter
from shiftleader.parts.notes import MAX_WEEKS
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db
ADDRESS = "/shiftleader/notes/2018-W17/"
TEXTS = {
    "conditions": "  0 T\n\tuntil noon ",
    "issues": "",
    "oncalls": "Anna <anna@cern.ch>",
    "summary": "Ünusual\n\n\nweek",
}


def sent(version: int = 0, **texts: str) -> dict[str, str]:
    return {**TEXTS, **texts, "version": str(version)}


def test_note_is_saved_with_history_and_can_be_undone(shift_leader, shift_leader_client, guest_client):
    typed = {name: text.replace("\n", "\r\n") for name, text in sent().items()}
    answer = shift_leader_client.post(ADDRESS, typed)
    assert (answer.status_code, answer["Location"]) == (303, "/shiftleader/?week=2018-W17#notes")
    note = WeekNote.objects.get()
    assert {name: getattr(note, name) for name in WeekNote.TEXTS} == TEXTS
    assert (note.week, note.version, note.updated_by) == ("2018-W17", 1, shift_leader)
    assert shift_leader_client.post(ADDRESS, sent(1, summary="Calm")).status_code == 303
    last = Change.objects.order_by("-pk")[0]
    assert last.lines[0]["fields"]["summary"]["was"] == TEXTS["summary"]
    assert shift_leader_client.post(f"/history/{last.pk}/undo/", {"reason": "It was not calm."}).status_code == 303
    note.refresh_from_db()
    assert (note.summary, note.version) == (TEXTS["summary"], 3)
    shown = guest_client.get("/shiftleader/part/notes/?week=2018-W17").text
    assert "Anna &lt;anna@cern.ch&gt;" in shown
    assert not any(f'name="{name}"' in shown for name in TEXTS)
    assert "2018-W17" in guest_client.get("/shiftleader/part/notes/?from=2018-04-01&to=2018-05-30").text


def test_note_changed_meanwhile_is_not_overwritten(shift_leader_client, expert_client):
    shift_leader_client.post(ADDRESS, sent(summary="mine"))
    late = expert_client.post(ADDRESS, sent(summary="theirs"), headers={"HX-Request": "true"})
    assert late.status_code == 409
    assert "theirs</textarea>" in late.text
    assert "mine" in late.text
    assert 'name="version" value="1"' in late.text
    assert WeekNote.objects.get().summary == "mine"
    assert expert_client.post(ADDRESS, sent(1, summary="theirs")).status_code == 303
    assert WeekNote.objects.get().summary == "theirs"


def test_invalid_notes_stay_in_the_form(shift_leader_client):
    answer = shift_leader_client.post(ADDRESS, sent(conditions="kept", summary="x" * 20_001))
    assert answer.status_code == 422
    assert "kept</textarea>" in answer.text
    assert WeekNote.objects.count() == 0
    assert shift_leader_client.post("/shiftleader/notes/2018-W99/", sent()).status_code == 404


def test_filters_are_saved_by_name_and_person(shifter, shifter_client, guest_client):
    where = "/shiftleader/?week=2018-W17&verdict=bad"
    assert (
        shifter_client.post("/shiftleader/filters/?week=2018-W17&verdict=bad", {"name": "bad ones"})["Location"]
        == where
    )
    with_days = {"name": "that week", "with_days": "on"}
    shifter_client.post("/shiftleader/filters/?week=2018-W17&verdict=bad", with_days)
    page = shifter_client.get("/shiftleader/?week=2018-W20").text
    assert 'href="?week=2018-W20&amp;verdict=bad"' in page
    assert 'href="?week=2018-W17&amp;verdict=bad"' in page
    assert "bad ones" not in guest_client.get("/shiftleader/").text
    again = shifter_client.post("/shiftleader/filters/?reconstruction=prompt", {"name": "bad ones"})
    assert again.status_code == 303
    saved = SavedFilter.objects.get(name="bad ones")
    assert saved.query == "reconstruction=prompt"
    assert Change.objects.order_by("-pk")[0].lines[0]["fields"]["query"]["was"] == "verdict=bad"
    assert guest_client.post(f"/shiftleader/filters/{saved.pk}/retire/").status_code == 404
    assert shifter_client.post(f"/shiftleader/filters/{saved.pk}/retire/?week=2018-W20").status_code == 303
    assert "It can be restored from History" in shifter_client.get("/shiftleader/?week=2018-W20").text
    assert "bad ones" not in shifter_client.get("/shiftleader/?week=2018-W20").text
    assert SavedFilter.objects.filter(user=shifter, is_retired=False).count() == 1
    shifter_client.post("/shiftleader/filters/?verdict=good", {"name": "bad ones"})
    assert SavedFilter.objects.filter(name="bad ones", is_retired=False).count() == 1


def test_person_saves_at_most_fifty_filters(shifter, shifter_client):
    SavedFilter.objects.bulk_create(
        SavedFilter(user=shifter, name=f"filter {number}", query="verdict=bad") for number in range(MAX_FILTERS)
    )
    answer = shifter_client.post("/shiftleader/filters/?verdict=good", {"name": "one more"})
    assert answer.status_code == 422
    assert "You have 50 saved filters. Remove one, then save this one." in answer.text
    assert 'value="one more"' in answer.text
    assert shifter_client.post("/shiftleader/filters/?verdict=good", {"name": "filter 7"}).status_code == 303
    own_filters = SavedFilter.objects.filter(user=shifter)
    shifter_client.post(f"/shiftleader/filters/{own_filters[0].pk}/retire/")
    assert shifter_client.post("/shiftleader/filters/?verdict=good", {"name": "one more"}).status_code == 303


def test_limit_of_weeks_with_notes_is_shown(guest_client):
    weeks = [f"{year}-W{week:02}" for year in (2017, 2018) for week in range(1, 53)]
    notes = WeekNote.objects.bulk_create(WeekNote(week=week, summary="Calm") for week in weeks[: MAX_WEEKS + 1])
    address = "/shiftleader/part/notes/?from=2017-01-01&to=2018-12-31"
    shown = guest_client.get(address).text
    assert shown.count("data-week=") == MAX_WEEKS
    assert f"These are the last {MAX_WEEKS} weeks with notes" in shown
    notes[0].delete()
    assert "These are the last" not in guest_client.get(address).text


def test_filter_without_a_name_or_with_an_invalid_query_is_not_saved(shifter_client):
    UserFactory(username="anna")
    assert shifter_client.post("/shiftleader/filters/?verdict=bad", {"name": " "}).status_code == 422
    assert shifter_client.post("/shiftleader/filters/?verdict=splendid", {"name": "x"}).status_code == 422
    assert SavedFilter.objects.count() == 0
