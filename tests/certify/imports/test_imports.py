"""Import of certifications from a file: all or nothing, without replacing existing ones, with recorded changes."""

import datetime as dt
import io
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from audit.models import Change
from certify.actions.lifecycle import withdraw_certification
from certify.imports.importer import import_certifications
from certify.imports.problems import NotImportable
from certify.imports.rows import read_certifications
from certify.models import Dataset, RunReconstruction, TrackerCertification
from certify.models.components import FLAG_FIELDS
from infrastructure.csv_export import escape_cell, unescape_cell
from listruns.export_rows import FIELDS
from listruns.exports import exported_values
from oms.models import OmsRun
from tests.audit.past_history import sql
from tests.factories import (
    BadReasonFactory,
    CertificationFactory,
    PixelProblemFactory,
    RunFactory,
    StripProblemFactory,
)

pytestmark = pytest.mark.django_db
HEAD = "run_number,reconstruction,reference_run_number,reference_reconstruction,dataset,pixel,strip,tracking,date\n"
LINE = "316187,express,314472,prompt,/Express/Collisions2018/DQM,good,bad,excluded,2018-05-10\n"


def _read(text, flags=""):
    return read_certifications(io.StringIO(text), flags)


def test_line_becomes_a_certification_with_a_recorded_change(admin):
    result = import_certifications(admin, _read(HEAD + LINE), "from the old system")
    certification = TrackerCertification.objects.get()
    assert (result.imported, result.existing) == (1, [])
    assert (certification.pixel, certification.strip, certification.tracking, certification.verdict) == (
        "good",
        "bad",
        "excluded",
        "bad",
    )
    assert (str(certification.reference_runreconstruction), f"{certification.date}") == ("314472 prompt", "2018-05-10")
    assert (
        certification.user == admin
        and not certification.external_info_complete
        and not certification.is_dataset_verified
    )
    change = Change.objects.get(why="from the old system")
    assert [line["key"] for line in change.lines if line["model"] == "certify.trackercertification"] == [
        certification.pk
    ]
    assert TrackerCertification.history.get(id=certification.pk).tracking == "excluded"


def test_existing_certifications_are_not_imported_again(admin):
    run = RunFactory(run_number=316187, start_time=dt.datetime(2018, 5, 9, 23, 59, tzinfo=dt.UTC))
    existing = CertificationFactory(run=run)
    result = import_certifications(admin, _read(HEAD + LINE), "again")
    assert (result.imported, result.existing) == (0, [(316187, "express")])
    assert TrackerCertification.objects.get() == existing
    withdraw_certification(existing.user, existing, existing.version, "wrong run")
    assert import_certifications(admin, _read(HEAD + LINE + LINE), "again").imported == 1


def test_known_facts_are_frozen_with_the_certification(admin):
    run = RunFactory(run_number=316187, lumisections=99)
    import_certifications(admin, _read(HEAD + LINE.replace("2018-05-10", "")), "from before")
    certification = TrackerCertification.objects.get()
    assert (certification.lumisections, certification.run_type, certification.date) == (
        99,
        run.run_type,
        run.start_time.date(),
    )
    assert certification.facts["run"]["lumisections"] == 99


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("run_number,dataset\n1,x\n", "The columns reconstruction, reference_run_number"),
        (HEAD + LINE + LINE.replace("316187", "31"), "Line 3: run_number is '31'"),
        (HEAD + LINE.replace("express,314472", "expres,314472"), "Line 2: reconstruction is 'expres'"),
        (HEAD + LINE.replace("good", ""), "Line 2: pixel is empty"),
        (HEAD + LINE.replace("2018-05-10", "10.5.2018"), "Line 2: date is '10.5.2018'"),
        (HEAD + LINE.replace("316187", "0000316187999999"), "Line 2: run_number is '0000316187999999'"),
        (
            HEAD.strip() + ",state\n" + LINE.strip() + ",withdrawn\n",
            "Line 2: state is 'withdrawn'. It would count here",
        ),
        (
            HEAD.strip() + ",is_practice\n" + LINE.strip() + ",True\n",
            "Line 2: is_practice is 'True'. It would count here",
        ),
        (HEAD.strip() + ",lumisections\n" + LINE.strip() + ",many\n", "Line 2: lumisections is 'many'"),
    ],
)
def test_invalid_file_is_refused_with_the_line(text, message):
    with pytest.raises(NotImportable, match=message):
        _read(text)


ENTRY = {"run_number": 316187, "reconstruction": "express", **dict.fromkeys(FLAG_FIELDS, "good")}
ENTRY |= {"reference_run_number": 314472, "reference_reconstruction": "prompt"}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        (
            [ENTRY, {"run_number": 1}],
            "Entry 2: it has no reconstruction, reference_run_number, reference_reconstruction",
        ),
        ([ENTRY, ENTRY | {"run_number": [316187]}], "Entry 2: run_number is a list. Give one value."),
        ([ENTRY | {"comment": ["ghost hits"]}], "Entry 1: comment is a list. Give one value."),
        ([ENTRY, 5], "Entry 2: it is no object"),
    ],
)
def test_invalid_json_is_refused_with_the_entry(entries, message):
    with pytest.raises(NotImportable, match=message):
        _read(json.dumps(entries))
    with pytest.raises(NotImportable, match="It is no JSON"):
        _read(json.dumps(entries)[:-1])


def test_file_with_a_late_error_stores_nothing(admin, tmp_path):
    file = tmp_path / "import.csv"
    file.write_text(HEAD + LINE + LINE.replace("316187", "316188").replace("2018-05-10", ""), encoding="utf-8")
    with pytest.raises(CommandError, match=r"Nothing was imported. There is no known shift day of run 316188"):
        call_command("import_certifications", file, by=admin.username, reason="x")
    assert not TrackerCertification.objects.exists() and not Change.objects.filter(why="x").exists()


