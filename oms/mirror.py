"""The mirror of OMS: answered from our tables while fresh, else from OMS, keeping what it said.

An outage writes nothing. A value that a person typed stands until that person lets OMS have it back; what OMS says of
it meanwhile is in `reported`. HTTP runs in threads, the database only in the calling one.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeVar

from django.db.models import F
from django.utils import timezone

from infrastructure.database.compiled_query import PLACEHOLDER, PrecompiledQuery
from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Missing, Unreachable
from oms import client, upsert
from oms.models import OmsFill, OmsMirrorModel, OmsRun
from oms.wire_types import FillFacts, RunFacts

FRESH_FOR = timedelta(minutes=5)
# OMS still changes rows in the days after a run: luminosities, stable beam.
SETTLED_AFTER = timedelta(days=3)

Row = TypeVar("Row", OmsRun, OmsFill)
Facts = TypeVar("Facts", RunFacts, FillFacts)
# What OMS has just said; None: it was not asked.
FetchOutcome = Found[Facts] | Missing | Unreachable | None
RunResult = Found[OmsRun] | Missing | Unreachable
FillResult = Found[OmsFill] | Missing | Unreachable


@dataclass(frozen=True)
class RunReading:
    """One run as a page has it. `run` may be there although OMS is out: older, or typed. No fill: no `fill_answer`."""

    run: OmsRun | None
    run_result: RunResult
    fill_result: FillResult | None


@dataclass(frozen=True)
class RunsReading:
    """Runs by number, and what is out, if anything."""

    runs: dict[int, OmsRun]
    problem: Unreachable | None


def is_fresh(row: OmsMirrorModel | None) -> bool:
    """Whether the row needs no call: just read, or read when OMS no longer changed it."""
    if row is None or row.fetched_at is None:
        return False
    if timezone.now() - row.fetched_at < FRESH_FOR:
        return True
    ended = _end_time(row)
    return ended is not None and row.fetched_at - ended > SETTLED_AFTER


def _end_time(row: OmsMirrorModel) -> datetime | None:
    """When the run or fill was over; a fill is over with its stable beams where OMS names no end."""
    if isinstance(row, OmsFill):
        return row.end_time or row.end_stable_beam
    return getattr(row, "end_time", None)


_run_with_fill: PrecompiledQuery[OmsRun] = PrecompiledQuery(
    lambda number: OmsRun.objects.select_related("fill").filter(pk=number), PLACEHOLDER
)


def stored_run(number: int) -> OmsRun:
    """The run with its fill as the mirror has it, or an empty one; asks nobody."""
    return _run_with_fill.first(number) or OmsRun(run_number=number)


def run_for_page(number: int, budget: Budget) -> RunReading:
    """One run with its fill: no call when both are fresh, else the run and then the fill. Stores what was found."""
    run = _run_with_fill.first(number)
    run_said = None if is_fresh(run) else client.fetch_run(number, budget)
    heard = _as_fetch_result(number, run_said)
    fill_number = _fill_number(run, heard.facts.get(number))
    fills = _stored_fills([run] if run else [], {fill_number} - {None})
    fill_said = _fetch_fill_unless_fresh(fill_number, fills, run_said, budget)
    kept = upsert.store_facts(heard, _as_fetch_result(fill_number, fill_said), fills)
    run, fill = kept.runs.get(number, run), kept.fills.get(fill_number or 0)
    _link_fills([run] if run else [], kept.fills)
    return RunReading(
        run, _with_stored_row(run, run_said), None if fill_number is None else _with_stored_row(fill, fill_said)
    )


def _fetch_fill_unless_fresh(
    number: int | None, fills: dict[int, OmsFill], run_said: FetchOutcome[RunFacts], budget: Budget
) -> FetchOutcome[FillFacts]:
    """What OMS says of the fill; it is not asked again when it has just failed to answer for the run."""
    if number is None or is_fresh(fills.get(number)):
        return None
    return run_said if isinstance(run_said, Unreachable) else client.fetch_fill(number, budget)


def _as_fetch_result(number: int | None, said: FetchOutcome[Facts]) -> client.FetchResult[Facts]:
    """One answer in the form of many."""
    if isinstance(said, Found) and number is not None:
        return client.FetchResult({number: said.value}, None, said.asked_at)
    return client.FetchResult()


def _with_stored_row(
    row: Row | None, said: Found[Any] | Missing | Unreachable | None
) -> Found[Row] | Missing | Unreachable:
    """The answer with our row in the place of the facts; not asked: the row as it was last fetched."""
    if said is not None and not isinstance(said, Found):
        return said
    assert row is not None and row.fetched_at is not None
    return Found(row, row.fetched_at)


def _fill_number(run: OmsRun | None, facts: RunFacts | None) -> int | None:
    """The fill that the run belongs to: as typed, else as OMS has just said, else as we have it."""
    if facts is None or (run is not None and "fill_number" in run.typed):
        return run.fill_number if run else None
    return facts.fill_number


def runs_for_page(numbers: Collection[int], budget: Budget) -> RunsReading:
    """Many runs with their fills: those not fresh are read from OMS in a few calls and stored in a few statements."""
    known = {run.run_number: run for run in OmsRun.objects.select_related("fill").filter(pk__in=set(numbers))}
    stale = [number for number in numbers if not is_fresh(known.get(number))]
    runs_read = client.fetch_many(client.RUNS, stale, budget)
    of_run = {number: _fill_number(known.get(number), runs_read.facts.get(number)) for number in numbers}
    fills = _stored_fills(known.values(), {number for number in of_run.values() if number is not None})
    unread = {number for number in of_run.values() if number is not None and not is_fresh(fills.get(number))}
    fills_read = client.fetch_many(client.FILLS, unread, budget)
    kept = upsert.store_facts(runs_read, fills_read, fills)
    runs = known | kept.runs
    _link_fills(runs.values(), kept.fills)
    return RunsReading(runs, runs_read.problem or fills_read.problem)


def _stored_fills(runs: Iterable[OmsRun], numbers: set[Any]) -> dict[int, OmsFill]:
    """The fills of these numbers that we have: those that came with the runs, and one query for the rest."""
    fills = {run.fill.fill_number: run.fill for run in runs if run.fill is not None}
    missing = numbers - fills.keys()
    found = OmsFill.objects.filter(pk__in=missing) if missing else []
    return fills | {fill.fill_number: fill for fill in found}


def _link_fills(runs: Iterable[OmsRun], fills: dict[int, OmsFill]) -> None:
    """Give the runs their fills, in one statement for those that were stored without."""
    apart = [run for run in runs if run.fill_number in fills and run.fill_id != run.fill_number]
    for run in runs:
        run.fill = fills.get(run.fill_number or 0, run.fill if run.fill_id == run.fill_number else None)
    if apart:
        OmsRun.objects.filter(pk__in=[run.pk for run in apart]).update(fill_id=F("fill_number"))
