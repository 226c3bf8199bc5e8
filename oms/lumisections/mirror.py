"""Stores what OMS gives of the lumisections of a run, and finds what is stored, now or as of an earlier time."""

from __future__ import annotations

import hashlib
from itertools import pairwise
from typing import TYPE_CHECKING

from django.db import IntegrityError, transaction
from django.db.models import Q
from django.utils import timezone

from oms.lumisections import bits
from oms.lumisections.luminosity import recorded_lumis
from oms.lumisections.models import LumisectionReading, LumisectionSegment, LumisectionSource
from oms.lumisections.segments import SegmentFacts, segments_of
from oms.lumisections.signals import lumisections_changed
from oms.models import OmsRun

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from oms.lumisections.parsing import LumisectionRow

_ACTIVE = bits.NAMES.index("cms_active")
MAX_PROBLEMS = 20
_SEGMENT_COLUMNS = ("first", "last", "recorded_lumi", "unknown_lumis", *bits.NAMES)


class _StoredMeanwhile(Exception):
    """Another process has replaced the valid reading while this one waited for its lock."""


def store_lumisections(
    run_number: int,
    rows: Sequence[LumisectionRow],
    asked_at: datetime,
    left_out: Sequence[str] = (),
    source: LumisectionSource = LumisectionSource.OMS,
) -> LumisectionReading:
    """Store sorted rows of a run, or that OMS has none, and return the valid reading. `asked_at`: of the request (UTC).

    Equal rows only set the time of the check. Others end the earlier reading, whose segments stay with it, and send
    `lumisections_changed` in the same transaction. What was asked for earlier than the stored reading changes nothing.
    """
    values = [(row.number, row.bits, row.counter, row.figure) for row in rows]  # `astuple` takes ten times as long
    digest = hashlib.sha256(repr(values).encode()).hexdigest()
    new = LumisectionReading(
        run_number=run_number,
        source=source,
        checked_at=asked_at,
        digest=digest,
        last=rows[-1].number if rows else 0,
        last_active=max((row.number for row in rows if row.bits[_ACTIVE]), default=None),
        lumis=lumis_by_place(rows),
        problems=[*problems_of(rows), *left_out][:MAX_PROBLEMS],
    )
    try:
        return _store_reading(new, rows)
    except (IntegrityError, _StoredMeanwhile):
        return _store_reading(new, rows)


@transaction.atomic
def _store_reading(new: LumisectionReading, rows: Sequence[LumisectionRow]) -> LumisectionReading:
    # Saves of certifications lock the run too, so that none reads between this and the signal.
    OmsRun.objects.select_for_update(of=("self",)).filter(pk=new.run_number).first()
    valid = LumisectionReading.objects.select_for_update().filter(run_number=new.run_number, valid_until=None)
    earlier = valid.first()
    if earlier is None and valid.exists():
        raise _StoredMeanwhile
    if earlier and earlier.checked_at >= new.checked_at:
        return earlier
    if earlier and (earlier.digest, earlier.source) == (new.digest, new.source):
        earlier.checked_at = new.checked_at
        earlier.save(update_fields=["checked_at"])
        return earlier
    # Not from the request on: a save during the reading rests on what was stored before.
    new.read_at = timezone.now()
    valid.update(valid_until=new.read_at)
    new.pk = None
    new.save(force_insert=True)
    LumisectionSegment.objects.bulk_create(_stored_segment(new, segment) for segment in segments_of(rows))
    lumisections_changed.send(LumisectionReading, reading=new, earlier=earlier)
    return new


def _stored_segment(reading: LumisectionReading, segment: SegmentFacts) -> LumisectionSegment:
    return LumisectionSegment(
        reading=reading,
        first=segment.first,
        last=segment.last,
        recorded_lumi=segment.recorded_lumi,
        unknown_lumis=segment.unknown_lumis,
        **dict(zip(bits.NAMES, segment.bits, strict=True)),
    )


def lumis_by_place(rows: Sequence[LumisectionRow]) -> list[float | None]:
    """Return the luminosity recorded in each lumisection from 1 to the last, 1/pb; None where unknown or not active."""
    lumis = recorded_lumis(rows)
    return [lumis.get(number) for number in range(1, rows[-1].number + 1)] if rows else []


def problems_of(rows: Sequence[LumisectionRow]) -> list[str]:
    """Return what is odd about sorted rows: missing numbers, a negative luminosity, a counter of it that falls."""
    problems = [f"The rows begin at lumisection {rows[0].number}."] if rows and rows[0].number > 1 else []
    problems += [
        f"The luminosity of lumisection {row.number} is unknown: the figure of OMS is negative, {row.figure:g} /pb."
        for row in rows
        if row.figure is not None and row.figure < 0 and row.bits[_ACTIVE]
    ]
    for row, following in pairwise(rows):
        if following.number > row.number + 1:
            problems.append(f"There are no rows between lumisections {row.number} and {following.number}.")
        falls = row.counter is not None and following.counter is not None and following.counter < row.counter
        if falls and row.figure is None and row.bits[_ACTIVE]:
            problems.append(f"The luminosity of lumisection {row.number} is unknown: the counter falls after it.")
    return problems


def valid_segments(run_number: int) -> list[SegmentFacts] | None:
    """Return the segments of a run as they are stored now; None if they have not been read, empty if OMS has none.

    One query.
    """
    readings = LumisectionReading.objects.filter(run_number=run_number, valid_until=None)
    rows = list(readings.order_by("segments__first").values_list(*(f"segments__{name}" for name in _SEGMENT_COLUMNS)))
    if not rows:
        return None
    return [
        SegmentFacts(first, last, tuple(values), lumi, unknown)
        for first, last, lumi, unknown, *values in rows
        if first is not None
    ]


def valid_lumis(run_number: int) -> list[float | None]:
    """Return the luminosity recorded in each lumisection of a run, 1/pb, as stored now; empty if it has not been read.

    One query.
    """
    readings = LumisectionReading.objects.filter(run_number=run_number, valid_until=None)
    return next(iter(readings.values_list("lumis", flat=True)), [])


def readings_as_of(moment: datetime) -> QuerySet[LumisectionReading]:
    """Return the readings that were valid at a time (UTC), at most one of each run."""
    return LumisectionReading.objects.filter(Q(valid_until=None) | Q(valid_until__gt=moment), read_at__lte=moment)


def stored_reading(run_number: int, as_of: datetime | None = None) -> LumisectionReading | None:
    """Return the reading of a run that is valid, or was valid at a time (UTC); None if there was none."""
    readings = LumisectionReading.objects.filter(valid_until=None) if as_of is None else readings_as_of(as_of)
    return readings.filter(run_number=run_number).prefetch_related("segments").first()
