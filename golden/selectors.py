"""Reads what policies are evaluated on, as it was known at a time: certifications, their facts, lumisections, policies.

A handful of queries however many certifications there are; runs are streamed. Reads the database only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import groupby, pairwise
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from certify.as_of import history_rows_as_of
from certify.models import Dataset, TrackerCertification
from certify.models.choices import CertificationState, Verdict
from certify.models.components import FLAG_COLUMNS, component_flags_of
from certify.models.verdict import verdict
from golden.choices import StaleRule
from golden.contexts import (
    NO_LUMI,
    CertificationKey,
    CertifiedFlags,
    CertifiedRun,
    cut_segments,
    flag_ranges_of,
    holes_in,
)
from golden.models import PolicyVersion
from golden.run_values import frozen_facts, imported_ranges, imported_segments, run_values
from oms.lumisections import bits
from oms.lumisections.mirror import readings_as_of
from oms.lumisections.models import LumisectionReading, LumisectionSegment

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from django.db.models import QuerySet

    from golden.contexts import RecordedLumi
    from golden.dataset_patterns import DatasetPattern
    from infrastructure.number_ranges import NumberRanges

UNDECIDED = "its verdict is undecided"
NOT_READ = "the lumisections of the run had not been read"
NO_LUMISECTIONS = "OMS has no lumisections of the run"
STALE = "it is stale, which the policy leaves out"
_RUN = "runreconstruction__run_id"
_COLUMNS = (
    *("id", "version", _RUN, "runreconstruction__reconstruction", "dataset_id", "run_type", "lumisections"),
    *("recorded_lumi", "facts", *FLAG_COLUMNS),
)
_SEGMENT_COLUMNS = ("reading__run_number", "reading_id", "first", "last", *bits.NAMES)


class DatasetsOverlap(ValueError):
    """A pattern matches two certifications of a run. The message names the run and both datasets."""

    def __init__(self, first: CertificationKey, second: CertificationKey) -> None:
        names = f"{first.dataset} ({first.reconstruction}) and {second.dataset} ({second.reconstruction})"
        super().__init__(
            f"The dataset pattern matches two certifications of run {first.run_number}: {names}. Narrow the pattern."
        )


@dataclass(frozen=True)
class LeftOut:
    """A certification that does not count, and why."""

    key: CertificationKey
    reason: str


@dataclass(frozen=True)
class CertificationRecord:
    """A certification as it was. `last`: the last lumisection of the run, None if unknown.

    `segments`: the lumisections that an import brought along, as (first, last, bits); others are read from their table.
    """

    key: CertificationKey
    values: dict[str, Any]
    flags: CertifiedFlags
    is_good_by_lowstat: bool
    last: int | None
    era: str
    day: str
    segments: list[tuple[Any, ...]]


@dataclass
class CertificationScope:
    """The certifications that a policy is about, by run, and those that do not count.

    `stale`: those that are stale, whether they count or not. `left_out` grows while lumisections are read.
    """

    moment: datetime
    records: list[CertificationRecord] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    stale: list[CertificationKey] = field(default_factory=list)

    def certified_runs(self, without: Collection[int] = ()) -> Iterator[CertifiedRun]:
        """Yield the certifications with their lumisections, by run: two queries.

        `without`: primary keys of certifications to leave out.
        """
        records = [record for record in self.records if record.key.pk not in without]
        if not records:
            return
        readings = _readings(self.moment, records[0].key.run_number, records[-1].key.run_number)
        by_run = {record.key.run_number: record for record in records}
        for reading, segments in readings:
            if record := by_run.pop(reading[0], None):
                if not (its_segments := record.segments or segments):
                    self.left_out.append(LeftOut(record.key, NO_LUMISECTIONS))
                else:
                    yield _certified_run(record, reading, its_segments)
        self.left_out += [LeftOut(record.key, NOT_READ) for record in by_run.values()]


def policy_version_as_of(name: str, moment: datetime) -> PolicyVersion | None:
    """Return the version of a policy that was in force at a time, None if there was none: one query."""
    return PolicyVersion.objects.as_of(moment).with_names().filter(policy__name=name).first()


def certification_scope(
    moment: datetime,
    pattern: DatasetPattern,
    variables: Collection[str],
    stale_rule: str = StaleRule.COUNTS,
    *,
    run_number: int | None = None,
    stale_keys: Collection[int] | None = None,
) -> CertificationScope:
    """Return the certifications that counted at a time and whose dataset matches the pattern: three queries.

    Practice and withdrawn certifications are no part of it. `variables`: those whose values are read. `run_number`:
    only this run. `stale_keys`: primary keys of the stale certifications; else those that are stale now in the same
    version, since before that time, because no history of the mark is kept. Raises `DatasetsOverlap`.
    """
    names = {key: name for key, name in Dataset.objects.values_list("pk", "name") if pattern.matches(name)}
    rows: Any = history_rows_as_of(moment).filter(state=CertificationState.LIVE, is_practice=False)
    rows = rows.filter(dataset_id__in=list(names)).order_by(_RUN, "id")
    if run_number is not None:
        rows = rows.filter(**{_RUN: run_number})
    stale = _stale_versions(moment) if stale_keys is None else None
    scope = CertificationScope(moment)
    for row in rows.values_list(*_COLUMNS, named=True).iterator():
        record = _record(row, names[row.dataset_id], variables)
        is_stale = record.key.pk in stale_keys if stale is None else (record.key.pk, record.key.version) in stale  # type: ignore[operator]
        _add(scope, row, record, leaves_out=is_stale and stale_rule == StaleRule.LEFT_OUT)
        if is_stale:
            scope.stale.append(record.key)
    _check_one_per_run(scope)
    return scope


def lumi_in_ranges(moment: datetime, ranges: Mapping[int, NumberRanges]) -> dict[int, RecordedLumi]:
    """Return the luminosity recorded in lumisections, {run: ranges}, as OMS had given it at a time: two queries."""
    if not ranges:
        return {}
    found = dict.fromkeys(ranges, NO_LUMI)
    for (run, _, _, lumis), segments in _readings(moment, min(ranges), max(ranges)):
        if run in ranges:
            parts = cut_segments(segments, CertifiedFlags(()))
            found[run] = CertifiedRun(CertificationKey(0, 0, run, "", ""), {}, parts, lumis).lumi_of(ranges[run])
    return found


def _stale_versions(moment: datetime) -> set[tuple[int, int]]:
    """Return (primary key, version) of the certifications that have been stale since before a time."""
    return set(TrackerCertification.objects.filter(stale_since__lte=moment).values_list("pk", "version"))


def _add(scope: CertificationScope, row: Any, record: CertificationRecord, *, leaves_out: bool) -> None:
    if verdict(row.run_type, component_flags_of(row)) == Verdict.UNDECIDED:
        scope.left_out.append(LeftOut(record.key, UNDECIDED))
    elif leaves_out:
        scope.left_out.append(LeftOut(record.key, STALE))
    else:
        scope.records.append(record)


def _check_one_per_run(scope: CertificationScope) -> None:
    keys = [record.key for record in scope.records] + [left_out.key for left_out in scope.left_out]
    for key, following in pairwise(sorted(keys, key=lambda key: (key.run_number, key.pk))):
        if key.run_number == following.run_number:
            raise DatasetsOverlap(key, following)


def _record(row: Any, dataset: str, variables: Collection[str]) -> CertificationRecord:
    flags = component_flags_of(row)
    run = getattr(row, _RUN)
    key = CertificationKey(row.id, row.version, run, row.runreconstruction__reconstruction, dataset)
    facts = frozen_facts(row)
    return CertificationRecord(
        key,
        run_values(key, facts, row.facts, variables),
        CertifiedFlags(tuple(map(flag_ranges_of, flags)), imported_ranges(row.facts)),
        is_good_by_lowstat=any(flag.is_ok and not flag.is_good for flag in flags),
        last=row.lumisections,
        era=str(facts.get("era") or ""),
        day=str(facts.get("start_time") or "")[:10],
        segments=[*imported_segments(row.facts)],
    )


def _readings(moment: datetime, first: int, last: int) -> Iterator[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]:
    """Yield (run, key, read_at, lumis) of each reading of a range of runs, and its segments as (first, last, bits)."""
    valid = readings_as_of(moment).filter(run_number__range=(first, last))
    segments = _segments(valid).iterator()
    by_reading = groupby(segments, key=itemgetter(0, 1))
    following = next(by_reading, None)
    for reading in valid.order_by("run_number", "pk").values_list("run_number", "pk", "read_at", "lumis").iterator():
        its_segments: list[tuple[Any, ...]] = []
        while following and following[0] < reading[:2]:  # of a reading that was committed between the two queries
            following = next(by_reading, None)
        if following and following[0] == reading[:2]:
            its_segments = [(first, last, tuple(its_bits)) for _, _, first, last, *its_bits in following[1]]
            following = next(by_reading, None)
        yield reading, its_segments


def _segments(readings: QuerySet[LumisectionReading]) -> QuerySet[LumisectionSegment, tuple[Any, ...]]:
    rows = LumisectionSegment.objects.filter(reading__in=readings)
    return rows.order_by("reading__run_number", "reading_id", "first").values_list(*_SEGMENT_COLUMNS)


def _certified_run(
    record: CertificationRecord, reading: tuple[Any, ...], segments: list[tuple[Any, ...]]
) -> CertifiedRun:
    _, _, read_at, lumis = reading
    cut = cut_segments(segments, record.flags)
    holes = holes_in(cut, record.last)
    return CertifiedRun(record.key, record.values, cut, lumis, record.era, record.day, read_at, holes)
