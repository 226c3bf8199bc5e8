"""Certifications that a golden JSON of an earlier time amounts to: one of each run, all flags good, no bad ranges.

Which lumisections are golden is stored with each certification (`facts["import"]`), for the variable
`lumisection.import.golden` of policies. No component is blamed for the others: the file does not say why they are out.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from audit.operation import operation
from certify.facts.snapshot import IMPORT, frozen_facts
from certify.imports.targets import ImportTargets
from certify.models import TrackerCertification
from certify.models.choices import CertificationChangeKind, CertificationState, Flag, Reconstruction, TrackerMap
from certify.models.components import FLAG_FIELDS
from infrastructure.number_ranges import count_numbers, ranges_without
from oms.lumisections import bits
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.models import LumisectionReading, LumisectionSource
from oms.lumisections.parsing import LumisectionRow
from oms.models import OmsRun

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Sequence

    from certify.imports.rows import ReconstructionKey
    from infrastructure.number_ranges import NumberRanges
    from users.models import User

CHUNK = 100  # runs: each has hundreds of lumisections
GOLDEN, DETECTOR_ON = "golden", "detector_on"  # keys of `facts["import"]`, each [[first, last]]
ALL_ON: bits.Bits = (True,) * len(bits.NAMES)


@dataclass(frozen=True)
class FileRun:
    """A run of the files: its golden lumisections, and those in which the detector was on, which include them.

    `reference_run`: another run of the files, if there is one.
    """

    run_number: int
    dataset: str
    golden: NumberRanges
    detector_on: NumberRanges
    reference_run: int

    @property
    def key(self) -> ReconstructionKey:
        return self.run_number, Reconstruction.RERECOUL.value

    @property
    def reference(self) -> ReconstructionKey:
        """A reference is required, and the files name none."""
        return self.reference_run, Reconstruction.RERECOUL.value

    @property
    def out_count(self) -> int:
        """The number of lumisections in which the detector was on and that are not golden."""
        return count_numbers(ranges_without(self.detector_on, self.golden))

    @property
    def import_facts(self) -> dict[str, Any]:
        return {name: [list(span) for span in getattr(self, name)] for name in (GOLDEN, DETECTOR_ON)}


@dataclass(frozen=True)
class FileSource:
    """Where the runs are from, as it is stored with each certification: `files`: {name: SHA-256}; the shift day."""

    files: dict[str, str]
    day: dt.date

    @property
    def text(self) -> str:
        return f"Imported from {' and '.join(self.files)}."


@dataclass
class FileImportResult:
    """Numbers of new and of unchanged certifications, and runs that were left alone, by number.

    `certified`: by a person. `different`: imported earlier from files that differ. `withdrawn`: imported and withdrawn
    since. `with_lumisections`: new ones whose lumisections were read from OMS before.
    """

    created: int = 0
    unchanged: int = 0
    certified: list[int] = field(default_factory=list)
    different: list[int] = field(default_factory=list)
    withdrawn: list[int] = field(default_factory=list)
    with_lumisections: list[int] = field(default_factory=list)


def import_file_flags(
    actor: User, runs: Sequence[FileRun], source: FileSource, advance: Callable[[int], None]
) -> FileImportResult:
    """Store a certification of each run that has none, with its lumisections; `advance` gets the number of runs so far.

    Each 100 runs are one operation and one transaction, so that an import that was interrupted goes on.
    """
    result = FileImportResult()
    for start in range(0, len(runs), CHUNK):
        chunk = runs[start : start + CHUNK]
        with operation(actor, CertificationChangeKind.CERTIFY, reason=source.text) as done:
            targets = ImportTargets(chunk, done)
            new = _without_certification(actor, chunk, result)
            rows = [_certification(actor, run, targets, source) for run in new]
            done.track_created(TrackerCertification.objects.bulk_create(rows))
            _store_lumisections(new, rows, result)
        result.created += len(new)
        advance(start + len(chunk))
    return result


def _without_certification(actor: User, runs: Sequence[FileRun], result: FileImportResult) -> list[FileRun]:
    """Return the runs without a certification, or an import that was withdrawn; add the others to the result."""
    earlier = TrackerCertification.objects.filter(
        runreconstruction__run_id__in=[run.run_number for run in runs],
        runreconstruction__reconstruction=Reconstruction.RERECOUL,
    ).order_by("pk")
    columns = ("runreconstruction__run_id", "state", "user_id", "dataset__name", "facts__import")
    by_run: dict[int, list[Any]] = {}
    for row in earlier.values_list(*columns, named=True):
        by_run.setdefault(row.runreconstruction__run_id, []).append(row)
    return [run for run in runs if _is_new(actor, run, by_run.get(run.run_number, []), result)]


def _is_new(actor: User, run: FileRun, rows: list[Any], result: FileImportResult) -> bool:
    live = next((row for row in rows if row.state == CertificationState.LIVE), None)
    imported = [row for row in rows if row.user_id == actor.pk and row.dataset__name == run.dataset]
    if live is None and not imported:
        return True
    if live is None:
        result.withdrawn.append(run.run_number)
    elif live not in imported:
        result.certified.append(run.run_number)
    elif {name: (live.facts__import or {}).get(name) for name in (GOLDEN, DETECTOR_ON)} != run.import_facts:
        result.different.append(run.run_number)
    else:
        result.unchanged += 1
    return False


def _certification(actor: User, run: FileRun, targets: ImportTargets, source: FileSource) -> TrackerCertification:
    """Return the certification of a run; of the run nothing is known but what the files say."""
    target, reference = targets.reconstructions[run.key], targets.reconstructions[run.reference]
    facts = frozen_facts(OmsRun(run_number=run.run_number), reference, run.dataset, {"named": ""})
    return TrackerCertification(
        runreconstruction=target,
        reference_runreconstruction=reference,
        dataset=targets.datasets[run.dataset],
        is_dataset_verified=False,
        external_info_complete=True,  # nothing is to be completed: what the files lack stays unknown
        user=actor,
        date=source.day,
        trackermap=TrackerMap.MISSING,
        comment=_comment(run, source),
        facts=facts | {IMPORT: {"source": LumisectionSource.FILE.value, "files": source.files, **run.import_facts}},
        **dict.fromkeys(FLAG_FIELDS, Flag.GOOD),
    )


def _comment(run: FileRun, source: FileSource) -> str:
    out = f" {run.out_count} LS with the detector on are out, cause unknown, may not be the Tracker's."
    return source.text + (out if run.out_count else "")


def _store_lumisections(
    runs: Sequence[FileRun], rows: Sequence[TrackerCertification], result: FileImportResult
) -> None:
    """Store the lumisections with the detector on as those of each run, unless others were read from OMS."""
    numbers = [run.run_number for run in runs]
    valid = LumisectionReading.objects.filter(run_number__in=numbers, valid_until=None)
    read = set(valid.values_list("run_number", flat=True))
    for run, row in zip(runs, rows, strict=True):
        if run.run_number not in read:
            numbers_on = [number for first, last in run.detector_on for number in range(first, last + 1)]
            rows_on = [LumisectionRow(number, ALL_ON) for number in numbers_on]
            store_lumisections(run.run_number, rows_on, row.created_at, source=LumisectionSource.FILE)
    result.with_lumisections += [number for number in numbers if number in read]
