"""Certifications from a golden JSON: what is stored, what is left alone, what is refused."""

import json
from datetime import UTC, date, datetime
from http import HTTPStatus
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from audit.chain import broken_changes, broken_rows
from audit.models import Change
from certify.actions.lifecycle import withdraw_certification
from certify.imports.file_flags import GOLDEN
from certify.models import TrackerCertification
from golden.evaluation import CompiledPolicy
from golden.models import Policy, PolicyVersion
from infrastructure.database.job_lock import job_lock
from oms.lumisections.mirror import store_lumisections, valid_segments
from oms.lumisections.models import LumisectionReading
from oms.lumisections.parsing import LumisectionRow
from tests.browser_form import field_names
from tests.certify.page_form import errors_of, open_form, send_form
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory
from users.models import User

pytestmark = pytest.mark.django_db
# In the layout of 2018, runs and ranges of its official files.
GOLDEN_JSON = '{\n  "315257": [[1, 88], [91, 92]],\n  "315258": [[1, 411]]\n}'
DCS_JSON = '{"315257": [[1, 92]], "315258": [[1, 411]], "315255": [[3, 20], [31, 40]]}'


@pytest.fixture
def files(tmp_path):
    """Write both files, and return the options of the command."""
    return written(tmp_path)


def written(folder, golden=GOLDEN_JSON, dcs=DCS_JSON, year=2018):
    options = {"golden": folder / "golden.json", "dcs": folder / "dcs.json", "year": year}
    options["golden"].write_text(golden)
    options["dcs"].write_text(dcs)
    return options


def made_again() -> str:
    out = StringIO()
    call_command("golden", "tracker2018", stdout=out, stderr=StringIO())
    return out.getvalue()


def run_import(options) -> list[str]:
    out = StringIO()
    call_command("import_flags", **options, stdout=out, stderr=StringIO())
    return out.getvalue().splitlines()


def imported(run_number) -> TrackerCertification:
    return TrackerCertification.objects.get(runreconstruction__run_id=run_number, user__username="import")


def test_each_run_gets_a_certification_without_blame_and_without_invented_facts(files):
    assert run_import(files) == [
        "3 certifications of /Import/2018/DQM imported, 0 unchanged.",
        "30 LS in 2 runs are DCS-good and not golden: out, cause unknown, may not be the Tracker's.",
        "The policy tracker2018 is new.",
    ]
    row = imported(315257)
    assert (row.reconstruction, row.dataset.name, row.date) == ("rerecoul", "/Import/2018/DQM", date(2018, 12, 31))
    assert str(row.reference_runreconstruction) == "315258 rerecoul"
    assert str(imported(315258).reference_runreconstruction) == "315257 rerecoul"
    assert all(flag.is_good and not flag.ranges for flag in row.component_flags) and row.verdict == "good"
    assert (row.run_type, row.lumisections, row.recorded_lumi) == ("unknown", None, None)
    known = {name: value for name, value in row.facts["run"].items() if value not in (None, "", [], {})}
    assert known == {"run_number": 315257, "run_type": "unknown"} and row.facts["fill"] == {}
    assert row.facts["import"] == {
        "source": "file",
        "files": row.facts["import"]["files"],
        "golden": [[1, 88], [91, 92]],
        "detector_on": [[1, 92]],
    }
    assert [len(sha256) for sha256 in row.facts["import"]["files"].values()] == [64, 64]
    assert row.comment == (
        "Imported from golden.json and dcs.json. 2 LS with the detector on are out, cause unknown, may not be the "
        "Tracker's."
    )
    assert imported(315258).comment == "Imported from golden.json and dcs.json."
    assert imported(315255).facts["import"][GOLDEN] == []


def test_lumisections_are_those_of_the_file_and_nothing_else(files):
    run_import(files)
    reading = LumisectionReading.objects.get(run_number=315255)
    assert (reading.source, reading.last) == ("file", 40)
    segments = valid_segments(315255)
    assert [(segment.first, segment.last) for segment in segments] == [(3, 20), (31, 40)]
    assert {segment.bits for segment in segments} == {(True,) * 8}
    assert {segment.recorded_lumi for segment in segments} == {None}


