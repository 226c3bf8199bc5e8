"""Reads what policies are evaluated on, as it was known at a time: certifications, their facts, lumisections, policies.

A handful of queries however many certifications there are; runs are streamed. Reads the database only.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from django.db.models import Q

from certify.as_of import history_rows_as_of
from certify.models import Dataset, StaleMark
from certify.models.choices import CertificationState, Verdict
from certify.models.components import FLAG_COLUMNS, component_flags_of
from certify.models.verdict import verdict
from golden.choices import StaleRule
from golden.contexts import (
    NO_LUMI,
    CertificationKey,
    CertifiedFlags,
    CertifiedRun,
    Segment,
    cut_segments,
    flag_ranges_of,
    holes_in,
)
from golden.lumisections import ReadLumisections, read_lumisections
from golden.models import PolicyVersion
from golden.registry_readings import RegistryReadings
from golden.run_values import frozen_facts, imported_ranges, imported_segments, run_values

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping
    from datetime import datetime

    from certify.models.components import ComponentFlag
    from golden.contexts import RecordedLumi
    from golden.dataset_patterns import DatasetPattern
    from golden.registry_values import RegistryValues
    from infrastructure.number_ranges import NumberRanges

UNDECIDED = "its verdict is undecided"
NO_DATASET = "it has no dataset, which the pattern could match"
NOT_READ = "the lumisections of the run had not been read"
NO_LUMISECTIONS = "OMS has no lumisections of the run"
STALE = "it is stale, which the policy leaves out"
_RUN = "runreconstruction__run_id"
_COLUMNS = (
    *("id", "version", _RUN, "runreconstruction__reconstruction", "dataset_id", "run_type", "lumisections"),
    *("recorded_lumi", "facts", *FLAG_COLUMNS),
)


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

    `segments`: the lumisections that an import brought along; those of others are read from their table.
    """

    key: CertificationKey
    values: dict[str, Any]
    flags: CertifiedFlags
    is_good_by_lowstat: bool
    last: int | None
    era: str
    day: str
    segments: list[Segment]

    @property
    def registry(self) -> RegistryValues | None:
        """What was read from Run Registry, if the policy names something of it."""
        return self.flags.registry


