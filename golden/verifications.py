"""Verifies a file and stores the outcome, with time and person."""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from audit.chain import broken_changes, broken_rows
from audit.digests import table_name
from audit.models import Change, RecordDigest
from certify.errors import EntryInvalid
from certify.models import TrackerCertification
from certify.rules.entry import ValidationIssue
from golden.actions import check_may_write
from golden.choices import GoldenChangeKind
from golden.dataset_patterns import PatternInvalid
from golden.differences import RunDifference, file_differences
from golden.evaluation import EvaluationFailed
from golden.generation import GeneratedFile, Steps, generation_steps, run_steps
from golden.layouts import FileInvalid, LayoutUnknown, read_runs
from golden.manifest import OF_THE_CODE
from golden.models import FileVerification, PolicyVersion, listed_keys
from golden.policy_text import PolicyInvalid
from golden.selectors import DatasetsOverlap
from infrastructure.number_ranges import format_ranges
from registry.other_flags.store import broken_readings

if TYPE_CHECKING:
    from audit.chain import BrokenRow
    from golden.generation import Progress
    from golden.layouts import RunRanges
    from golden.models import GoldenFile
    from users.models import User

MAX_NAMED = 20
_AT_ONCE = 1000  # SQLite limits the parameters of a query


@dataclass(frozen=True)
class Verification:
    """What became of making a file again. `broken`: rows of the history that are not as they were written.

    `is_content_whole`: the stored text has the stored SHA-256. `changed`: the parts of the manifest that differ.
    """

    made_again: GeneratedFile
    is_content_whole: bool
    is_equal: bool
    differences: list[RunDifference]
    changed: list[str]
    broken: list[BrokenRow]

    @property
    def is_verified(self) -> bool:
        """Whether nothing differs."""
        return self.is_content_whole and self.is_equal and not self.changed and not self.broken


def record_verification(actor: User | None, file: GoldenFile, *, progress: Progress | None = None) -> FileVerification:
    """Make a file again as of its time, compare it, and store what became of it.

    `actor` is None for commands. A file that cannot be made again is stored as different. Raises `PermissionDenied`
    below the role expert.
    """
    return run_steps(verification_steps(actor, file), progress)


def verification_steps(actor: User | None, file: GoldenFile) -> Steps[FileVerification]:
    """Verify a file as `record_verification` does, in steps."""
    check_may_write(actor, "Verifying a file")
    try:
        result = yield from _comparison_steps(file)
        is_equal, problems = result.is_verified, problem_lines(result)
    except EntryInvalid as error:
        is_equal, problems = False, [issue.sentence for issue in error.issues]
    verification: FileVerification = FileVerification.objects.create(
        file=file, at=timezone.now(), by=actor, is_equal=is_equal, problems=problems
    )
    return verification


def problem_lines(result: Verification) -> list[str]:
    """Return a sentence for each thing that differs, at most `MAX_NAMED` runs and rows of the history."""
    lines = [] if result.is_content_whole else ["The stored text does not have the stored SHA-256."]
    for row in result.differences[:MAX_NAMED]:
        gained, lost = format_ranges(row.gained) or "none", format_ranges(row.lost) or "none"
        lines.append(f"Run {row.run_number}: only now {gained}; only then {lost}.")
    if result.changed:
        lines.append(f"Other parts differ: {', '.join(result.changed)}.")
    lines += [str(row) for row in result.broken[:MAX_NAMED]]
    more = max(len(result.differences) - MAX_NAMED, 0) + max(len(result.broken) - MAX_NAMED, 0)
    return [*lines, *([f"{more} more."] if more else [])]


def verify_file(file: GoldenFile) -> Verification:
    """Make a file again as of its time and compare it, and check the history of what it rests on.

    Raises `EntryInvalid` where it cannot be made any more.
    """
    return run_steps(_comparison_steps(file))


def _comparison_steps(file: GoldenFile) -> Steps[Verification]:
    try:
        again = yield from generation_steps(file.policy_version, file.as_of, file.layout, stale_keys=file.listed_stale)
    except (DatasetsOverlap, EvaluationFailed, LayoutUnknown, PolicyInvalid, PatternInvalid) as error:
        raise EntryInvalid([ValidationIssue("__all__", f"The file cannot be made again: {error}")]) from None
    return Verification(
        made_again=again,
        is_content_whole=sha256(file.file_bytes).hexdigest() == file.sha256,
        is_equal=again.content == file.content,
        differences=file_differences(_stored_runs(file), again.tally.ranges),
        changed=_changed_parts(file.stored_manifest, again.manifest)
        + _changed_name(file, again)
        + _changed_rows(file, again),
        broken=_broken_history(file, file.stored_manifest, again.manifest),
    )


def _stored_runs(file: GoldenFile) -> RunRanges:
    """Return the runs of the stored text, none if it was changed into something else."""
    try:
        return read_runs(file.content)
    except FileInvalid:
        return {}


def _changed_parts(manifest: dict[str, Any], again: dict[str, Any]) -> list[str]:
    names = (name for name in {**manifest, **again} if name not in OF_THE_CODE)
    return [name for name in names if manifest.get(name) != again.get(name)]


def _changed_name(file: GoldenFile, again: GeneratedFile) -> list[str]:
    return [] if file.name == again.name else ["file name"]


def _changed_rows(file: GoldenFile, again: GeneratedFile) -> list[str]:
    """Return the name of the table of certifications of the file, if it has others."""
    names = ("certification_id", "version", "lumisections_in", "lumisections_out")
    stored = set(file.certifications.values_list(*names))
    counted = again.tally.certifications
    expected = {(each.key.pk, each.key.version, each.lumisections_in, each.lumisections_out) for each in counted}
    return [] if stored == expected else ["rows of certifications"]


def _broken_history(file: GoldenFile, *manifests: dict[str, Any]) -> list[BrokenRow]:
    """Return the broken rows of the policy, and of the certifications and readings that a manifest names.

    The changes that wrote them are checked too: nothing else names a row that was removed with its digest.
    """
    lists = [listed_keys(manifest, name) for manifest in manifests for name in ("certifications", "left_out")]
    keys = sorted({key for listed in lists for key in listed})
    of_policy = broken_rows(PolicyVersion, [file.policy_version_id])
    runs = {key[2] for manifest in manifests for key in _read_from_registry(manifest)}
    of_readings = broken_readings(runs) if runs else ()
    of_changes = broken_changes(_changes_of(keys))
    return [*broken_rows(TrackerCertification, keys), *of_policy, *of_readings, *of_changes]


def _read_from_registry(manifest: dict[str, Any]) -> list[Any]:
    """Return the rows of readings of Run Registry in a manifest, whatever was made of it."""
    registry = manifest.get("registry")
    rows = registry.get("read") if isinstance(registry, dict) else None
    lists = rows if isinstance(rows, list) else []
    return [row for row in lists if isinstance(row, list) and len(row) > 2 and isinstance(row[2], int)]


def _changes_of(keys: list[int]) -> set[int]:
    """Return the primary keys of the changes of policies, of certifications and of their runs."""
    changes = set(Change.objects.filter(kind=GoldenChangeKind.POLICY).values_list("pk", flat=True))
    written = RecordDigest.objects.filter(table=table_name(TrackerCertification.history.model))
    for start in range(0, len(keys), _AT_ONCE):
        part = keys[start : start + _AT_ONCE]
        runs = TrackerCertification.everything.filter(pk__in=part).values("runreconstruction__run_id")
        changes |= set(written.filter(key__in=part).values_list("change_id", flat=True))
        changes |= set(Change.objects.filter(run_number__in=runs).values_list("pk", flat=True))
    return changes
