"""Bringing in certifications from a file: all of it or nothing, what stands stays, all of it on record."""

import io
import json

import pytest
from django.core.exceptions import PermissionDenied
from django.core.management import CommandError, call_command

from audit.models import Change
from certify.actions.lifecycle import withdraw_certification
from certify.imports.importer import NotImportable, import_certifications, read_certifications
from certify.models import Dataset, RunReconstruction, TrackerCertification
from certify.models.components import FLAG_FIELDS
from infrastructure.csv_export import escape_cell, unescape_cell
from listruns.exports import FIELDS, exported_values
from oms.models import OmsRun
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


def test_line_becomes_a_certification_on_record(admin):
    came = import_certifications(admin, _read(HEAD + LINE), "from the old system")
    made = TrackerCertification.objects.get()
    assert (came.made, came.existing) == (1, [])
    assert (made.pixel, made.strip, made.tracking, made.verdict) == ("good", "bad", "excluded", "bad")
    assert (str(made.reference_runreconstruction), f"{made.date}") == ("314472 prompt", "2018-05-10")
    assert made.user == admin and not made.external_info_complete and not made.is_dataset_verified
    change = Change.objects.get(why="from the old system")
    assert [line["key"] for line in change.lines if line["model"] == "certify.trackercertification"] == [made.pk]
    assert TrackerCertification.history.get(id=made.pk).tracking == "excluded"


def test_what_stands_stays_and_the_same_file_adds_nothing(admin):
    standing = CertificationFactory(run=RunFactory(run_number=316187))
    came = import_certifications(admin, _read(HEAD + LINE), "again")
    assert (came.made, came.existing) == (0, [(316187, "express")])
    assert TrackerCertification.objects.get() == standing
    withdraw_certification(standing.user, standing, standing.version, "wrong run")
    assert import_certifications(admin, _read(HEAD + LINE + LINE), "again").made == 1


def test_facts_that_are_known_go_with_it(admin):
    run = RunFactory(run_number=316187, lumisections=99)
    import_certifications(admin, _read(HEAD + LINE.replace("2018-05-10", "")), "from before")
    made = TrackerCertification.objects.get()
    assert (made.lumisections, made.run_type, made.date) == (99, run.run_type, run.start_time.date())
    assert made.facts["run"]["lumisections"] == 99


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("run_number,dataset\n1,x\n", "The columns reconstruction, reference_run_number"),
        (HEAD + LINE + LINE.replace("316187", "31"), "Line 3: run_number is '31'"),
        (HEAD + LINE.replace("express,314472", "expres,314472"), "Line 2: reconstruction is 'expres'"),
        (HEAD + LINE.replace("good", ""), "Line 2: pixel says nothing"),
        (HEAD + LINE.replace("2018-05-10", "10.5.2018"), "Line 2: date is '10.5.2018'"),
        (HEAD + LINE.replace("316187", "0000316187999999"), "Line 2: run_number is '0000316187999999'"),
        (HEAD.strip() + ",state\n" + LINE.strip() + ",withdrawn\n", "Line 2: it is withdrawn or practice"),
        (HEAD.strip() + ",is_practice\n" + LINE.strip() + ",True\n", "Line 2: it is withdrawn or practice"),
        (HEAD.strip() + ",lumisections\n" + LINE.strip() + ",many\n", "Line 2: lumisections is 'many'"),
    ],
)
def test_file_that_cannot_be_read_says_where(text, says):
    with pytest.raises(NotImportable, match=says):
        _read(text)


ENTRY = {"run_number": 316187, "reconstruction": "express", **dict.fromkeys(FLAG_FIELDS, "good")}
ENTRY |= {"reference_run_number": 314472, "reference_reconstruction": "prompt"}


@pytest.mark.parametrize(
    ("entries", "says"),
    [
        ([ENTRY, {"run_number": 1}], "Entry 2 has no reconstruction, reference_run_number, reference_reconstruction"),
        ([ENTRY, ENTRY | {"run_number": [316187]}], "Entry 2: run_number is a list. Give one value."),
        ([ENTRY | {"comment": ["ghost hits"]}], "Entry 1: comment is a list. Give one value."),
        ([ENTRY, 5], "Entry 2 is no object"),
    ],
)
def test_json_that_cannot_be_read_says_where(entries, says):
    with pytest.raises(NotImportable, match=says):
        _read(json.dumps(entries))
    with pytest.raises(NotImportable, match="It is no JSON"):
        _read(json.dumps(entries)[:-1])