def test_shift_leader_takes_a_lumisection_out_in_the_form_and_undoes_it(files, sandbox, shift_leader_client):
    """The form reads the facts of the run from OMS, which do not change what was imported."""
    run_import(files)
    row, before = imported(315257), made_again()
    path = f"/list/{row.pk}/update/"
    changes = {"pixel_ranges": "50", "comment": "HV trip", "reason": "to try it"}
    answer = send_form(shift_leader_client, open_form(shift_leader_client, path), path, **changes)
    if answer.status_code != HTTPStatus.SEE_OTHER:
        confirmed = {name: "on" for name in field_names(answer) if name.startswith("confirm_")}
        answer = send_form(shift_leader_client, answer, path, **confirmed)
    assert answer.status_code == HTTPStatus.SEE_OTHER, errors_of(answer)
    assert before == GOLDEN_JSON
    assert made_again() == GOLDEN_JSON.replace("[[1, 88]", "[[1, 49], [51, 88]")
    shift_leader_client.post(f"/history/{Change.objects.first().pk}/undo/", {"reason": "back"})
    assert made_again() == GOLDEN_JSON


def test_without_a_dcs_file_the_detector_is_on_where_golden(files):
    run_import({**files, "dcs": None})
    assert [(segment.first, segment.last) for segment in valid_segments(315257)] == [(1, 88), (91, 92)]
    assert not TrackerCertification.objects.filter(runreconstruction__run_id=315255).exists()


def test_import_is_recorded_and_nobody_can_sign_in_as_its_account(files, client):
    run_import(files)
    account = User.objects.get(username="import")
    assert (account.is_active, account.has_usable_password(), account.role) == (False, False, "guest")
    certified = Change.objects.get(kind="certify")
    assert (certified.by, certified.why) == (account, "Imported from golden.json and dcs.json.")
    assert Change.objects.get(kind="policy").by == account
    assert TrackerCertification.history.count() == 3
    assert [*broken_rows(TrackerCertification), *broken_rows(PolicyVersion), *broken_changes()] == []


def test_second_run_changes_nothing(files):
    run_import(files)
    before = [Change.objects.count(), list(LumisectionReading.objects.values()), list(PolicyVersion.objects.values())]
    first, *_others, policy = run_import(files)
    assert (first, policy) == (
        "0 certifications of /Import/2018/DQM imported, 3 unchanged.",
        "The policy tracker2018 is as it was.",
    )
    after = [Change.objects.count(), list(LumisectionReading.objects.values()), list(PolicyVersion.objects.values())]
    assert after == before


@pytest.mark.parametrize(
    ("year", "text", "layout"),
    [
        (2016, '{\n  "273158": [[1, 1283]],\n  "273425": [[62, 352], [354, 742]]\n}', "wrap42"),
        (2018, GOLDEN_JSON, "wrap80"),
        (2022, json.dumps({"355862": [[121, 133]]}, indent=4), "indent"),
        (2022, '{"355862": [[121, 133]], "355863": [[1, 3], [5, 9]]}', "flat"),
        (2022, '{"355862":[[121,133]]}', "indent"),  # no layout gives it
    ],
)
def test_layout_of_the_policy_gives_the_file_again(tmp_path, year, text, layout):
    run_import({**written(tmp_path, text, year=year), "dcs": None})
    version = PolicyVersion.objects.get(policy__name=f"tracker{year}")
    assert (version.layout, version.dataset_pattern, version.number) == (layout, f"/Import/{year}/DQM", 1)
    labels = [clause.label for clause in CompiledPolicy(version.logic).clauses]
    assert labels[:3] == ["beam 1 stable", "beam 2 stable", "CMS active"]
    assert labels[-4:] == ["Pixel GOOD", "Strip GOOD", "Tracking GOOD", "in the imported golden JSON"]


