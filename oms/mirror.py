"""The mirror of OMS: answered from our tables while fresh, else from OMS, keeping what it said.

An outage writes nothing. A value that a person typed stands until that person lets OMS have it back; what OMS says of
it meanwhile is in `reported`. HTTP runs in threads, the database only in the calling one.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import F
from django.utils import timezone

from oms import client, store
from oms.models import MirrorOfOms, OmsFill, OmsRun
from remote.answers import Found, Missing, Unreachable
from remote.budget import Budget

FRESH_FOR = timedelta(minutes=5)
# OMS still changes rows in the days after a run: luminosities, stable beam (contract 6.7).
SETTLED_AFTER = timedelta(days=3)

RunAnswer = Found[OmsRun] | Missing | Unreachable
FillAnswer = Found[OmsFill] | Missing | Unreachable


@dataclass(frozen=True)
class RunOnPage:
    """One run as a page has it. `run` may be there although OMS is out: older, or typed. No fill: no `fill_answer`."""

    run: OmsRun | None
    run_answer: RunAnswer
    fill_answer: FillAnswer | None


@dataclass(frozen=True)
class RunsOnPage:
    """Runs by number, and what is out, if anything."""

    runs: dict[int, OmsRun]
    problem: Unreachable | None


def is_fresh(row: MirrorOfOms | None) -> bool:
    """Whether the row needs no call: just read, or read when OMS no longer changed it."""
    if row is None or row.fetched_at is None:
        return False
    if timezone.now() - row.fetched_at < FRESH_FOR:
        return True
    ended = getattr(row, "end_time", None)
    return ended is not None and row.fetched_at - ended > SETTLED_AFTER


def run_for_page(number: int, budget: Budget) -> RunOnPage:
    """One run with its fill: no call when both are fresh, else the run and then the fill. Stores what was found."""
    run = OmsRun.objects.select_related("fill").filter(pk=number).first()
    run_answer = _run_answer(run, number, budget)
    if isinstance(run_answer, Found):
        run = run_answer.value
    return RunOnPage(run, run_answer, _fill_answer(run, run_answer, budget))


def _run_answer(run: OmsRun | None, number: int, budget: Budget) -> RunAnswer:
    if run is not None and run.fetched_at is not None and is_fresh(run):
        return Found(run, run.fetched_at)
    answer = client.fetch_run(number, budget)
    if not isinstance(answer, Found):
        return answer
    return Found(store.keep_runs([answer.value], answer.asked_at)[number], answer.asked_at)


def _fill_answer(run: OmsRun | None, run_answer: RunAnswer, budget: Budget) -> FillAnswer | None:
    """The fill of the run; OMS is not asked again when it has just failed to answer for the run."""
    if run is None or run.fill_number is None:
        return None
    fill = run.fill or OmsFill.objects.filter(pk=run.fill_number).first()
    if fill is not None and fill.fetched_at is not None and is_fresh(fill):
        _link([run], {run.fill_number: fill})
        return Found(fill, fill.fetched_at)
    if isinstance(run_answer, Unreachable):
        return run_answer
    answer = client.fetch_fill(run.fill_number, budget)
    if not isinstance(answer, Found):
        return answer
    fills = store.keep_fills([answer.value], answer.asked_at)
    _link([run], fills)
    return Found(fills[run.fill_number], answer.asked_at)


def runs_for_page(numbers: Collection[int], budget: Budget) -> RunsOnPage:
    """Many runs with their fills: those not fresh are read from OMS in a few calls and stored in a few statements."""
    runs = {run.run_number: run for run in OmsRun.objects.select_related("fill").filter(pk__in=set(numbers))}
    stale = [number for number in numbers if not is_fresh(runs.get(number))]
    read = client.read_many(client.RUNS, stale, budget)
    runs.update(store.keep_runs(read.facts.values(), read.asked_at))
    problem = _add_fills(list(runs.values()), budget)
    return RunsOnPage(runs, read.problem or problem)


def _add_fills(runs: list[OmsRun], budget: Budget) -> Unreachable | None:
    """Give the runs their fills, reading those that are not fresh; what went wrong, if anything did."""
    numbers = {run.fill_number for run in runs if run.fill_number is not None and not is_fresh(run.fill)}
    fills = {fill.fill_number: fill for fill in OmsFill.objects.filter(pk__in=numbers)} if numbers else {}
    read = client.read_many(client.FILLS, [number for number in numbers if not is_fresh(fills.get(number))], budget)
    fills.update(store.keep_fills(read.facts.values(), read.asked_at))
    _link(runs, fills)
    return read.problem


def _link(runs: list[OmsRun], fills: dict[int, OmsFill]) -> None:
    """Set `fill` of the runs whose fill is among `fills`; one statement for those that had none."""
    unlinked = [run for run in runs if run.fill_number in fills and run.fill_id != run.fill_number]
    for run in runs:
        if run.fill_number in fills:
            run.fill = fills[run.fill_number]
    if unlinked:
        OmsRun.objects.filter(pk__in=[run.pk for run in unlinked]).update(fill_id=F("fill_number"))
