"""An operation records one change, with old and new values, and one history row for each changed row."""

from datetime import date

import pytest
from django.apps import apps
from django.db import connection, transaction
from django.db.utils import DatabaseError, IntegrityError

from audit.models import AppendOnlyError, AppendOnlyModel, Change, Notice
from audit.operation import operation
from audit.presentation import present_rows
from certify.actions.certify import amend_certification, certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.models import BadReason, TrackerCertification
from certify.references.actions import adopt_reference
from certify.vocabulary.actions import add_term
from oms.models import OmsFill, OmsRun
from tests.certify.page_form import GOOD
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    ChecklistFactory,
    PixelProblemFactory,
    ReconstructionFactory,
    RunFactory,
    UserFactory,
)
from users.models import Role, User

pytestmark = pytest.mark.django_db


def decision(reference, **changes):
    values = {**GOOD, "date": date(2018, 6, 2)}
    return CertificationInput.from_columns(**{**values, "reference": reference, **changes})


@pytest.fixture
def reference():
    return ReconstructionFactory(reference=True)


def last_change() -> Change:
    return Change.objects.first()


def diff_lines_of(change, model="certify.trackercertification") -> list[list[str]]:
    """The lines of a change for the rows of one model: [label, before, after]."""
    return [
        line
        for diff_line in change.lines
        if diff_line["model"] == model
        for field in diff_line["fields"].values()
        for line in field["says"]
    ]


def test_certifying_records_one_change_with_actor_time_and_fields(shifter, reference, time_machine):
    run, problem = RunFactory(), PixelProblemFactory(name="hot ROC")
    time_machine.move_to("2018-06-02T10:00:00Z", tick=False)
    before = Change.objects.count()
    entry = decision(reference, comment="seen", problems={"pixel_problems": [problem]})
    certification = certify_run(shifter, run.run_number, "express", entry, CertificationContext())
    change = last_change()
    assert Change.objects.count() == before + 1
    assert (change.kind, change.by, change.by_name, change.run_number) == (
        "certify",
        shifter,
        "shifter",
        run.run_number,
    )
    assert change.at.isoformat() == "2018-06-02T10:00:00+00:00"
    assert [line["model"] for line in change.lines] == ["certify.trackercertification"]
    assert ["Comment", "none", "seen"] in diff_lines_of(change) and [
        "Pixel problems",
        "none",
        "hot ROC",
    ] in diff_lines_of(change)
    (row,) = TrackerCertification.history.filter(id=certification.pk)
    assert (row.change, row.history_type, row.many["pixel_problems"]) == (change, "+", [problem.pk])
    assert row.facts == certification.facts


def test_change_has_old_and_new_values_including_problems(shifter, shift_leader, reference):
    hot, cold = PixelProblemFactory(name="hot"), PixelProblemFactory(name="cold")
    run = RunFactory()
    entry = decision(reference, problems={"pixel_problems": [hot]})
    certification = certify_run(shifter, run.run_number, "express", entry, CertificationContext())
    reason = BadReasonFactory(name="HV off")
    bad = decision(
        reference, strip="bad", tracking="bad", bad_reason=reason, comment="hole", problems={"pixel_problems": [cold]}
    )
    amend_certification(shift_leader, certification, 1, bad, CertificationContext(), reason="seen again")
    change = last_change()
    assert (change.kind, change.by_name, change.why) == ("amend", "leader", "seen again")
    assert ["Strip", "good", "bad"] in diff_lines_of(change)
    assert ["Reason", "none", "HV off"] in diff_lines_of(change)
    assert ["Pixel problems", "hot", "cold"] in diff_lines_of(change)
    row = TrackerCertification.history.filter(id=certification.pk).first()
    assert (row.strip, row.version, row.many["pixel_problems"]) == ("bad", 2, [cold.pk])
    assert TrackerCertification.history.filter(id=certification.pk).count() == 2
    assert [notice.person for notice in Notice.objects.filter(change=change)] == [shifter]


def test_own_change_creates_no_notice(shifter, reference):
    certification = certify_run(
        shifter, RunFactory().run_number, "express", decision(reference), CertificationContext()
    )
    amend_certification(shifter, certification, 1, decision(reference, comment="more"), CertificationContext())
    assert not Notice.objects.exists()