@dataclass
class CertificationScope:
    """The certifications that a policy is about, by run, and those that do not count.

    `stale`: those that are stale, whether they count or not. `left_out` grows while lumisections are read.
    """

    moment: datetime
    records: list[CertificationRecord] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    stale: list[CertificationKey] = field(default_factory=list)

    def certified_runs(self, without: Collection[int] = (), *, with_lumis: bool = False) -> Iterator[CertifiedRun]:
        """Yield the certifications with their lumisections, by run: three queries.

        The luminosity of each lumisection is read where a segment is cut, `with_lumis` always. `without`: primary keys
        of certifications to leave out.
        """
        records = {record.key.run_number: record for record in self.records if record.key.pk not in without}
        if not records:
            return
        wanted = [run for run, record in records.items() if with_lumis or record.segments or record.flags.cuts]
        for reading in read_lumisections(self.moment, min(records), max(records), wanted):
            if record := records.pop(reading.run_number, None):
                if record.segments or reading.segments:
                    yield _certified_run(record, reading)
                else:
                    self.left_out.append(LeftOut(record.key, NO_LUMISECTIONS))
        self.left_out += [LeftOut(record.key, NOT_READ) for record in records.values()]


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

    One more where `variables`, those whose values are read, name what is read from Run Registry. Practice and withdrawn
    certifications are no part of it. `run_number`: only this run. `stale_keys`: primary keys of the stale
    certifications, of a file whose manifest names them; else those that were stale at the time. Raises
    `DatasetsOverlap`.
    """
    names = {key: name for key, name in Dataset.objects.values_list("pk", "name") if pattern.matches(name)}
    rows: Any = history_rows_as_of(moment).filter(state=CertificationState.LIVE, is_practice=False)
    rows = rows.filter(Q(dataset_id__in=list(names)) | Q(dataset_id=None)).order_by(_RUN, "id")
    if run_number is not None:
        rows = rows.filter(**{_RUN: run_number})
    stale = StaleMark.objects.stale_keys(moment) if stale_keys is None else stale_keys
    readings = RegistryReadings(moment, variables, run_number)
    scope, without_dataset = CertificationScope(moment), []
    for row in rows.values_list(*_COLUMNS, named=True).iterator():
        if row.dataset_id is None:
            without_dataset.append(_key(row, ""))
            continue
        flags = component_flags_of(row)
        record = _record(row, flags, names[row.dataset_id], variables, readings)
        is_stale = record.key.pk in stale
        _add(scope, record, verdict(row.run_type, flags), leaves_out=is_stale and stale_rule == StaleRule.LEFT_OUT)
        if is_stale:
            scope.stale.append(record.key)
    _check_one_per_run(scope)
    _add_without_dataset(scope, without_dataset, run_number)
    return scope


def lumi_in_ranges(moment: datetime, ranges: Mapping[int, NumberRanges]) -> dict[int, RecordedLumi]:
    """Return the luminosity recorded in lumisections, {run: ranges}, as OMS had given it at a time: three queries."""
    found = dict.fromkeys(ranges, NO_LUMI)
    for reading in read_lumisections(moment, min(ranges), max(ranges), list(ranges)) if ranges else ():
        if reading.run_number in ranges:
            key = CertificationKey(0, 0, reading.run_number, "", "")
            run = CertifiedRun(key, {}, tuple(reading.segments), reading.lumis)
            found[reading.run_number] = run.lumi_of(ranges[reading.run_number])
    return found


def _add(scope: CertificationScope, record: CertificationRecord, its_verdict: Verdict, *, leaves_out: bool) -> None:
    if its_verdict == Verdict.UNDECIDED:
        scope.left_out.append(LeftOut(record.key, UNDECIDED))
    elif leaves_out:
        scope.left_out.append(LeftOut(record.key, STALE))
    else:
        scope.records.append(record)


def _check_one_per_run(scope: CertificationScope) -> None:
    for key, following in pairwise(sorted(_all_keys(scope), key=lambda key: (key.run_number, key.pk))):
        if key.run_number == following.run_number:
            raise DatasetsOverlap(key, following)


def _add_without_dataset(scope: CertificationScope, keys: list[CertificationKey], run_number: int | None) -> None:
    """Leave these out: of the run asked for, or between the first and last run, where no other one is here."""
    runs = {key.run_number for key in _all_keys(scope)}
    first, last = (min(runs, default=0), max(runs, default=0)) if run_number is None else (run_number, run_number)
    between = (key for key in keys if first <= key.run_number <= last and key.run_number not in runs)
    scope.left_out += [LeftOut(key, NO_DATASET) for key in between]


def _all_keys(scope: CertificationScope) -> list[CertificationKey]:
    return [record.key for record in scope.records] + [left_out.key for left_out in scope.left_out]


def _key(row: Any, dataset: str) -> CertificationKey:
    return CertificationKey(row.id, row.version, getattr(row, _RUN), row.runreconstruction__reconstruction, dataset)


def _record(
    row: Any,
    flags: tuple[ComponentFlag, ...],
    dataset: str,
    variables: Collection[str],
    readings: RegistryReadings,
) -> CertificationRecord:
    key, facts = _key(row, dataset), frozen_facts(row)
    registry = readings.values_of(key.run_number, dataset)
    return CertificationRecord(
        key,
        run_values(key, facts, row.facts, variables) | (registry.run if registry else {}),
        CertifiedFlags(tuple(map(flag_ranges_of, flags)), imported_ranges(row.facts), registry),
        is_good_by_lowstat=any(flag.is_ok and not flag.is_good for flag in flags),
        last=row.lumisections,
        era=str(facts.get("era") or ""),
        day=str(facts.get("start_time") or "")[:10],
        segments=[Segment(*parts) for parts in imported_segments(row.facts)],
    )


def _certified_run(record: CertificationRecord, reading: ReadLumisections) -> CertifiedRun:
    cut = cut_segments(record.segments or reading.segments, record.flags)
    holes = holes_in(cut, record.last)
    return CertifiedRun(
        *(record.key, record.values, cut, reading.lumis, record.era, record.day, reading.read_at, holes),
        registry_read_at=record.registry.read_at if record.registry else None,
    )
