"""What was changed past CertHelper is found when a file is verified; files and versions are immutable."""

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from audit.chain import CHANGED_OR_RENAMED, broken_rows
from audit.digests import columns_of, row_digest, table_name
from audit.models import AppendOnlyError, RecordDigest
from certify.actions.lifecycle import withdraw_certification
from certify.models import Dataset, TrackerCertification
from golden.actions import make_file
from golden.models import FileCertification, GoldenFile, PolicyVersion
from golden.verifications import verify_file
from tests.audit.past_history import sql
from tests.golden.stored import certification, policy

pytestmark = pytest.mark.django_db


def test_a_history_row_changed_by_sql_is_found_and_named(clock):
    row = certification(315300)
    file = make_file(None, policy(), timezone.now())
    history = TrackerCertification.history.model._meta.db_table
    sql(f"UPDATE {history} SET strip = 'bad' WHERE id = %s", row.pk)
    result = verify_file(file)
    assert not result.is_verified and not result.is_equal
    assert [(each.run_number, each.lost) for each in result.differences] == [(315300, ((1, 100),))]
    assert {broken.key for broken in result.broken} == {row.pk}
    with pytest.raises(CommandError, match=r"(?s)differs.*Run 315300: only now none; only then 1-100.*certification"):
        call_command("golden", verify=file.pk)


def test_digests_that_somebody_computed_anew_differ_from_the_manifest(clock):
    row = certification(315300)
    file = make_file(None, policy(), timezone.now())
    history = TrackerCertification.history.model
    sql(f"UPDATE {history._meta.db_table} SET comment = 'other' WHERE id = %s", row.pk)
    sql("UPDATE certify_trackercertification SET comment = 'other' WHERE id = %s", row.pk)
    values = history.objects.values(*columns_of(history)).get(id=row.pk)
    digest = row_digest(history, values, columns_of(history), "")
    stored = RecordDigest.objects.get(table=table_name(history), row=values["history_id"])
    sql("UPDATE history_recorddigest SET digest = %s WHERE id = %s", digest, stored.pk)
    result = verify_file(file)
    assert result.is_equal and [broken.label for broken in result.broken] == ["history.change"]
    assert result.changed == ["history_digest"] and not result.is_verified


@pytest.mark.parametrize(
    ("change", "part"),
    [
        ("UPDATE golden_goldenfile SET content = '{}'", ""),
        ("UPDATE golden_goldenfile SET content = 'nonsense'", ""),
        ("UPDATE golden_goldenfile SET sha256 = 'x'", ""),
        ("UPDATE golden_goldenfile SET name = 'Golden.json'", "file name"),
        ("UPDATE golden_goldenfile SET manifest = '[]'", "certifications"),
        ("""UPDATE golden_goldenfile SET manifest = '{"stale": 5, "certifications": [1, [], ["x"]]}'""", "counts"),
        ("UPDATE golden_filecertification SET lumisections_in = 1", "rows of certifications"),
        ("DELETE FROM golden_filecertification", "rows of certifications"),
    ],
)
def test_a_file_changed_by_sql_is_found(clock, change, part):
    certification(315300)
    file = make_file(None, policy(), timezone.now())
    assert verify_file(GoldenFile.objects.get(pk=file.pk)).is_verified
    sql(change)
    result = verify_file(GoldenFile.objects.get(pk=file.pk))
    assert not result.is_verified
    assert part in result.changed if part else not result.is_content_whole


def test_a_row_changed_by_sql_into_one_that_counts_is_named(clock, shifter):
    """The manifest does not have it, since it did not count."""
    certification(315300)
    withdrawn = certification(315301, user=shifter)
    withdraw_certification(shifter, withdrawn, 1, "wrong run")
    file = make_file(None, policy(), timezone.now())
    assert verify_file(file).is_verified
    history = TrackerCertification.history.model._meta.db_table
    sql(f"UPDATE {history} SET state = 'live' WHERE id = %s", withdrawn.pk)
    result = verify_file(file)
    assert [each.run_number for each in result.differences] == [315301]
    assert {broken.key for broken in result.broken} == {withdrawn.pk}


def test_a_newest_row_removed_with_its_digest_is_named_by_its_change(clock, shifter):
    row = certification(315300, user=shifter)
    version = policy()
    clock(1)
    withdraw_certification(shifter, row, 1, "wrong run")
    file = make_file(None, version, timezone.now())
    assert verify_file(file).is_verified
    history, newest = TrackerCertification.history.model, TrackerCertification.history.filter(id=row.pk).first()
    sql(f"DELETE FROM {history._meta.db_table} WHERE history_id = %s", newest.history_id)
    digest = RecordDigest.objects.get(table=table_name(history), row=newest.history_id)
    sql("DELETE FROM history_recorddigest WHERE id = %s", digest.pk)
    live = "state = 'live', withdrawn_by_id = NULL, withdrawn_at = NULL, withdrawn_reason = ''"
    sql(f"UPDATE certify_trackercertification SET {live} WHERE id = %s", row.pk)
    (broken,) = verify_file(file).broken
    assert (broken.label, broken.key) == ("history.change", newest.change_id)


@pytest.mark.parametrize(
    ("change", "model"),
    [
        ("UPDATE certify_dataset SET name = '/PromptReco/Cosmics2018A/DQM'", TrackerCertification),
        ("UPDATE certify_runreconstruction SET reconstruction = 'rereco' WHERE run_id = 315300", TrackerCertification),
        ("UPDATE golden_policy SET name = 'tracker2017'", PolicyVersion),
    ],
)
def test_a_name_changed_by_sql_is_found_by_the_digests_of_what_refers_to_it(clock, change, model):
    row, version = certification(315300), policy()
    assert not [*broken_rows(TrackerCertification), *broken_rows(PolicyVersion)]
    sql(change)
    (broken,) = broken_rows(model)
    assert (broken.key, broken.problem) == (row.pk if model is TrackerCertification else version.pk, CHANGED_OR_RENAMED)


def test_files_names_and_versions_are_immutable(clock):
    certification(315300)
    version = policy()
    file = make_file(None, version, timezone.now())
    for refused in (file.save, file.delete, GoldenFile.objects.all().delete):
        with pytest.raises(AppendOnlyError):
            refused()
    for row in (version, version.policy, Dataset.objects.get()):
        rows = type(row).objects.all()
        for refused in (row.save, row.delete, rows.delete, lambda rows=rows: rows.update(pk=99)):
            with pytest.raises(AppendOnlyError):
                refused()
    assert list(FileCertification.objects.values_list("file", "lumisections_in")) == [(file.pk, 100)]


@pytest.mark.parametrize("column", ["made_at", "made_by_id", "number"])
def test_bookkeeping_of_a_version_changed_by_sql_is_found(clock, expert, column):
    version = policy(actor=expert)
    value = {"made_at": "2017-01-01 00:00:00+00:00", "made_by_id": None, "number": 7}[column]
    sql(f"UPDATE golden_policyversion SET {column} = %s", value)
    (broken,) = broken_rows(PolicyVersion)
    name = column.removesuffix("_id")
    assert (broken.key, broken.problem) == (version.pk, f"the record has other values than its newest row: {name}")