def test_typed_facts_of_run_and_fill_are_part_of_the_same_change(shifter, reference):
    typed = {"run_type": {"value": "collisions"}, "lumisections": {"value": 12}, "recorded_lumi": {"value": 0.5}}
    basis = CertificationContext(
        typed_run=typed, typed_fill={"fill_number": {"value": 6650}, "era": {"value": "2018A"}}
    )
    certify_run(shifter, 318000, "express", decision(reference), basis)
    change = last_change()
    assert {line["model"] for line in change.lines} == {"certify.trackercertification", "oms.omsrun", "oms.omsfill"}
    assert ["Recorded lumi", "none", "0.500 /pb"] in diff_lines_of(change, "oms.omsrun")
    assert OmsRun.history.filter(run_number=318000).get().change == change
    assert OmsFill.history.filter(fill_number=6650).get().era == "2018A"


def test_refused_operation_writes_nothing(shifter, reference):
    run, before = RunFactory(), Change.objects.count()
    with pytest.raises(IntegrityError), operation(shifter, None):
        certify_run(shifter, run.run_number, "express", decision(reference), CertificationContext())
        raise IntegrityError
    assert Change.objects.count() == before and not TrackerCertification.history.exists()


def test_operation_without_changes_records_nothing(shifter):
    reason = BadReasonFactory(name="HV off")
    before = Change.objects.count()
    reason.save()
    add_term(shifter, BadReason, "HV off")
    OmsRun.objects.get_or_create(run_number=318001)  # a run without facts adds no line
    assert Change.objects.count() == before


def test_reasons_references_and_checklists_are_recorded(shifter, shift_leader):
    add_term(shifter, BadReason, "HV off", "high voltage off")
    assert (last_change().kind, last_change().by, last_change().lines[0]["made"]) == ("words", shifter, True)
    run = RunFactory()
    adopt_reference(shift_leader, run, "prompt", "first of the year")
    assert (last_change().kind, last_change().why, last_change().run_number) == (
        "adopt",
        "first of the year",
        run.run_number,
    )
    assert ["Reference run", "no", "yes"] in diff_lines_of(last_change(), "certify.runreconstruction")
    checklist = ChecklistFactory(text="one")
    checklist.text = "two"
    checklist.save()
    assert (last_change().by, last_change().by_name) == (None, "command")
    assert diff_lines_of(last_change(), "certify.checklist") == [["Text", "one", "two"]]


def test_many_to_many_change_outside_an_operation_is_recorded():
    certification, problem = CertificationFactory(), PixelProblemFactory(name="hot")
    certification.pixel_problems.add(problem)
    assert diff_lines_of(last_change()) == [["Pixel problems", "none", "hot"]]
    certification.pixel_problems.clear()
    assert diff_lines_of(last_change()) == [["Pixel problems", "hot", "none"]]
    assert TrackerCertification.history.filter(id=certification.pk).first().many["pixel_problems"] == []


def test_edits_in_the_admin_are_recorded_with_the_admin(admin_client, admin, shifter):
    address = f"/admin/users/user/{shifter.pk}/change/"
    form = admin_client.get(address).context["adminform"].form
    typed = {name: value for name, value in form.initial.items() if value is not None} | {"first_name": "Ann"}
    answer = admin_client.post(address, typed)
    assert (last_change().by, diff_lines_of(last_change(), "users.user")) == (admin, [["First name", "none", "Ann"]])
    assert last_change().request_id == answer["X-Request-ID"]


def test_role_is_recorded_and_neither_password_nor_last_login(admin, admin_client):
    person = UserFactory(username="new", role=Role.GUEST)
    person.role = Role.SHIFTER
    person.save()
    assert diff_lines_of(last_change(), "users.user") == [["Role", "guest", "shifter"]]
    before = Change.objects.count()
    person.set_password("other")
    person.save()
    admin_client.force_login(person)
    assert Change.objects.count() == before
    assert not {"password", "last_login"} & {field.name for field in User.history.model._meta.fields}


