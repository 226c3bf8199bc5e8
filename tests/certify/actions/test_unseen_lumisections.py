"""Saved before the lumisections of the run were read: incomplete, and asked about when they come."""

from __future__ import annotations

import datetime as dt

import pytest
from django.core.management import call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit.models import Change
from audit.undo import undo_change
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.actions.lifecycle import restore_certification, withdraw_certification
from certify.models import TrackerCertification
from certify.ranges.models import LumisectionRequest
from certify.review.actions import answer_question
from certify.review.models import ShifterQuestion
from certify.review.selectors import open_questions_for
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.certify.page_form import GOOD
from tests.factories import COMPONENTS, CertificationFactory, ReconstructionFactory, RunFactory, UserFactory
from tests.listruns.list_page import exported_csv

pytestmark = pytest.mark.django_db
NOW = dt.datetime(2018, 6, 2, 12, tzinfo=dt.UTC)
ON = (True,) * 8
NO_BPIX = (True, True, False, True, True, True, True, True)
SENTENCE = (
    "Pixel was off in 20 of 24 lumisections with stable beams; they drop out by the detector bits. "
    "Judge the other 4 (2.000 /pb)."
)
OFF = ("bad", "excluded", "excluded")
MARK = "Lumisections not seen"


@pytest.fixture
def run():
    return RunFactory(run_number=316062, lumisections=24, recorded_lumi=12.0)


@pytest.fixture
def reference():
    return ReconstructionFactory(reference=True)


def store_rows(run, off=20, hours=0, last=24) -> None:
    """Store lumisections 1 to `last`, BPIX off in the first `off`."""
    rows = [LumisectionRow(number, ON if number > off else NO_BPIX, None, 0.5) for number in range(1, last + 1)]
    store_lumisections(run.run_number, rows, NOW + dt.timedelta(hours=hours))


def decision(reference, *flags, **changes) -> CertificationInput:
    columns = {**GOOD, "reference": reference, "date": dt.date(2018, 6, 2), **changes}
    columns |= dict(zip(("pixel", "strip", "tracking"), flags, strict=False))
    return CertificationInput.from_columns(**columns)


def certify(person, run, data, reconstruction="express") -> TrackerCertification:
    context = CertificationContext(is_complete=True, training_of=person.pk if person.in_training else None)
    return certify_run(person, run.run_number, reconstruction, data, context)


def amend(person, row, data) -> TrackerCertification:
    return amend_certification(person, row, row.version, data, CertificationContext(is_complete=True))


def stored(row) -> TrackerCertification:
    return TrackerCertification.everything.get(pk=row.pk)


def requests() -> list[tuple[int, str]]:
    return list(LumisectionRequest.objects.values_list("run_number", "registry_name"))


def test_save_before_the_lumisections_are_read_is_incomplete_and_requests_them(
    shifter, run, reference, shifter_client, guest_client
):
    row = certify(shifter, run, decision(reference))
    certify(shifter, run, decision(reference), "prompt")
    assert (stored(row).lumisections_seen, stored(row).external_info_complete) == (False, True)
    assert (TrackerCertification.objects.incomplete().count(), requests()) == (2, [(run.run_number, "")])
    assert "lumisections not seen" in shifter_client.get("/list/facts/").text
    assert "2 certifications with facts to complete" in shifter_client.get("/").text
    assert shifter_client.get("/end-of-shift/").context["page"].incomplete.count == 2
    assert MARK in guest_client.get(f"/list/{row.pk}/").text
    found = guest_client.get("/list/?incomplete=on").context["page"].table.page.object_list.data
    assert row.pk in [certification.pk for certification in found]
    assert {line["lumisections_seen"] for line in exported_csv(guest_client, runs_min=run.run_number)} == {"False"}


@pytest.mark.parametrize(
    ("flags", "changes", "components"),
    [
        (("excluded", "excluded", "excluded"), {}, None),
        (("good", "good", "good"), {"pixel_lowstat": True, "strip_lowstat": True, "tracking_lowstat": True}, None),
        (("good", "excluded", "excluded"), {}, [name for name in COMPONENTS if name != "PIXEL"]),
    ],
    ids=["not good", "low statistics", "detector not in the run"],
)
def test_save_of_which_the_rule_cannot_ask_is_complete(shifter, run, reference, flags, changes, components):
    run.components = components or run.components
    run.save()
    row = certify(shifter, run, decision(reference, *flags, **changes, confirmed=["pixel", "absent"]))
    assert (stored(row).lumisections_seen, requests()) == (True, [])