def test_policy_that_exists_stays(files, expert):
    version = PolicyVersion(policy=Policy.objects.create(name="tracker2018"), number=1, logic={"==": [1, 1]})
    version.made_by, version.made_at = expert, datetime(2018, 6, 1, tzinfo=UTC)
    version.save()
    assert run_import(files)[-1] == "The policy tracker2018 is as it was."
    assert PolicyVersion.objects.get().logic == {"==": [1, 1]}


def test_runs_of_others_and_withdrawn_ones_are_left_alone_and_named(files, shifter, shift_leader):
    run = RunFactory(run_number=315258)
    target = ReconstructionFactory(run=run, reconstruction="rerecoul")
    theirs = CertificationFactory(runreconstruction=target, user=shifter, comment="mine")
    assert run_import(files)[-1] == ("Left alone, certified by a person or on another dataset: 315258.")
    theirs.refresh_from_db()
    assert (theirs.user, theirs.comment, theirs.version) == (shifter, "mine", 1)
    assert LumisectionReading.objects.filter(run_number=315258).count() == 0
    row = imported(315257)
    withdraw_certification(shift_leader, row, row.version, "not wanted")
    assert run_import(files)[-1] == "Left alone, imported before and withdrawn since: 315257."


def test_other_files_of_the_year_change_nothing_and_are_named(files, tmp_path):
    run_import(files)
    lines = run_import(written(tmp_path, GOLDEN_JSON.replace("[1, 88]", "[1, 87]")))
    assert lines[-1] == ("Left alone, imported before from files with other lumisections: 315257.")
    assert imported(315257).facts["import"][GOLDEN] == [[1, 88], [91, 92]]


def test_lumisections_of_oms_stay(files):
    RunFactory(run_number=315257)
    rows = [LumisectionRow(number, (True,) * 7 + (False,)) for number in range(1, 93)]
    store_lumisections(315257, rows, datetime(2018, 5, 1, tzinfo=UTC))
    assert run_import(files)[-1] == "With the lumisections that OMS gave before: 315257."
    assert LumisectionReading.objects.get(run_number=315257).source == "oms"


@pytest.mark.parametrize(
    ("golden", "dcs", "problem"),
    [
        ("{", DCS_JSON, "golden.json: The file is not JSON: Expecting property name"),
        ("[]", DCS_JSON, 'golden.json: The file is not {"RUN": [[FIRST, LAST], …]}.'),
        ("{}", DCS_JSON, "golden.json has no lumisections."),
        ('{"x": [[1, 2]]}', DCS_JSON, "golden.json: 'x' is no run number."),
        ('{"315257": [[2, 1]]}', DCS_JSON, "golden.json: Run 315257: the ranges are not [[FIRST, LAST], …]"),
        ('{"315257": [[1, 5], [5, 9]]}', DCS_JSON, "golden.json: Run 315257: the ranges 1-5 and 5-9 overlap."),
        ('{"315257": [[1, 100001]]}', DCS_JSON, "golden.json: Run 315257: no run has 100001 lumisections."),
        (GOLDEN_JSON, '{"315257": [[1, 88]], "315258": [[1, 500]]}', "the DCS-only file lacks: 315257 (91-92). Leave"),
        (GOLDEN_JSON, "\xff", "dcs.json: The file is not JSON"),
    ],
)
def test_bad_files_are_refused_with_the_reason(tmp_path, golden, dcs, problem):
    with pytest.raises(CommandError) as refusal:
        run_import(written(tmp_path, golden, dcs))
    assert str(refusal.value).startswith("Nothing was imported. ") and problem in str(refusal.value)
    assert not TrackerCertification.objects.exists() and not Policy.objects.exists()


def test_missing_file_and_odd_year_are_refused(files, tmp_path):
    with pytest.raises(CommandError, match=r"none\.json cannot be read: No such file or directory\."):
        run_import({**files, "golden": tmp_path / "none.json"})
    with pytest.raises(CommandError, match="There are no runs of 1999 to import"):
        run_import({**files, "year": 1999})


@pytest.mark.once
def test_second_import_at_once_says_so(files):
    with job_lock("import_flags") as is_alone:
        assert is_alone
        assert run_import(files) == ["Another import is running. Nothing done."]
