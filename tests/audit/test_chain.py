"""Rows of the history that were changed, removed or inserted by SQL are named; all others are not."""

from datetime import UTC, datetime
from importlib import import_module
from io import StringIO
from random import Random

import pytest
from django.apps import apps
from django.core.management import CommandError, call_command
from django.db import connection
from django.test.utils import CaptureQueriesContext

from audit import chain
from audit.chain import broken_changes, broken_rows
from audit.digests import columns_of, format_key, head_digests, row_digest
from audit.models import Change, DigestFormat, RecordDigest
from audit.operation import operation
from audit.undo import undo_change
from certify.models import BadReason, PixelProblem, TrackerCertification
from certify.vocabulary.actions import add_term
from oms.models import OmsRun
from tests.audit.past_history import sql
from tests.audit.world import RandomActor, build_world
from tests.factories import BadReasonFactory, CertificationFactory, PixelProblemFactory
from tests.proof import scaled
from users.models import User

pytestmark = pytest.mark.django_db
HISTORY = TrackerCertification.history.model._meta.db_table
COMMENTS = ("first", "second", "third")


def everything_broken():
    models = [model for model in apps.get_models() if hasattr(model, "audit_options")]
    return [*(row for model in models for row in broken_rows(model)), *broken_changes()]


def problems(model=TrackerCertification):
    return [(row.row, row.problem) for row in broken_rows(model)]


def stored_digest(row):
    return RecordDigest.objects.get(table="historicaltrackercertification", row=row.history_id)


@pytest.fixture
def certification():
    """A certification with four rows of history, and another one that nothing is done to."""
    CertificationFactory(comment="of another")
    changed = CertificationFactory()
    for comment in COMMENTS:
        changed.comment = comment
        changed.recorded_lumi, changed.facts = 1e-7, {"z": [1e22, 1.5e300, -0.0], "a": {"5": 5.0, "x": "é", "y": 1e-7}}
        changed.save()
    changed.pixel_problems.set([PixelProblemFactory(), PixelProblemFactory()])
    return changed


@pytest.fixture
def rows(certification):
    return list(TrackerCertification.history.filter(id=certification.pk).order_by("history_id"))


def test_history_as_written_is_whole(certification):
    assert len(list(TrackerCertification.history.filter(id=certification.pk))) == 5
    assert everything_broken() == []


def test_changed_row_is_named_with_record_time_and_person(rows):
    sql(f"UPDATE {HISTORY} SET comment = 'other' WHERE history_id = %s", rows[2].history_id)
    (broken,) = everything_broken()
    assert (broken.label, broken.key, broken.row) == (
        "certify.trackercertification",
        rows[2].id,
        rows[2].history_id,
    )
    assert (broken.at, broken.by, broken.problem) == (rows[2].history_date, "command", chain.CHANGED_OR_RENAMED)


@pytest.mark.parametrize("column", ["change_id", "history_date", "version", "facts", "many", "recorded_lumi"])
def test_any_column_counts(rows, column):
    values = {"history_date": datetime(2018, 6, 1, tzinfo=UTC), "facts": '{"a": 1}', "many": "{}"}
    value = {**values, "version": 77, "recorded_lumi": 1.1e-7, "change_id": rows[0].change_id}[column]
    sql(f"UPDATE {HISTORY} SET {column} = %s WHERE history_id = %s", value, rows[-1].history_id)
    assert (rows[-1].history_id, chain.CHANGED_OR_RENAMED) in problems()


def test_removed_row_is_named(rows):
    sql(f"DELETE FROM {HISTORY} WHERE history_id = %s", rows[1].history_id)
    (broken,) = everything_broken()
    assert (broken.row, broken.problem) == (rows[1].history_id, chain.REMOVED)
    assert (broken.at, broken.by) == (rows[1].history_date, "command")


def test_row_removed_with_its_digest_is_missed_by_the_next_row_and_by_its_change(rows):
    sql(f"DELETE FROM {HISTORY} WHERE history_id = %s", rows[1].history_id)
    sql("DELETE FROM history_recorddigest WHERE id = %s", stored_digest(rows[1]).pk)
    assert [(row.label, row.row) for row in everything_broken()] == [
        ("certify.trackercertification", rows[2].history_id),
        ("history.change", rows[1].change_id),
    ]


def test_newest_row_is_missed_however_much_is_removed_with_it(certification):
    certification.comment = "fourth"
    certification.save()
    row = TrackerCertification.history.filter(id=certification.pk).first()
    differs = "the record has other values than its newest row: comment"
    sql(f"DELETE FROM {HISTORY} WHERE history_id = %s", row.history_id)
    assert {problem for _row, problem in problems()} == {chain.REMOVED, differs}
    sql("DELETE FROM history_recorddigest WHERE change_id = %s", row.change_id)
    sql("DELETE FROM history_change WHERE id = %s", row.change_id)
    (broken,) = everything_broken()
    assert (broken.key, broken.problem) == (certification.pk, differs)


def test_two_rows_that_changed_places_are_both_named(rows):
    first, second = rows[1].history_id, rows[2].history_id
    for old, new in ((first, -1), (second, first), (-1, second)):
        sql(f"UPDATE {HISTORY} SET history_id = %s WHERE history_id = %s", new, old)
    assert problems() == [(first, chain.CHANGED_OR_RENAMED), (second, chain.CHANGED_OR_RENAMED)]


def test_inserted_row_is_named(rows):
    columns = ", ".join(
        connection.ops.quote_name(field.column)
        for field in TrackerCertification.history.model._meta.concrete_fields
        if field.name != "history_id"
    )
    new = 10**6
    sql(
        f"INSERT INTO {HISTORY} (history_id, {columns}) SELECT %s, {columns} FROM {HISTORY} WHERE history_id = %s",
        new,
        rows[-1].history_id,
    )
    assert problems() == [(new, chain.INSERTED)]