def test_refresh_from_oms_is_not_recorded(shifter_client, sandbox):
    before = OmsRun.history.count()
    shifter_client.get("/certify/315270/express/")
    assert OmsRun.objects.filter(pk=315270).exists() and OmsRun.history.count() == before


def test_unsaved_value_is_not_recorded():
    run = RunFactory(lumisections=12)
    run.lumisections, run.era = 13, "2018Z"
    run.save(update_fields=["lumisections"])
    assert diff_lines_of(last_change(), "oms.omsrun") == [["Lumisections", "12", "13"]]
    assert OmsRun.history.filter(run_number=run.pk).first().era == "2018A"


def test_history_cannot_be_changed_or_deleted():
    certification = CertificationFactory()
    change, row = last_change(), TrackerCertification.history.get(id=certification.pk)
    change.why = row.comment = "other"
    for refused in (change.save, row.save, change.delete, row.delete, Change.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            refused()
    for rows in (Change.objects, TrackerCertification.history, type(row).objects):
        with pytest.raises(AppendOnlyError):
            rows.update(history_type="-")


@pytest.mark.skipif(connection.vendor != "postgresql", reason="triggers are PostgreSQL's")
def test_postgresql_refuses_direct_changes_of_history():
    CertificationFactory()
    for table in ("history_change", "history_historicaltrackercertification"):
        for statement in (f"UPDATE {table} SET id = id", f"DELETE FROM {table}"):
            with pytest.raises(DatabaseError, match="neither changed nor deleted"), transaction.atomic():
                connection.cursor().execute(statement)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="triggers are PostgreSQL's")
def test_every_table_of_history_has_the_trigger():
    """A new table gets it after the migration that makes it (audit/triggers.py)."""
    query = "SELECT tgrelid::regclass::text FROM pg_trigger WHERE tgname = 'history_stays'"
    with connection.cursor() as cursor:
        cursor.execute(query)
        guarded = {name for (name,) in cursor.fetchall()}
    tables = {model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel)}
    assert tables == guarded and "history_change" in tables


def test_query_count_of_a_save(shifter, reference, django_assert_num_queries, django_assert_max_num_queries):
    """A certification: the change, the row after and their digests. A change of it: the digest before besides."""
    run = RunFactory()
    with django_assert_max_num_queries(30) as spent:
        certification = certify_run(shifter, run.run_number, "express", decision(reference), CertificationContext())
    assert sum("history_" in query["sql"] for query in spent.captured_queries) == 3
    with django_assert_max_num_queries(30) as spent:
        amend_certification(shifter, certification, 1, decision(reference, comment="x"), CertificationContext())
    assert sum("history_" in query["sql"] for query in spent.captured_queries) == 4


def test_history_of_a_deleted_term_remains():
    reason = BadReasonFactory(name="HV off")
    key = reason.pk
    reason.delete()
    assert last_change().lines[0]["gone"] and BadReason.history.filter(id=key).first().history_type == "-"


def test_change_description_is_readable(shifter, reference):
    """No internal fields, no ISO times, no repeated names, and no "before" for a new row."""
    shifter.first_name = shifter.username
    typed = {"run_type": {"value": "cosmics"}, "lumisections": {"value": 260}}
    entry = decision(ReconstructionFactory(reference=True, run=RunFactory(cosmics=True, older=True)))
    certification = certify_run(
        shifter, 317555, "express", entry, CertificationContext(typed_run=typed, is_dataset_verified=False)
    )
    assert last_change().by_name == "shifter"
    assert ["Dataset verified", "yes", "no"] in diff_lines_of(last_change())
    new = [line for row in present_rows(last_change(), shifter) for line in row.diff_lines]
    assert ("Run type", "none", "cosmics") in new
    assert {before for _label, before, _after in new} == {"none"}
    facts = {
        **certification.facts,
        "typed": {},
        "read_at": "2018-06-02T10:00:00.123456+00:00",
        "confirmed": {"by": "x"},
    }
    facts["run"] = {**facts["run"], "lumisections": 261, "end_time": "2018-06-02T10:00:00.123456+00:00"}
    certification.facts = facts
    certification.save()
    assert diff_lines_of(last_change()) == [["Facts, run end time", "none", "2018-06-02 10:00:00 UTC"]]
