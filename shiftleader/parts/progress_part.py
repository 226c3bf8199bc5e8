"""The part that asks Run Registry what is open, and how long certification calls run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone

from certify.filters.date_range import DateRange
from infrastructure.http.budget import Budget
from infrastructure.http.parallel import run_parallel, start_in_thread
from infrastructure.http.results import Found, Unreachable
from oms.choices import RunType
from oms.models import OmsRun
from registry.bulk_queries import FlaggedDatasetsResult, open_datasets_between, open_datasets_of
from registry.certification_calls import CertificationCall, certification_calls
from registry.flags import FlaggedDataset
from registry.parsing import RegistryDataset, run_type_in
from reports.scope import Scope
from shiftleader.parts.progress import calls_in_scope, certified_runs, progress_context, scope_interval
from shiftleader.parts.registry_comparison import certify_url, is_wanted
from shiftleader.parts.run_selection import runs_to_ask
from users.access import SignedInRequest

RUNS_PER_REQUEST = 1000  # run numbers in one call: some 15 kB
MAX_RUN_LINKS = 100  # addresses of one reconstruction


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Of the datasets that are open in these days: certified, by whom, and left; and the calls with their deadlines."""
    began = timezone.now()
    certified = certified_runs(scope)
    opened, calls = _fetch(scope, certified, Budget.for_page(is_retry="again" in request.GET))
    datasets = _unique_datasets(opened, scope)
    runs = {*certified, *(one.run_number for one in datasets)}
    some = calls.value if isinstance(calls, Found) else []
    shown, more_calls = calls_in_scope(some, scope, runs, _call_dataset_filter(some, scope))
    found = progress_context(datasets, shown, scope)
    problem = next((answer for answer in opened if isinstance(answer, Unreachable)), None)
    return {
        **found,
        "more_calls": more_calls,
        "rows": [
            (one, _run_links(one.remaining, request), max(0, len(one.remaining) - MAX_RUN_LINKS))
            for one in found["progress"]
        ],
        "problem": problem,
        "calls_problem": calls if isinstance(calls, Unreachable) else None,
        "asked_at": began,
        "retry_url": f"{reverse('shiftleader:part', args=['progress'])}?{scope.query}&again=1",
        "has_certification_filters": scope.has_certification_filters,
    }


def _fetch(
    scope: Scope, certified: Collection[int], budget: Budget
) -> tuple[list[FlaggedDatasetsResult], Found[list[CertificationCall]] | Unreachable]:
    """Run Registry, side by side: what is open in these days, or where they are all days among these runs; the calls.

    With days and runs, what is not of these runs is left out of the answers.
    """
    spans, has_days = scope.run_ranges, scope.days != DateRange()
    numbers = runs_to_ask(certified, [] if has_days else spans)
    some = [numbers[start : start + RUNS_PER_REQUEST] for start in range(0, len(numbers), RUNS_PER_REQUEST)]
    asking: list[Callable[[], FlaggedDatasetsResult]] = [partial(open_datasets_of, one, budget) for one in some]
    if has_days or not spans:
        asking.append(partial(open_datasets_between, *scope_interval(scope), budget))
    calls = start_in_thread(partial(certification_calls, budget))
    return run_parallel(asking), calls.result()


def _unique_datasets(answers: list[FlaggedDatasetsResult], scope: Scope) -> list[RegistryDataset]:
    """The datasets of all answers, each once, that the filters leave; none where a part of them is not known."""
    if any(isinstance(answer, Unreachable) for answer in answers):
        return []
    unique: dict[tuple[int, str], FlaggedDataset] = {}
    for answer in answers:
        for one in answer.value if isinstance(answer, Found) else []:
            unique[one.run_number, one.dataset.name] = one
    return [one.dataset for one in unique.values() if is_wanted(scope, one)]


def _call_dataset_filter(calls: list[CertificationCall], scope: Scope) -> Callable[[RegistryDataset], bool]:
    """The same of a dataset of a call, of which Run Registry says no class and no HLT key: a query at most.

    Of reprocessed data the name says no run type either; OMS's word for the run counts then, and whatever nobody knows
    is left.
    """
    runs = {one.run_number for call in calls for one in call.datasets if not run_type_in(one.name)}
    is_asked = bool(runs and scope.values.get("run_type"))
    rows = OmsRun.objects.filter(pk__in=runs).exclude(run_type=RunType.UNKNOWN) if is_asked else OmsRun.objects.none()
    known, any_type = dict(rows.values_list("pk", "run_type")), scope.without_filters("run_type")

    def is_left(one: RegistryDataset) -> bool:
        if run_type_in(one.name):
            return is_wanted(scope, FlaggedDataset(one, {}))
        is_other = is_asked and known.get(one.run_number, scope.values["run_type"][0]) not in scope.values["run_type"]
        return not is_other and is_wanted(any_type, FlaggedDataset(one, {}))

    return is_left


def _run_links(remaining: list[RegistryDataset], request: SignedInRequest) -> list[tuple[int, str]]:
    """Each run with where it is certified, for who may."""
    may_certify = request.user.may_certify
    return [(one.run_number, certify_url(one) if may_certify else "") for one in remaining[:MAX_RUN_LINKS]]
