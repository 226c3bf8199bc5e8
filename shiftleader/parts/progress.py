"""The part "Progress": queries Run Registry for open datasets and certification calls."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Any

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
from registry.parsing import RegistryDataset, left_out_sentences, run_type_in
from shiftleader.progress import calls_in_scope, certified_runs, progress_context, scope_interval
from shiftleader.registry_datasets import certify_url, is_wanted
from shiftleader.run_selection import runs_to_ask

if TYPE_CHECKING:
    from collections.abc import Callable, Collection

    from reports.scope import Scope
    from users.access import SignedInRequest

RUNS_PER_REQUEST = 1000  # run numbers in one call: about 15 kB
MAX_RUN_LINKS = 100  # of one reconstruction


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Progress of the datasets that are open in these days, and the calls with their deadlines."""
    queried_at = timezone.now()
    certified = certified_runs(scope)
    opened, calls = _fetch(scope, certified, Budget.for_page(is_retry="again" in request.GET))
    datasets = _unique_datasets(opened, scope)
    runs = {*certified, *(dataset.run_number for dataset in datasets)}
    call_list = calls.value if isinstance(calls, Found) else []
    shown, more_calls = calls_in_scope(call_list, scope, runs, _call_dataset_filter(call_list, scope))
    found = progress_context(datasets, shown, scope)
    problem = next((answer for answer in opened if isinstance(answer, Unreachable)), None)
    return {
        **found,
        "more_calls": more_calls,
        "rows": [
            (progress, _run_links(progress.remaining, request), max(0, len(progress.remaining) - MAX_RUN_LINKS))
            for progress in found["progress"]
        ],
        "problem": problem,
        "left_out": _left_out_sentences([*opened, calls], datasets),
        "calls_problem": calls if isinstance(calls, Unreachable) else None,
        "asked_at": queried_at,
        "retry_url": f"{reverse('shiftleader:part', args=['progress'])}?{scope.query}&again=1",
        "has_certification_filters": scope.has_certification_filters,
    }


def _left_out_sentences(answers: list[Any], datasets: list[RegistryDataset]) -> list[str]:
    """Return a sentence if values of the answers were left out."""
    return left_out_sentences(
        datasets, [text for answer in answers if isinstance(answer, Found) for text in answer.left_out]
    )


def _fetch(
    scope: Scope, certified: Collection[int], budget: Budget
) -> tuple[list[FlaggedDatasetsResult], Found[list[CertificationCall]] | Unreachable]:
    """Query Run Registry in parallel for the open datasets of these days and runs, and for the calls.

    Without a range of days only the runs are queried. `is_wanted` later drops the datasets of other runs.
    """
    spans, has_days = scope.run_ranges, scope.days != DateRange()
    numbers = runs_to_ask(certified, [] if has_days else spans)
    batches = [numbers[start : start + RUNS_PER_REQUEST] for start in range(0, len(numbers), RUNS_PER_REQUEST)]
    requests: list[Callable[[], FlaggedDatasetsResult]] = [
        partial(open_datasets_of, batch, budget) for batch in batches
    ]
    if has_days or not spans:
        requests.append(partial(open_datasets_between, *scope_interval(scope), budget))
    calls = start_in_thread(partial(certification_calls, budget))
    return run_parallel(requests), calls.result()


def _unique_datasets(answers: list[FlaggedDatasetsResult], scope: Scope) -> list[RegistryDataset]:
    """The distinct datasets of all answers that match the filters; none if one of the requests failed."""
    if any(isinstance(answer, Unreachable) for answer in answers):
        return []
    unique: dict[tuple[int, str], FlaggedDataset] = {}
    for answer in answers:
        for dataset in answer.value if isinstance(answer, Found) else []:
            unique[dataset.run_number, dataset.dataset.name] = dataset
    return [dataset.dataset for dataset in unique.values() if is_wanted(scope, dataset)]


def _call_dataset_filter(calls: list[CertificationCall], scope: Scope) -> Callable[[RegistryDataset], bool]:
    """A filter for datasets of calls, which have neither run class nor HLT key: at most one query.

    Names of reprocessed datasets have no run type either. The run type from OMS is used for these, and datasets of
    unknown run type are kept.
    """
    runs = {dataset.run_number for call in calls for dataset in call.datasets if not run_type_in(dataset.name)}
    is_asked = bool(runs and scope.values.get("run_type"))
    rows = OmsRun.objects.filter(pk__in=runs).exclude(run_type=RunType.UNKNOWN) if is_asked else OmsRun.objects.none()
    known, any_type = dict(rows.values_list("pk", "run_type")), scope.without_filters("run_type")

    def is_left(dataset: RegistryDataset) -> bool:
        if run_type_in(dataset.name):
            return is_wanted(scope, FlaggedDataset(dataset, {}))
        is_other = (
            is_asked and known.get(dataset.run_number, scope.values["run_type"][0]) not in scope.values["run_type"]
        )
        return not is_other and is_wanted(any_type, FlaggedDataset(dataset, {}))

    return is_left


def _run_links(remaining: list[RegistryDataset], request: SignedInRequest) -> list[tuple[int, str]]:
    """Each run with the URL to certify it, which is empty for readers who may not certify."""
    may_certify = request.user.may_certify
    return [(dataset.run_number, certify_url(dataset) if may_certify else "") for dataset in remaining[:MAX_RUN_LINKS]]
