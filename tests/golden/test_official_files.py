"""The official files of four years: imported, made again, to the byte. A part of each, in `make prove` all of it.

The files are found through CERTHELPER_DATA (default ../shared/data). What this proves is layout and evaluation, not the
policy: the import has taken its result from the file.
"""

import os
from io import StringIO
from pathlib import Path
from random import Random

import pytest
from django.core.management import call_command
from django.utils import timezone

from audit.models import Change
from audit.undo import undo_change
from certify.actions.certify import amend_certification
from certify.actions.input import CertificationContext, CertificationInput
from certify.models import TrackerCertification
from certify.models.choices import ConfirmationCode
from golden.differences import file_differences
from golden.generation import generate_file
from golden.imported_files import layout_of, read_lumi_file
from golden.layouts import layout_text, read_runs
from golden.selectors import certification_scope, policy_version_as_of
from infrastructure.number_ranges import count_numbers, ranges_without
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.certify.page_form import GOOD
from tests.proof import IS_FULL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
DATA = Path(os.environ.get("CERTHELPER_DATA", "../shared/data"))
GOLDEN = {
    2016: "Cert_271036-284044_13TeV_Legacy2016_Collisions16_JSON.txt",
    2017: "Cert_294927-306462_13TeV_UL2017_Collisions17_GoldenJSON.txt",
    2018: "Cert_314472-325175_13TeV_Legacy2018_Collisions18_JSON.txt",
    2022: "Cert_Collisions2022_355100_362760_Golden.json",
}
DCS_2018 = "json_DCSONLY_2018.txt"
# Of the 681 runs and 258,508 lumisections of the DCS-only file; 23,979 of these are not golden, in 368 runs.
ALL_OF_2018 = (681, 258_508, 23_979, 368)


def official(folder: str, name: str) -> Path:
    path = DATA / folder / name
    if not path.exists():
        pytest.skip(f"NOT PROVEN: {path} is missing. Set CERTHELPER_DATA to the folder with the official files.")
    return path


def part_of(path: Path, year: int, folder: Path, runs: slice) -> Path:
    """Write some of the runs of a file in its own layout; in `make prove` return the file itself."""
    if IS_FULL:
        return path
    whole = read_lumi_file(path)
    part = folder / path.name
    part.write_text(layout_text(dict(list(whole.runs.items())[runs]), layout_of(whole, year)))
    return part


def imported(year: int, golden: Path, dcs: Path | None = None) -> None:
    call_command("import_flags", golden=golden, dcs=dcs, year=year, stdout=StringIO(), stderr=StringIO())


def made_again(year: int) -> str:
    return generate_file(policy_version_as_of(f"tracker{year}", timezone.now()), timezone.now()).content


@pytest.mark.parametrize("year", GOLDEN)
def test_file_of_a_year_comes_out_again_to_the_byte(year, tmp_path, shift_leader):
    path = part_of(official("golden", GOLDEN[year]), year, tmp_path, slice(20, 50))
    imported(year, path)
    assert made_again(year).encode() == path.read_bytes()
    assert flipped_and_undone(year, path, shift_leader) == 1


def flipped_and_undone(year: int, path: Path, actor) -> int:
    """Make one lumisection of one certification bad, and undo it. Return the number of ranges that changed."""
    run, ranges = Random(year).choice(list(read_runs(path.read_text()).items()))
    first, last = ranges[-1]
    bad = (first + last) // 2
    row = TrackerCertification.objects.get(runreconstruction__run_id=run)
    values = {**GOOD, "date": row.date, "reference": row.reference_runreconstruction, "pixel_ranges": [[bad, bad]]}
    values["comment"] = "to see what it changes"
    entry = CertificationInput.from_columns(**values, confirmed=list(ConfirmationCode.values))
    context = CertificationContext(dataset=row.dataset.name)
    amend_certification(actor, row, row.version, entry, context, reason="to see what it changes")
    (difference,) = file_differences(read_runs(path.read_text()), read_runs(made_again(year)))
    assert (difference.run_number, difference.gained) == (run, ()) and difference.lost == ((bad, bad),)
    undo_change(actor, Change.objects.first(), "back")
    assert made_again(year).encode() == path.read_bytes()
    return len(difference.lost)


def test_each_lumisection_of_2018_that_is_dcs_good_and_not_golden_is_out_by_the_clause_of_the_import(tmp_path):
    runs = slice(110, 150)
    dcs = part_of(official("dcsonly", DCS_2018), 2018, tmp_path, runs)
    whole = read_runs(official("golden", GOLDEN[2018]).read_text())
    golden = tmp_path / "golden.json"
    golden.write_text(layout_text({run: whole.get(run, ()) for run in read_runs(dcs.read_text())}, "wrap80"))
    imported(2018, golden, dcs)
    assert made_again(2018) == golden.read_text()
    rules = policy_version_as_of("tracker2018", timezone.now()).rules
    scope = certification_scope(timezone.now(), rules.pattern, rules.compiled.variables)
    counts = [0, 0, 0, 0]
    for run in scope.certified_runs():
        counts[0] += 1
        out = [outcome for outcome in rules.compiled.outcomes(run) if not outcome.is_in]
        assert {rules.compiled.clauses[position].label for outcome in out for position in outcome.failing} <= {
            "in the imported golden JSON"
        }
        counts[1] += sum(segment.last - segment.first + 1 for segment in run.segments)
        counts[2] += sum(outcome.last - outcome.first + 1 for outcome in out)
        counts[3] += bool(out)
    assert tuple(counts) == (ALL_OF_2018 if IS_FULL else _expected(dcs, golden))


def _expected(dcs: Path, golden: Path) -> tuple[int, int, int, int]:
    runs, good = read_runs(dcs.read_text()), read_runs(golden.read_text())
    out = [count_numbers(ranges_without(ranges, good.get(run, ()))) for run, ranges in runs.items()]
    return len(runs), sum(map(count_numbers, runs.values())), sum(out), sum(count > 0 for count in out)


def test_what_oms_gives_later_does_not_change_what_was_imported(tmp_path):
    path = part_of(official("golden", GOLDEN[2016]), 2016, tmp_path, slice(3))
    imported(2016, path)
    run = next(iter(read_runs(path.read_text())))
    store_lumisections(run, [LumisectionRow(number, (False,) * 8) for number in range(1, 20)], timezone.now())
    assert made_again(2016).encode() == path.read_bytes()