def test_shift_day_before_the_run_began_is_refused(admin):
    RunFactory(run_number=316187, start_time=dt.datetime(2018, 5, 11, 0, 1, tzinfo=dt.UTC))
    with pytest.raises(NotImportable, match=r"The shift day of run 316187 is before the run began \(UTC\)"):
        import_certifications(admin, _read(HEAD + LINE), "too early")
    assert not TrackerCertification.objects.exists()


def test_term_with_an_equal_looking_name_is_that_term(admin):
    reason = BadReasonFactory(name="Cr\u00e8me")
    head = HEAD.strip() + ",bad_reason\n"
    import_certifications(admin, _read(head + LINE.strip() + ",cre\u0300me\n"), "moved")
    assert TrackerCertification.objects.get().bad_reason == reason


def test_file_with_byte_order_mark_is_read(admin, tmp_path):
    file = tmp_path / "import.csv"
    file.write_text(HEAD + LINE, encoding="utf-8-sig")
    call_command("import_certifications", file, by=admin.username, reason="x")
    assert TrackerCertification.objects.get().run_number == 316187


def test_users_without_an_account_are_listed(admin, shifter, tmp_path, capsys):
    file = tmp_path / "import.csv"
    other_line = LINE.replace("316187", "316188")
    file.write_text(
        HEAD.strip() + ",user\n" + LINE.strip() + ",anna\n" + other_line.strip() + ",shifter\n", encoding="utf-8"
    )
    call_command("import_certifications", file, by=admin.username, reason="x")
    assert "admin owns what is of anna: they have no account here." in capsys.readouterr().out
    assert {row.run_number: row.user for row in TrackerCertification.objects.all()} == {316187: admin, 316188: shifter}


def test_import_requires_an_admin(shift_leader):
    with pytest.raises(PermissionDenied):
        import_certifications(shift_leader, _read(HEAD + LINE), "x")


EXPORTED = [
    name for name in FIELDS if name.startswith(("run_n", "recon", "run_type", "dataset", "reference", "lumi", "reco"))
]
EXPORTED += [
    name for name in FIELDS if name.startswith(("pixel", "strip", "tracking", "verdict", "trackermap", "bad_"))
]
EXPORTED += ["comment", "date", "user"]


def _exported(row):
    (values,) = exported_values(TrackerCertification.everything.filter(pk=row.pk))
    return {name: values[name] for name in EXPORTED}


def _empty():
    """Remove all but accounts and vocabulary, as in a new system."""
    for model in (TrackerCertification, RunReconstruction, Dataset, OmsRun):
        sql(f"DELETE FROM {model._meta.db_table}")


@pytest.mark.parametrize("file_format", ["csv", "json"])
def test_export_can_be_imported_without_loss(admin, admin_client, shifter, tmp_path, file_format):
    noisy, dead = PixelProblemFactory(name="Noisy chips"), PixelProblemFactory(name="Dead chips")
    certification = CertificationFactory(user=shifter, pixel="bad", pixel_lowstat=True, comment='=1+1, ghost hits\n"µ"')
    certification.bad_reason = BadReasonFactory(name="HV off; trip")
    certification.save()
    certification.pixel_problems.set([noisy, dead])
    other_certification = CertificationFactory(
        comment="'-quoted",
        recorded_lumi=None,
        dataset=None,
        reconstruction="prompt",
        strip_ranges=[[310, 330], [352, 352]],
        pixel_ranges=[[1, 4]],
    )
    other_certification.strip_problems.add(StripProblemFactory(name="+hot"))
    before = [_exported(row) for row in (certification, other_certification)]
    file = tmp_path / f"all.{file_format}"
    file.write_bytes(b"".join(admin_client.get(f"/list/?state=live&export={file_format}").streaming_content))
    TrackerCertification.pixel_problems.through.objects.all().delete()
    TrackerCertification.strip_problems.through.objects.all().delete()
    _empty()
    call_command("import_certifications", file, by=admin.username, reason="moved")
    rows = TrackerCertification.objects.order_by("runreconstruction__run")
    assert [_exported(row) for row in rows] == before
    assert rows[1].strip_ranges == [[310, 330], [352, 352]] and rows[1].pixel_ranges == [[1, 4]]
    assert set(TrackerCertification.history.get(id=rows[0].pk).many["pixel_problems"]) == {noisy.pk, dead.pk}


def test_unknown_terms_are_listed_and_left_out(admin, tmp_path, capsys):
    PixelProblemFactory(name="Noisy chips", is_retired=True)
    file = tmp_path / "import.csv"
    head = HEAD.strip() + ",bad_reason,pixel_problems\n"
    file.write_text(head + LINE.strip() + ",HV off,noisy CHIPS; Ghosts\n", encoding="utf-8")
    call_command("import_certifications", file, by=admin.username, reason="moved")
    certification = TrackerCertification.objects.get()
    assert ([problem.name for problem in certification.pixel_problems.all()], certification.bad_reason) == (
        ["Noisy chips"],
        None,
    )
    output = capsys.readouterr().out
    assert "not among the reasons here: HV off." in output and "not among the pixel problems here: Ghosts." in output


@pytest.mark.parametrize("text", ["", "plain", "=1", "'=1", "''=1", "'quoted'", "-", "@x", "\t"])
def test_escaping_of_formulas_is_reversible(text):
    written = escape_cell(text)
    assert not written.startswith(("=", "+", "-", "@", "\t")) and unescape_cell(written) == text