def test_save_after_the_reading_is_complete_also_if_oms_has_none(shifter, run, reference):
    store_rows(run, off=0)
    assert certify(shifter, run, decision(reference)).lumisections_seen
    empty = RunFactory()
    store_lumisections(empty.run_number, [], NOW)
    row = certify(shifter, empty, decision(reference))
    assert (stored(row).lumisections_seen, requests(), ShifterQuestion.objects.count()) == (True, [], 0)


def test_save_before_the_reading_costs_one_query_more(shifter, run, reference):
    read = RunFactory()
    store_rows(read, off=0)
    certify(shifter, RunFactory(), decision(reference))
    with CaptureQueriesContext(connection) as after:
        certify(shifter, read, decision(reference))
    with CaptureQueriesContext(connection) as before:
        certify(shifter, run, decision(reference))
    assert len(before) == len(after) + 1


def test_question_is_opened_once_when_the_lumisections_come(shifter, run, reference, shifter_client, guest_client):
    row = certify(shifter, run, decision(reference))
    version = stored(row).version
    store_rows(run)
    question = ShifterQuestion.objects.get()
    assert (question.text, question.asked_by, question.certification_id) == (SENTENCE, None, row.pk)
    assert (stored(row).lumisections_seen, stored(row).version) == (True, version)
    store_rows(run, off=22, hours=1)
    assert ShifterQuestion.objects.count() == 1
    change = Change.objects.get(kind="ask")
    assert (change.by, change.by_name, change.run_number) == (None, "command", run.run_number)
    pages = "/", f"/list/{row.pk}/", f"/list/questions/{question.pk}/"
    for page in pages:
        html = " ".join(shifter_client.get(page).text.split())
        assert "CertHelper" in html and SENTENCE[:80] in html, page
    assert MARK not in guest_client.get(f"/list/{row.pk}/").text
    assert "lumisections not seen" not in shifter_client.get("/list/facts/").text


@pytest.mark.parametrize("confirmed", [[], ["dcs"]])
def test_lumisections_that_need_no_question_open_none(shifter, run, confirmed):
    off = 20 if confirmed else 1
    row = CertificationFactory(run=run, user=shifter, lumisections_seen=False, confirmed=confirmed)
    store_rows(run, off=off)
    assert (stored(row).lumisections_seen, ShifterQuestion.objects.count()) == (True, 0)


@pytest.mark.parametrize("first", [0, 3], ids=["none in OMS yet", "three so far"])
def test_question_is_opened_when_more_of_a_run_that_goes_on_is_read(shifter, run, reference, first):
    store_rows(run, off=0, last=first)
    row = certify(shifter, run, decision(reference))
    assert (stored(row).lumisections_seen, ShifterQuestion.objects.count()) == (True, 0)
    store_rows(run, hours=1)
    assert ShifterQuestion.objects.get().text == SENTENCE
    for hours, off in ((2, 0), (3, 21)):  # OMS takes it back, and changes its mind
        store_rows(run, off=off, hours=hours)
    assert (ShifterQuestion.objects.count(), Change.objects.filter(kind="ask").count()) == (1, 1)


def test_later_reading_asks_nothing_that_was_confirmed_or_needs_no_judgement(shifter, other_shifter, run, reference):
    store_rows(run, last=3)
    certify(shifter, run, decision(reference, confirmed=["dcs"]))
    certify(other_shifter, run, decision(reference, *("excluded",) * 3, confirmed=["counterpart"]), "prompt")
    certify(UserFactory(in_training=True), run, decision(reference, confirmed=["dcs"]))
    store_rows(run, hours=1)
    assert not ShifterQuestion.objects.exists()


def test_imported_and_earlier_rows_get_no_question(run):
    row = CertificationFactory(run=run)
    store_rows(run)
    assert (stored(row).lumisections_seen, ShifterQuestion.objects.count()) == (True, 0)


def test_worker_reads_what_a_save_requested(sandbox, shifter, reference):
    certify(shifter, RunFactory(run_number=316062), decision(reference, confirmed=["lumi", "ref_old"]))
    certify(shifter, RunFactory(run_number=314749), decision(reference))
    call_command("read_lumisections", verbosity=0)
    assert (requests(), TrackerCertification.objects.incomplete().count()) == ([], 0)
    question = ShifterQuestion.objects.get()  # OMS has no lumisections of the other run
    assert (question.certification.run_number, " was off in " in question.text) == (316062, True)


def test_failed_reading_leaves_the_mark_and_the_request(sandbox, shifter, run, reference):
    row = certify(shifter, run, decision(reference))
    sandbox.faults("oms", "500")
    call_command("read_lumisections", verbosity=0)
    assert (stored(row).lumisections_seen, requests()) == (False, [(run.run_number, "")])