def test_changed_change_and_changed_record_are_named(certification):
    change = Change.objects.first()
    sql("UPDATE history_change SET by_name = 'somebody else' WHERE id = %s", change.pk)
    sql("UPDATE certify_trackercertification SET strip = 'bad' WHERE id = %s", certification.pk)
    record, named = everything_broken()
    assert (record.key, record.problem) == (certification.pk, "the record has other values than its newest row: strip")
    assert (named.label, named.row, named.by) == ("history.change", change.pk, "somebody else")


def test_record_that_was_moved_to_another_run_is_named(certification):
    moved = (
        "UPDATE certify_trackercertification SET runreconstruction_id = reference_runreconstruction_id WHERE id = %s"
    )
    sql(moved, certification.pk)
    (record,) = everything_broken()
    assert (record.key, record.problem.rpartition(": ")[2]) == (certification.pk, "runreconstruction")


def test_deleted_and_restored_record_goes_on_in_its_chain(admin):
    reason = BadReasonFactory(name="HV off")
    key = reason.pk
    reason.delete()
    undo_change(admin, Change.objects.first(), "back")
    assert BadReason.history.filter(id=key).count() == 3 and everything_broken() == []
    sql("DELETE FROM certify_badreason WHERE id = %s", key)
    assert [row.problem for row in everything_broken()] == [chain.DELETED_WITHOUT_HISTORY]


def test_digests_of_an_operation_cost_one_query_and_one_for_records_that_existed(shift_leader):
    reasons = [BadReasonFactory() for _ in range(3)]
    with CaptureQueriesContext(connection) as new:
        add_term(shift_leader, BadReason, "HV off", "high voltage off")
    with CaptureQueriesContext(connection) as existing, operation(shift_leader, "words"):
        for reason in reasons:
            reason.description = "other"
            reason.save()
    counts = [sum("history_recorddigest" in query["sql"] for query in spent) for spent in (new, existing)]
    assert counts == [1, 2] and everything_broken() == []


def test_rows_created_in_bulk_have_digests(shift_leader, admin):
    with operation(shift_leader, "words") as current:
        current.track_created(PixelProblem.objects.bulk_create(PixelProblem(name=f"hot {n}") for n in range(3)))
        current.track_created(OmsRun.objects.bulk_create([OmsRun(run_number=316187, typed={"era": {}})]))
    assert RecordDigest.objects.filter(change=Change.objects.first()).count() == 5
    undo_change(admin, Change.objects.first(), "back")
    assert everything_broken() == []


def test_column_that_is_added_later_leaves_digests_valid(rows):
    """Its columns are stored with each digest. As if `like_express` had been added after the newest row."""
    history, newest = type(rows[-1]), rows[-1]
    columns = [name for name in columns_of(history) if name != "like_express"]
    DigestFormat.objects.create(key=1, table="historicaltrackercertification", columns=columns)
    before = stored_digest(rows[-2])
    values = history.objects.values(*columns).get(history_id=newest.history_id)
    digest = row_digest(history, values, columns, before.digest)
    sql("UPDATE history_recorddigest SET format = 1, digest = %s WHERE id = %s", digest, stored_digest(newest).pk)
    assert problems() == []
    sql(f"UPDATE {HISTORY} SET like_express = %s WHERE history_id = %s", True, newest.history_id)
    assert [problem for _row, problem in problems()] == [
        "the record has other values than its newest row: like_express"
    ]


def test_migration_gives_digests_to_what_is_there(rows):
    head = head_digests(TrackerCertification, [rows[0].id])
    sql("DELETE FROM history_recorddigest")
    assert {problem for _row, problem in problems()} == {chain.INSERTED}
    import_module("audit.migrations.0018_digests_of_earlier_rows").chain_history(apps, None)
    assert everything_broken() == []
    assert head_digests(TrackerCertification, [rows[0].id]) == head


def test_present_columns_are_stored():
    for model in (TrackerCertification.history.model, Change):
        assert DigestFormat.objects.get(key=format_key(model)).columns == list(columns_of(model))


def test_head_digests_are_those_of_the_time(certification, rows):
    key = certification.pk
    heads = [head_digests(TrackerCertification, [key], row.history_date)[key] for row in rows]
    assert len(set(heads)) == len(rows)
    assert head_digests(TrackerCertification, [key, 10**6]) == {key: heads[-1]}


@pytest.mark.once
def test_random_operations_through_the_product_leave_it_whole():
    build_world()
    seed = Random().randrange(10**9)
    chance = RandomActor(Random(seed))
    for _ in range(scaled(60, 1000)):
        chance.act()
    for change in list(Change.objects.all()[:10]):
        undo_change(User.objects.get(username="admin0"), change, "back")
    assert everything_broken() == [], f"seed {seed}"


def test_command_names_what_it_finds_and_fails(rows):
    out = StringIO()
    call_command("check_record", stdout=out)
    assert "certify.trackercertification: 6 rows of 2 records checked, 0 broken." in out.getvalue()
    assert out.getvalue().endswith("The history is as it was written.\n")
    sql(f"UPDATE {HISTORY} SET comment = 'other' WHERE history_id = %s", rows[2].history_id)
    with pytest.raises(CommandError, match="1 rows of the history are not as they were written"):
        call_command("check_record", model=["certify.trackercertification"], stdout=out)
    at = f"{rows[2].history_date:%Y-%m-%d %H:%M:%S} UTC"
    row = f"certify.trackercertification {rows[2].id}, history row {rows[2].history_id} ({at}, by command)"
    assert f"{row}: {chain.CHANGED_OR_RENAMED}." in out.getvalue()
