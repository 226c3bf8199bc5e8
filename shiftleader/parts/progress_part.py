"""The part that asks Run Registry what is open, and how long certification calls run."""

from __future__ import annotations

from collections.abc import Callable, Collection
from functools import partial
from typing import Any

from django.urls import reverse
from django.utils import timezone

from infrastructure.http.budget import Budget
from infrastructure.http.parallel import side_by_side, started
from infrastructure.http.results import Found, Unreachable
from oms.choices import RunType
from oms.models import OmsRun
from registry.bulk_queries import Answer, open_datasets_between, open_datasets_of
from registry.certification_calls import Cycle, cycles
from registry.flags import FlaggedDataset
from registry.parsing import RegistryDataset, run_type_said
from reports.date_range import Days
from reports.filters.week import Scope
from shiftleader.parts.progress import calls_of, context_of, moments, runs_certified
from shiftleader.parts.registry_comparison import OF_CERTIFICATIONS, certify_address, is_wanted
from shiftleader.parts.run_selection import runs_asked
from users.access import SignedInRequest

ASKED_AT_ONCE = 1000  # run numbers in one call: some 15 kB
MOST_LEFT = 100  # addresses of one reconstruction


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Of the datasets that are open in these days: certified, by whom, and left; and the calls with their deadlines."""
    began = timezone.now()
    certified = runs_certified(scope)
    opened, calls = _ask(scope, certified, Budget.of_page(is_retry="again" in request.GET))
    datasets = _joined(opened, scope)
    runs = {*certified, *(one.run_number for one in datasets)}
    some = calls.value if isinstance(calls, Found) else []
    shown, more_calls = calls_of(some, scope, runs, _wanted_of(some, scope))
    found = context_of(datasets, shown, scope)
    problem = next((answer for answer in opened if isinstance(answer, Unreachable)), None)
    return {
        **found,
        "more_calls": more_calls,
        "lefts": [(one, _drawn(one.left, request), max(0, len(one.left) - MOST_LEFT)) for one in found["progress"]],
        "problem": problem,
        "calls_problem": calls if isinstance(calls, Unreachable) else None,
        "asked_at": began,
        "again": f"{reverse('shiftleader:part', args=['progress'])}?{scope.query}&again=1",
        "is_narrower": any(scope.said.get(name) not in (None, "", [], {}) for name in OF_CERTIFICATIONS),
    }


def _ask(
    scope: Scope, certified: Collection[int], budget: Budget
) -> tuple[list[Answer], Found[list[Cycle]] | Unreachable]:
    """Run Registry, side by side: what is open in these days, or where they are all days among these runs; the calls.

    With days and runs, what is not of these runs is left out of the answers.
    """
    spans, has_days = scope.said.get("runs") or [], scope.days != Days()
    numbers = runs_asked(certified, [] if has_days else spans)
    some = [numbers[start : start + ASKED_AT_ONCE] for start in range(0, len(numbers), ASKED_AT_ONCE)]
    asking: list[Callable[[], Answer]] = [partial(open_datasets_of, one, budget) for one in some]
    if has_days or not spans:
        asking.append(partial(open_datasets_between, *moments(scope), budget))
    calls = started(partial(cycles, budget))
    return side_by_side(asking), calls.result()


def _joined(answers: list[Answer], scope: Scope) -> list[RegistryDataset]:
    """The datasets of all answers, each once, that the filters leave; none where a part of them is not known."""
    if any(isinstance(answer, Unreachable) for answer in answers):
        return []
    unique: dict[tuple[int, str], FlaggedDataset] = {}
    for answer in answers:
        for one in answer.value if isinstance(answer, Found) else []:
            unique[one.run_number, one.dataset.name] = one
    return [one.dataset for one in unique.values() if is_wanted(scope, one)]


def _wanted_of(calls: list[Cycle], scope: Scope) -> Callable[[RegistryDataset], bool]:
    """The same of a dataset of a call, of which Run Registry says no class and no HLT key: a query at most.

    Of reprocessed data the name says no run type either; OMS's word for the run counts then, and whatever nobody knows
    is left.
    """
    runs = {one.run_number for call in calls for one in call.datasets if not run_type_said(one.name)}
    is_asked = bool(runs and scope.said.get("run_type"))
    rows = OmsRun.objects.filter(pk__in=runs).exclude(run_type=RunType.UNKNOWN) if is_asked else OmsRun.objects.none()
    known, any_type = dict(rows.values_list("pk", "run_type")), scope.without_filters("run_type")

    def is_left(one: RegistryDataset) -> bool:
        if run_type_said(one.name):
            return is_wanted(scope, FlaggedDataset(one, {}))
        is_other = is_asked and known.get(one.run_number, scope.said["run_type"][0]) not in scope.said["run_type"]
        return not is_other and is_wanted(any_type, FlaggedDataset(one, {}))

    return is_left


def _drawn(left: list[RegistryDataset], request: SignedInRequest) -> list[tuple[int, str]]:
    """Each run with where it is certified, for who may."""
    may_certify = request.user.may_certify
    return [(one.run_number, certify_address(one) if may_certify else "") for one in left[:MOST_LEFT]]