def test_practice_is_marked_and_gets_no_question(run, reference):
    trainee = UserFactory(in_training=True)
    row = certify(trainee, run, decision(reference))
    assert (stored(row).lumisections_seen, requests()) == (False, [(run.run_number, "")])
    store_rows(run)
    assert (stored(row).lumisections_seen, ShifterQuestion.objects.count()) == (True, 0)


def test_each_reconstruction_of_the_run_gets_its_question(shifter, other_shifter, run, reference):
    rows = [certify(shifter, run, decision(reference)), certify(other_shifter, run, decision(reference), "prompt")]
    store_rows(run)
    assert [question.certification_id for question in ShifterQuestion.objects.all()] == [row.pk for row in rows]
    assert [question.certification.user for question in open_questions_for(shifter).mine] == [shifter]


def test_question_on_a_withdrawn_certification_is_open_once_it_is_restored(shifter, run, reference):
    row = certify(shifter, run, decision(reference))
    row = withdraw_certification(shifter, row, row.version, "wrong run")
    store_rows(run)
    assert not ShifterQuestion.objects.open().exists()
    restore_certification(shifter, row, row.version, "the right one")
    assert ShifterQuestion.objects.open().get().text == SENTENCE


def test_answer_and_undo_work_as_for_a_question_of_a_person(shifter, run, reference, shift_leader, shifter_client):
    row = certify(shifter, run, decision(reference))
    store_rows(run)
    question = ShifterQuestion.objects.get()
    answered = shifter_client.post(f"/list/questions/{question.pk}/", {"answer": "Good in the other 4."})
    assert (answered.status_code, ShifterQuestion.objects.open().count()) == (303, 0)
    undo_change(shifter, Change.objects.filter(kind="answer").get(), "too early")
    answer_question(shift_leader, ShifterQuestion.objects.open().get(), "Discussed.")
    assert shifter_client.get(f"/list/{row.pk}/").status_code == 200
    undo_change(shift_leader, Change.objects.filter(kind="answer").latest("pk"), "not yet")
    undo_change(shift_leader, Change.objects.get(kind="ask"), "checked in person")
    assert not ShifterQuestion.objects.not_taken_back().exists()


def test_change_before_the_reading_is_judged_anew(shifter, run, reference):
    row = certify(shifter, run, decision(reference, *("excluded",) * 3))
    row = amend(shifter, stored(row), decision(reference))
    assert (stored(row).lumisections_seen, requests()) == (False, [(run.run_number, "")])
    LumisectionRequest.objects.all().delete()
    row = amend(shifter, stored(row), decision(reference, *("excluded",) * 3))
    assert (stored(row).lumisections_seen, requests()) == (True, [])
    undo_change(shifter, Change.objects.latest("pk"), "not meant")
    assert (stored(row).pixel, stored(row).lumisections_seen) == ("good", False)
    assert requests() == [(run.run_number, "")]
    undo_change(shifter, Change.objects.latest("pk"), "meant")
    assert (stored(row).pixel, stored(row).lumisections_seen) == ("excluded", True)


def test_change_after_the_reading_asks_at_once(shifter, run, reference):
    row = certify(shifter, run, decision(reference))
    store_rows(run, off=1)
    row = amend(shifter, stored(row), decision(reference, comment="seen again"))
    assert (stored(row).lumisections_seen, stored(row).version) == (True, 2)
    undo_change(shifter, Change.objects.latest("pk"), "no")
    assert stored(row).lumisections_seen


@pytest.fixture
def moments(shifter, run, reference, time_machine):
    """A certification saved at 10:00 and read at 11:00: primary key, and times (UTC) after the save and the reading."""
    time_machine.move_to("2018-06-02T10:00:00Z", tick=False)
    key = certify(shifter, run, decision(reference)).pk
    time_machine.move_to("2018-06-02T11:00:00Z", tick=False)
    store_rows(run, off=1)
    return key, "2018-06-02T10:30:00Z", "2018-06-02T11:00:00Z"


def test_page_as_of_a_time_shows_the_mark_until_the_reading(guest_client, moments):
    key, saved, read = moments
    queries = f"?as_of={saved}", f"?as_of={read}", ""
    marks = [MARK in guest_client.get(f"/list/{key}/{query}").text for query in queries]
    assert marks == [True, False, False]


def test_list_and_export_as_of_a_time_have_the_mark_until_the_reading(guest_client, moments):
    _, *times = moments
    assert [len(exported_csv(guest_client, as_of=time, incomplete="on")) for time in times] == [1, 0]
    assert [exported_csv(guest_client, as_of=time)[0]["lumisections_seen"] for time in times] == ["False", "True"]