def test_nothing_is_stored_of_a_file_that_fails_late(admin, tmp_path):
    file = tmp_path / "some.csv"
    file.write_text(HEAD + LINE + LINE.replace("316187", "316188").replace("2018-05-10", ""), encoding="utf-8")
    with pytest.raises(CommandError, match=r"Nothing was imported. There is no known shift day of run 316188"):
        call_command("import_certifications", file, by=admin.username, reason="x")
    assert not TrackerCertification.objects.exists() and not Change.objects.filter(why="x").exists()


def test_file_as_a_spreadsheet_saves_it_is_read(admin, tmp_path):
    file = tmp_path / "some.csv"
    file.write_text(HEAD + LINE, encoding="utf-8-sig")
    call_command("import_certifications", file, by=admin.username, reason="x")
    assert TrackerCertification.objects.get().run_number == 316187


def test_names_without_an_account_are_named(admin, shifter, tmp_path, capsys):
    file = tmp_path / "some.csv"
    other = LINE.replace("316187", "316188")
    file.write_text(
        HEAD.strip() + ",user\n" + LINE.strip() + ",anna\n" + other.strip() + ",shifter\n", encoding="utf-8"
    )
    call_command("import_certifications", file, by=admin.username, reason="x")
    assert "admin owns what is of anna: they have no account here." in capsys.readouterr().out
    assert {row.run_number: row.user for row in TrackerCertification.objects.all()} == {316187: admin, 316188: shifter}


def test_import_is_for_admins(shift_leader):
    with pytest.raises(PermissionDenied):
        import_certifications(shift_leader, _read(HEAD + LINE), "x")


SAID = [
    name for name in FIELDS if name.startswith(("run_n", "recon", "run_type", "dataset", "reference", "lumi", "reco"))
]
SAID += [name for name in FIELDS if name.startswith(("pixel", "strip", "tracking", "verdict", "trackermap", "bad_"))]
SAID += ["comment", "date", "user"]


def _said(row):
    return {name: exported_values(row)[name] for name in SAID}


def _empty():
    """As in a new system, but for accounts and words."""
    for model in (TrackerCertification, RunReconstruction, Dataset, OmsRun):
        getattr(model, "everything", model._base_manager).all()._raw_delete("default")


@pytest.mark.parametrize("kind", ["csv", "json"])
def test_own_export_comes_back_as_it_was(admin, admin_client, shifter, tmp_path, kind):
    noisy, dead = PixelProblemFactory(name="Noisy chips"), PixelProblemFactory(name="Dead chips")
    made = CertificationFactory(user=shifter, pixel="bad", pixel_lowstat=True, comment='=1+1, ghost hits\n"µ"')
    made.bad_reason = BadReasonFactory(name="HV off; trip")
    made.save()
    made.pixel_problems.set([noisy, dead])
    other = CertificationFactory(comment="'-quoted", recorded_lumi=None, dataset=None, reconstruction="prompt")
    other.strip_problems.add(StripProblemFactory(name="+hot"))
    was = [_said(row) for row in (made, other)]
    file = tmp_path / f"all.{kind}"
    file.write_bytes(b"".join(admin_client.get(f"/list/?state=live&export={kind}").streaming_content))
    TrackerCertification.pixel_problems.through.objects.all().delete()
    TrackerCertification.strip_problems.through.objects.all().delete()
    _empty()
    call_command("import_certifications", file, by=admin.username, reason="moved")
    rows = TrackerCertification.objects.order_by("runreconstruction__run")
    assert [_said(row) for row in rows] == was
    assert set(TrackerCertification.history.get(id=rows[0].pk).many["pixel_problems"]) == {noisy.pk, dead.pk}


def test_words_that_are_not_here_are_named_and_left_out(admin, tmp_path, capsys):
    PixelProblemFactory(name="Noisy chips", is_retired=True)
    file = tmp_path / "some.csv"
    head = HEAD.strip() + ",bad_reason,pixel_problems\n"
    file.write_text(head + LINE.strip() + ",HV off,noisy CHIPS; Ghosts\n", encoding="utf-8")
    call_command("import_certifications", file, by=admin.username, reason="moved")
    made = TrackerCertification.objects.get()
    assert ([one.name for one in made.pixel_problems.all()], made.bad_reason) == (["Noisy chips"], None)
    said = capsys.readouterr().out
    assert "not among the reasons here: HV off." in said and "not among the pixel problems here: Ghosts." in said


@pytest.mark.parametrize("text", ["", "plain", "=1", "'=1", "''=1", "'quoted'", "-", "@x", "\t"])
def test_guard_against_formulas_comes_off_again(text):
    written = escape_cell(text)
    assert not written.startswith(("=", "+", "-", "@", "\t")) and unescape_cell(written) == text
