"""What is stored of the lumisections of runs: segments of OMS, and the flags of a dataset in Run Registry."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone

from certify.models import TrackerCertification
from certify.ranges.models import LumisectionRequest
from certify.ranges.notes import RUN_COLUMNS, RunFigures, run_figures
from infrastructure.database.compiled_query import PLACEHOLDER, PrecompiledQuery
from oms.completeness import MAX_RUN_DURATION
from oms.lumisections.models import LumisectionReading, LumisectionSegment
from oms.mirror import LATE_FACTS_AFTER, SETTLED_AFTER
from oms.models import OmsRun
from registry.dataset_cache import cached_datasets
from registry.models import StoredFlagRanges
from registry.parsing import reconstruction_in

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime, timedelta

    from registry.parsing import RegistryDataset

MAX_NAME_LENGTH = 300
TEXT_PLACEHOLDER = "/No/Dataset/Name"  # in a compiled query
_DATASET_NAME = re.compile(r"(/[\w.:+-]+){3}\s*", re.ASCII)  # such as /Express/Collisions2018/DQM
_FLAG_COLUMNS = ("read_at", "ranges", "damage")
_OF_RUN = ("run_type", "components", "typed", *RUN_COLUMNS)
_READING_COLUMNS = tuple(column.attname for column in LumisectionReading._meta.concrete_fields)
_READING_VALUES = (*_READING_COLUMNS, "may_change", *(f"flags_{name}" for name in _FLAG_COLUMNS), *_OF_RUN)


@dataclass(frozen=True)
class StoredLumisections:
    """The valid reading of a run with its segments, and the flags of a dataset; None for what has not been read.

    `may_change`: OMS may have changed the run since the reading. `flags` is None also where no dataset was named.
    `run_type`: empty if the run is not stored. `components`: the detectors in the run, None if they are unknown.
    """

    run_number: int
    registry_name: str
    reading: LumisectionReading | None = None
    flags: StoredFlagRanges | None = None
    may_change: bool = True
    segments: list[LumisectionSegment] = field(default_factory=list)
    run_type: str = ""
    components: list[str] | None = None
    run_figures: RunFigures = field(default_factory=RunFigures)

    def is_fresh(self, oldest: datetime) -> bool:
        """Return whether nothing has to be read again. `oldest`: the time (UTC) since which a reading is fresh."""
        if self.reading is None or (self.may_change and self.reading.checked_at < oldest):
            return False
        if not self.reading.last and self.reading.checked_at < timezone.now() - LATE_FACTS_AFTER:
            return False
        return not self.registry_name or (self.flags is not None and self.flags.read_at >= oldest)


def stored_lumisections(pairs: Collection[tuple[int, str]]) -> dict[tuple[int, str], StoredLumisections]:
    """Return what is stored for each (run number, name of the dataset in Run Registry or ""), without segments.

    Two queries, one if none of the runs has been read. Flags of a run that has not been read from OMS are left out.
    """
    numbers = {number for number, _ in pairs}
    readings = {reading.run_number: reading for reading in _valid_readings(numbers).defer("lumis", "problems")}
    flags = {
        (row.run_number, row.dataset_name): row for row in StoredFlagRanges.objects.filter(run_number__in=readings)
    }
    return {
        (number, name): StoredLumisections(
            number,
            name,
            readings.get(number),
            flags.get((number, name)),
            getattr(readings.get(number), "may_change", True),
        )
        for number, name in pairs
    }


def stored_lumisections_of(run_number: int, registry_name: str) -> StoredLumisections:
    """Return what is stored for one run and dataset, with segments. Two queries, one if the run has not been read.

    Flags of a run that has not been read from OMS are left out.
    """
    row = _READING.first(run_number, registry_name)
    if row is None:
        return StoredLumisections(run_number, registry_name)
    values = dict(zip(_READING_VALUES, row, strict=True))
    reading = LumisectionReading(**{name: values[name] for name in _READING_COLUMNS})
    stored_flags = StoredFlagRanges(
        run_number=run_number, dataset_name=registry_name, **{name: values[f"flags_{name}"] for name in _FLAG_COLUMNS}
    )
    return StoredLumisections(
        run_number,
        registry_name,
        reading,
        stored_flags if registry_name and stored_flags.read_at else None,
        values["may_change"],
        _SEGMENTS.rows(reading.pk),
        values["run_type"] or "",
        values["components"],
        run_figures(values, values["typed"]),
    )


def _reading_with_flags(run_number: int, registry_name: str) -> QuerySet[Any, Any]:
    flags = StoredFlagRanges.objects.filter(run_number=run_number, dataset_name=registry_name)
    run = OmsRun.objects.filter(run_number=run_number)
    columns = {f"flags_{name}": Subquery(flags.values(name)) for name in _FLAG_COLUMNS}
    columns |= {name: Subquery(run.values(name)) for name in _OF_RUN}
    return _valid_readings({run_number}).annotate(**columns).values_list(*_READING_VALUES)


def _valid_readings(numbers: Collection[int]) -> QuerySet[LumisectionReading]:
    # A run that is not stored, or was read before it was settled, may have more lumisections by now.
    settles = Coalesce("end_time", F("start_time") + MAX_RUN_DURATION) + SETTLED_AFTER
    settled = OmsRun.objects.annotate(settles=settles).filter(settles__lte=OuterRef("checked_at"))
    readings = LumisectionReading.objects.filter(run_number__in=numbers, valid_until=None)
    return readings.annotate(may_change=~Exists(settled.filter(run_number=OuterRef("run_number"))))


def runs_read_before_their_end(run_numbers: QuerySet[Any], delay: timedelta) -> list[int]:
    """Return those of these runs whose valid reading was checked before `delay` after the end of the run. One query."""
    complete = Coalesce("end_time", F("start_time") + MAX_RUN_DURATION) + delay
    going_on = OmsRun.objects.annotate(complete=complete).filter(complete__gt=OuterRef("checked_at"))
    readings = LumisectionReading.objects.filter(run_number__in=run_numbers, valid_until=None)
    return list(
        readings.filter(Exists(going_on.filter(run_number=OuterRef("run_number")))).values_list("run_number", flat=True)
    )


def waiting_requests(pairs: Collection[tuple[int, str]]) -> set[tuple[int, str]]:
    """Return those of these (run number, name of the dataset or "") for which a request is left, postponed or not."""
    rows = LumisectionRequest.objects.filter(run_number__in={number for number, _ in pairs}).order_by()
    return set(rows.values_list("run_number", "registry_name")) & set(pairs)


def request_of(run_number: int, registry_name: str) -> LumisectionRequest | None:
    """Return the request for a run and dataset that is waiting or has failed."""
    return LumisectionRequest.objects.filter(run_number=run_number, registry_name=registry_name).first()


def registry_name(run_number: int, reconstruction: str, dataset: str) -> str:
    """Return the name that a dataset has in Run Registry, by default that of the reconstruction if it is cached."""
    for row in _cached_datasets_of(run_number):
        if dataset in (row.name, row.registry_name) if dataset else row.reconstruction == reconstruction:
            return row.registry_name or row.name
    return dataset[:MAX_NAME_LENGTH].replace("\0", "")


def requested_registry_name(run_number: int, reconstruction: str, requested: str) -> str:
    """Return the name in Run Registry of the dataset that a request names; empty if that is no dataset of the run.

    Without a name, that of the live certification, else of the reconstruction. Where the datasets of the run are not
    cached, any name of the reconstruction is accepted. A query unless the name is accepted at once.
    """
    known = {name for row in _cached_datasets_of(run_number) for name in (row.name, row.registry_name)}
    if requested and (requested in known if known else _is_name_of(requested, reconstruction)):
        return registry_name(run_number, reconstruction, requested)
    live = (
        TrackerCertification.objects.live().of_run(run_number).filter(runreconstruction__reconstruction=reconstruction)
    )
    certified = live.values_list("dataset__name", flat=True).first() or ""
    return registry_name(run_number, reconstruction, certified) if requested in ("", certified) else ""


def _is_name_of(requested: str, reconstruction: str) -> bool:
    is_name = len(requested) <= MAX_NAME_LENGTH and _DATASET_NAME.fullmatch(requested) is not None
    return is_name and reconstruction_in(requested) == reconstruction


def _cached_datasets_of(run_number: int) -> list[RegistryDataset]:
    cached = cached_datasets([run_number]).get(run_number)
    return cached.value if cached else []


_READING = PrecompiledQuery(_reading_with_flags, PLACEHOLDER, TEXT_PLACEHOLDER)
_SEGMENTS = PrecompiledQuery(lambda reading: LumisectionSegment.objects.filter(reading_id=reading), PLACEHOLDER)
