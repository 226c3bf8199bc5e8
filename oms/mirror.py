"""The mirror of OMS: reads runs and fills from our tables while they are fresh, else from OMS, and stores them.

An outage writes nothing. A typed value takes precedence until the user returns it to OMS; until then the value of OMS
is stored in `reported`. HTTP requests run in threads, database queries only in the calling thread.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import F
from django.utils import timezone

from infrastructure.database.compiled_query import PLACEHOLDER, PrecompiledQuery
from infrastructure.http.results import Found, Missing, Unreachable
from oms import client, upsert
from oms.completeness import missing_facts
from oms.models import OmsFill, OmsMirrorModel, OmsRun
from oms.sanity import has_left_out_values
from oms.wire_types import FillFacts, RunFacts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from infrastructure.http.budget import Budget

FRESH_FOR = timedelta(minutes=5)
# OMS still changes rows in the days after a run: luminosities, stable beam.
SETTLED_AFTER = timedelta(days=3)
LATE_FACTS_AFTER = timedelta(days=1)

Row = TypeVar("Row", OmsRun, OmsFill)
Facts = TypeVar("Facts", RunFacts, FillFacts)
# Result of a request; None: no request was made.
FetchOutcome = Found[Facts] | Missing | Unreachable | None
RunResult = Found[OmsRun] | Missing | Unreachable
FillResult = Found[OmsFill] | Missing | Unreachable


@dataclass(frozen=True)
class RunReading:
    """One run for a page. `run` can be set although OMS is unreachable (stored earlier or typed).

    `fill_result` is None if the run has no fill.
    """

    run: OmsRun | None
    run_result: RunResult
    fill_result: FillResult | None


@dataclass(frozen=True)
class RunsReading:
    """Runs by number, and the first error, if any."""

    runs: dict[int, OmsRun]
    problem: Unreachable | None


def is_fresh(row: OmsMirrorModel | None, *, is_retry: bool = False) -> bool:
    """Return whether the row needs no request: read within `FRESH_FOR`, or `SETTLED_AFTER` the end of the run.

    A row with values that were left out does not settle, and a retry requests it at once: OMS may have corrected them.
    A settled run with missing facts is requested once a day.
    """
    if row is None or row.fetched_at is None:
        return False
    has_left_out, age = has_left_out_values(row), timezone.now() - row.fetched_at
    if age < FRESH_FOR:
        return not (has_left_out and is_retry)
    ended = _end_time(row)
    if ended is None or row.fetched_at - ended <= SETTLED_AFTER or has_left_out:
        return False
    return age < LATE_FACTS_AFTER or not (isinstance(row, OmsRun) and missing_facts(row))


def _end_time(row: OmsMirrorModel) -> datetime | None:
    """Return the end of a run or fill. A fill without an end in OMS ends with its stable beams."""
    if isinstance(row, OmsFill):
        return row.end_time or row.end_stable_beam
    return getattr(row, "end_time", None)


_run_with_fill: PrecompiledQuery[OmsRun] = PrecompiledQuery(
    lambda number: OmsRun.objects.select_related("fill").filter(pk=number), PLACEHOLDER
)


def stored_run(number: int) -> OmsRun:
    """Return the run with its fill from the mirror, or an unsaved empty run. Makes no request."""
    return _run_with_fill.first(number) or OmsRun(run_number=number)


def run_for_page(number: int, budget: Budget) -> RunReading:
    """Return one run with its fill, requesting and storing what is not fresh: first the run, then the fill.

    Nothing is raised: results that could not be read are `Missing` or `Unreachable`.
    """
    run = _run_with_fill.first(number)
    run_outcome = None if is_fresh(run, is_retry=budget.is_retry) else client.fetch_run(number, budget)
    runs_read = _as_fetch_result(number, run_outcome)
    fill_number = _fill_number(run, runs_read.facts.get(number))
    fills = _stored_fills([run] if run else [], {fill_number} - {None})
    fill_outcome = _fetch_fill_unless_fresh(fill_number, fills, run_outcome, budget)
    stored = upsert.store_facts(runs_read, _as_fetch_result(fill_number, fill_outcome), fills)
    run, fill = stored.runs.get(number, run), stored.fills.get(fill_number or 0)
    _link_fills([run] if run else [], stored.fills)
    return RunReading(
        run=run,
        run_result=_with_stored_row(run, run_outcome),
        fill_result=None if fill_number is None else _with_stored_row(fill, fill_outcome),
    )


def _fetch_fill_unless_fresh(
    number: int | None, fills: dict[int, OmsFill], run_outcome: FetchOutcome[RunFacts], budget: Budget
) -> FetchOutcome[FillFacts]:
    """Request the fill, unless it is fresh or OMS was unreachable for the run a moment ago."""
    if number is None or is_fresh(fills.get(number), is_retry=budget.is_retry):
        return None
    return run_outcome if isinstance(run_outcome, Unreachable) else client.fetch_fill(number, budget)


def _as_fetch_result(number: int | None, outcome: FetchOutcome[Facts]) -> client.FetchResult[Facts]:
    """Convert the result for one number to a result for many."""
    if isinstance(outcome, Found) and number is not None:
        return client.FetchResult({number: outcome.value}, None, outcome.asked_at)
    return client.FetchResult()


def _with_stored_row(
    row: Row | None, outcome: Found[Any] | Missing | Unreachable | None
) -> Found[Row] | Missing | Unreachable:
    """Return the result with the stored row as its value; without a request, the row with its time of fetching."""
    if outcome is not None and not isinstance(outcome, Found):
        return outcome
    assert row is not None
    assert row.fetched_at is not None
    return Found(row, row.fetched_at)


def _fill_number(run: OmsRun | None, facts: RunFacts | None) -> int | None:
    """Return the fill number of the run: the typed one, else the one just read, else the stored one."""
    if facts is None or (run is not None and "fill_number" in run.typed):
        return run.fill_number if run else None
    return facts.fill_number


def runs_for_page(numbers: Collection[int], budget: Budget) -> RunsReading:
    """Return many runs with their fills. Those not fresh are read with a few requests and stored with a few queries."""
    known = {run.run_number: run for run in OmsRun.objects.select_related("fill").filter(pk__in=set(numbers))}
    stale = [number for number in numbers if not is_fresh(known.get(number), is_retry=budget.is_retry)]
    runs_read = client.fetch_many(client.RUNS, stale, budget)
    optional_numbers = {_fill_number(known.get(number), runs_read.facts.get(number)) for number in numbers}
    fill_numbers = {number for number in optional_numbers if number is not None}
    fills = _stored_fills(known.values(), fill_numbers)
    stale_fills = {number for number in fill_numbers if not is_fresh(fills.get(number), is_retry=budget.is_retry)}
    fills_read = client.fetch_many(client.FILLS, stale_fills, budget)
    stored = upsert.store_facts(runs_read, fills_read, fills)
    runs = known | stored.runs
    _link_fills(runs.values(), stored.fills)
    return RunsReading(runs, runs_read.problem or fills_read.problem)


def _stored_fills(runs: Iterable[OmsRun], numbers: set[Any]) -> dict[int, OmsFill]:
    """Return the stored fills with these numbers: those selected with the runs, and the others with one query."""
    fills = {run.fill.fill_number: run.fill for run in runs if run.fill is not None}
    missing = numbers - fills.keys()
    queried = OmsFill.objects.filter(pk__in=missing) if missing else []
    return fills | {fill.fill_number: fill for fill in queried}


def _link_fills(runs: Iterable[OmsRun], fills: dict[int, OmsFill]) -> None:
    """Set `fill` of the runs, and store the foreign keys that are missing with one query."""
    unlinked = [run for run in runs if run.fill_number in fills and run.fill_id != run.fill_number]
    for run in runs:
        run.fill = fills.get(run.fill_number or 0, run.fill if run.fill_id == run.fill_number else None)
    if unlinked:
        OmsRun.objects.filter(pk__in=[run.pk for run in unlinked]).update(fill_id=F("fill_number"))
