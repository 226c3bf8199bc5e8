"""Data stored by the earlier version is unchanged: rows, sessions, drafts, open forms, history."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.apps import apps
from django.core.management import call_command

from audit.chain import broken_changes, broken_rows
from audit.models import Change, RecordDigest
from certify.models import Checklist, StaleMark, TrackerCertification
from certify.review.models import Reviewed
from drafts.models import Draft
from tests.browser_form import field_names, fields_of
from tests.certify.page_form import GOOD
from tests.upgrade.stored_site import (
    COSMICS_WITHOUT_LUMI,
    MADE_AT,
    STALE_SINCE,
    STORED,
    WITHOUT_LUMI,
    WITHOUT_LUMISECTIONS,
    database_in_use,
    read_tables,
    stored_browser,
    stored_form,
    write_database,
)

pytestmark = pytest.mark.once
A_MINUTE = timedelta(minutes=1)
PK = STORED["certifications"]
UNDO = STORED["undo"]
# Django writes these tables from the code; they have no content of the site.
DJANGO_TABLES = {"django_migrations", "django_content_type", "auth_permission", "sqlite_sequence"}


@pytest.fixture(scope="module")
def upgraded(tmp_path_factory, django_db_setup, django_db_blocker):
    """Rows of the stored database, and a file of it that was migrated."""
    path = tmp_path_factory.mktemp("upgrade") / "site.sqlite3"
    write_database(path)
    before = read_tables(path)
    with django_db_blocker.unblock(), database_in_use(path):
        call_command("migrate", interactive=False, verbosity=0)
        _write_back(path)
    return before, path


def _write_back(path) -> None:
    with closing(sqlite3.connect(path.with_suffix(".used"))) as used, closing(sqlite3.connect(path)) as file:
        used.backup(file)


@pytest.fixture
def site(upgraded, settings, sandbox, django_db_blocker):
    """The upgraded site, a minute after the earlier version was stopped."""
    settings.SECRET_KEY = STORED["secret_key"]
    settings.SESSION_COOKIE_NAME = STORED["session_cookie"]
    with django_db_blocker.unblock(), database_in_use(upgraded[1]), time_machine.travel(MADE_AT + A_MINUTE):
        yield


@pytest.fixture
def shifter(site):
    return stored_browser("shifter")


@pytest.fixture
def leader(site):
    return stored_browser("leader")


def words(response) -> str:
    main = response.content.decode().split("<main", 1)[1]
    return " ".join(re.sub(r"<[^>]+>", " ", main).split())


def certification(name) -> TrackerCertification:
    return TrackerCertification.everything.get(pk=PK[name])


def send(client, path, fields):
    """Send the form, and again with the required confirmations."""
    answer = client.post(path, fields)
    required = {name for name in field_names(answer) if name.startswith("confirm_")}
    return client.post(path, {**fields, **dict.fromkeys(required, "on")}) if required else answer


def changed_values(before, after):
    """Return (before, after) by table, key and column, for the columns of the earlier version."""
    return {
        (table, next(iter(row.values())), column): (value, migrated[column])
        for table in before.keys() - DJANGO_TABLES
        for row, migrated in zip(before[table], after[table], strict=True)
        for column, value in row.items()
        if migrated[column] != value
    }


def test_migrations_change_no_value_but_mark_certifications_without_figures_as_incomplete(upgraded):
    before, path = upgraded
    table, column = "certify_trackercertification", "external_info_complete"
    marked = [(table, WITHOUT_LUMISECTIONS, column), (table, WITHOUT_LUMI, column)]
    assert changed_values(before, read_tables(path)) == dict.fromkeys(marked, (1, 0))
    assert len(before[table]) == 93


def test_history_of_the_earlier_version_has_digests_and_names_what_sql_changed(site):
    """`write_database` takes away the figures of three certifications by SQL."""
    models = [model for model in apps.get_models() if hasattr(model, "audit_options")]
    broken = [*(row for model in models for row in broken_rows(model)), *broken_changes()]
    differs = "the record has other values than its newest row: "
    assert {(row.key, row.problem) for row in broken} == {
        (WITHOUT_LUMISECTIONS, f"{differs}lumisections"),
        *((key, f"{differs}recorded_lumi") for key in (WITHOUT_LUMI, COSMICS_WITHOUT_LUMI)),
    }
    rows = TrackerCertification.history.filter(id=PK["amended"]).count()
    assert RecordDigest.objects.filter(table="historicaltrackercertification", key=PK["amended"]).count() == rows > 1


def test_marks_of_the_earlier_version_are_known_from_when_they_were_set(site):
    marks = StaleMark.objects.values_list("certification", "at", "differences__0__fact")
    since = datetime.fromisoformat(STALE_SINCE).replace(tzinfo=UTC)
    assert list(marks) == [(COSMICS_WITHOUT_LUMI, since, "lumisections")]


def test_session_of_the_earlier_version_is_valid_on_every_page(shifter, leader):
    key = PK["amended"]
    for path in [
        *("/", "/list/", f"/list/{key}/", f"/list/{key}/update/", "/openruns/", "/history/", "/runs/315255/"),
        *("/references/", "/problems/", "/checklists/", "/checklists/pixel/", "/list/facts/", "/list/?export=csv"),
        *(f"/summary/?date={STORED['day']}&user=shifter", f"/shiftleader/?week={STORED['week']}"),
        *("/certify/315270/express/", f"/list/{PK['withdrawn']}/"),
    ]:
        for client in (shifter, leader):
            assert client.get(path).status_code == 200, path
    assert 'name="username"' not in shifter.get("/").content.decode()


def test_certifications_are_unchanged(shifter):
    amended = words(shifter.get(f"/list/{PK['amended']}/"))
    assert "HV trip in TIB, 5 modules" in amended and "TIB 1.2.3 and two neighbours" in amended
    assert "Pixel was out of the run" in amended
    states = {name: certification(name).state for name in ("amended", "withdrawn", "restored")}
    assert states == {"amended": "live", "withdrawn": "withdrawn", "restored": "live"}
    assert (certification("handed_over").user.username, certification("practice").is_practice) == ("shifter2", True)
    by_hand = certification("by_hand")
    assert (by_hand.recorded_lumi, by_hand.external_info_complete) == (2.5, False)
    assert by_hand.runreconstruction.run.typed["recorded_lumi"]["unit"] == "nb^{-1}"


def test_notes_filters_and_reviews_are_on_their_pages(shifter, leader):
    report = words(shifter.get(f"/summary/?date={STORED['day']}&user=shifter"))
    assert "Calm shift" in report and "https://example.org/elog/1" in report
    week = leader.get(f"/shiftleader/?week={STORED['week']}").content.decode()
    assert "Bad collisions" in week and "April of shifter" in week
    notes = leader.get(f"/shiftleader/part/notes/?week={STORED['week']}", headers={"HX-Request": "true"})
    assert "Quiet week" in notes.content.decode()
    assert Reviewed.objects.filter(review__is_taken_back=False).count() == 2


def test_draft_is_offered_restored_and_saved(shifter):
    path, _ = stored_form("draft_form")
    assert "Restore" in words(shifter.get(path))
    restored = shifter.get(f"{path}?draft=1")
    fields = fields_of(restored)
    assert (fields["comment"], fields["pixel"], fields["pixel_lowstat"]) == (["half a thought — µ"], ["bad"], ["on"])


def test_form_with_a_restored_draft_is_saved_and_the_draft_is_deleted(shifter):
    path, fields = stored_form("restored_form", **GOOD)
    fields.pop("pixel_lowstat")
    assert send(shifter, path, fields).status_code == 303
    assert TrackerCertification.objects.latest("pk").comment == "half a thought — µ"
    assert not Draft.objects.filter(run_number=315270, is_done=False).exists()


def test_open_form_saves_its_draft_without_a_session(site, client):
    _, fields = stored_form("draft_form", comment="typed after the upgrade")
    answer = client.post("/drafts/save/", fields).json()
    assert "draft saved" in answer["said"]
    assert answer["said"] == answer["status"]
    assert "typed+after+the+upgrade" in Draft.objects.get(run_number=315270, is_done=False).typed


def test_open_form_uses_live_checks_with_the_earlier_names(shifter):
    path, fields = stored_form("new_form", pixel="bad", hints="1")
    answer = shifter.post(path, fields)
    assert json.loads(answer["HX-Trigger"])["stands"]
    for place in ("#ask-pixel", "#ask-counterpart", "#why-reference", "#hints"):
        assert f', {place}"' in answer.content.decode()


def test_form_opened_before_the_upgrade_is_certified_after_it(shifter, sandbox):
    path, fields = stored_form("new_form")
    sandbox.clear_requests()
    assert send(shifter, path, fields).status_code == 303
    saved = TrackerCertification.objects.latest("pk")
    assert (saved.run_number, saved.comment, saved.dataset.name) == (
        315267,
        "opened before the upgrade",
        "/Express/Collisions2018/DQM",
    )
    assert sandbox.requests("registry") == []


def test_change_opened_before_the_upgrade_is_saved_after_it(shifter):
    path, fields = stored_form("update_form")
    version = certification("restored").version
    assert send(shifter, path, fields).status_code == 303
    changed = certification("restored")
    assert (changed.version, changed.comment) == (version + 1, "changed after the upgrade")


def test_history_has_actor_change_and_reason(leader):
    page = words(leader.get("/history/"))
    for sentence in ("Pixel: good → excluded", "Reason: change of shift", "Shifter: shifter → shifter2", "Quiet week"):
        assert sentence in page
    assert Change.objects.count() == 154


def test_list_and_certification_are_shown_as_of_an_earlier_time(shifter):
    before = (MADE_AT - timedelta(days=1)).strftime("%Y-%m-%dT%H:%MZ")
    now = MADE_AT.strftime("%Y-%m-%dT%H:%M:%SZ")
    live = TrackerCertification.objects.live().count()
    assert shifter.get(f"/list/?as_of={now}").context["table"].paginator.count == live
    assert "table" not in shifter.get(f"/list/?as_of={before}").context  # nothing was certified then
    assert "HV trip in TIB, 5 modules" in words(shifter.get(f"/list/{PK['amended']}/?as_of={now}"))


def undo(client, name):
    answer = client.post(f"/history/{UNDO[name]}/undo/", {"reason": "not meant"})
    assert answer.status_code == 303, words(answer)


def test_changes_of_the_earlier_version_are_undone(leader):
    undo(leader, "withdrawn")
    assert certification("withdrawn").state == "live"
    undo(leader, "handed_over")
    assert certification("handed_over").user.username == "shifter"
    undo(leader, "reviewed")
    assert Reviewed.objects.filter(review__is_taken_back=False).count() == 0
    undo(leader, "checklist")
    assert "Look at the new plot" not in Checklist.objects.get(identifier="pixel").text
    undo(leader, "amended")
    assert certification("amended").pixel == "good"
