"""Reads the lumisections of runs as they were stored at a time, streamed run by run."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from operator import itemgetter
from typing import TYPE_CHECKING, Any

from golden.contexts import Segment, stored_segment
from oms.lumisections import bits
from oms.lumisections.mirror import readings_as_of
from oms.lumisections.models import LumisectionReading, LumisectionSegment

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from django.db.models import QuerySet

_SEGMENT_COLUMNS = ("reading__run_number", "reading_id", "first", "last", "recorded_lumi", "unknown_lumis", *bits.NAMES)
_RUNS_AT_ONCE = 10_000  # SQLite limits the parameters of a query


@dataclass(frozen=True)
class ReadLumisections:
    """The lumisections of a run as they were stored. `lumis`: empty unless they were asked for."""

    run_number: int
    read_at: datetime
    segments: list[Segment]
    lumis: list[float | None]


def read_lumisections(moment: datetime, first: int, last: int, with_lumis: list[int]) -> Iterator[ReadLumisections]:
    """Yield the lumisections of the runs from `first` to `last` as they were stored at a time: three queries.

    `with_lumis`: the runs of which the luminosity of each lumisection is read too.
    """
    valid = readings_as_of(moment).filter(run_number__range=(first, last)).order_by("run_number", "pk")
    lumis = _Rows(_lumis(valid, with_lumis))
    segments = _Rows(_segments(valid).iterator())
    for run, pk, read_at in valid.values_list("run_number", "pk", "read_at").iterator():
        its_segments = [stored_segment(row[2:]) for row in segments.of((run, pk))]
        its_lumis: list[float | None] = next((row[2] for row in lumis.of((run, pk))), [])
        yield ReadLumisections(run, read_at, its_segments, its_lumis)


class _Rows:
    """Rows that begin with run and reading, in this order, streamed beside the readings."""

    def __init__(self, rows: Iterator[tuple[Any, ...]]) -> None:
        self._groups = groupby(rows, key=itemgetter(0, 1))
        self._following = next(self._groups, None)

    def of(self, reading: tuple[int, int]) -> Iterable[tuple[Any, ...]]:
        """Return the rows of a reading; they are asked for in order."""
        while self._following and self._following[0] < reading:  # of one that was committed between the two queries
            self._following = next(self._groups, None)
        if not self._following or self._following[0] != reading:
            return ()
        rows = list(self._following[1])
        self._following = next(self._groups, None)
        return rows


def _lumis(readings: QuerySet[LumisectionReading], runs: list[int]) -> Iterator[tuple[Any, ...]]:
    """Yield the luminosity of each lumisection of these runs: a query for each 10,000 runs."""
    in_order = sorted(runs)
    for start in range(0, len(in_order), _RUNS_AT_ONCE):
        its_runs = readings.filter(run_number__in=in_order[start : start + _RUNS_AT_ONCE])
        yield from its_runs.values_list("run_number", "pk", "lumis").iterator()


def _segments(readings: QuerySet[LumisectionReading]) -> QuerySet[LumisectionSegment, tuple[Any, ...]]:
    rows = LumisectionSegment.objects.filter(reading__in=readings.order_by())
    return rows.order_by("reading__run_number", "reading_id", "first").values_list(*_SEGMENT_COLUMNS)
