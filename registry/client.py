"""Ask Run Registry which datasets runs have. HTTP only: may run in a thread."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.utils import timezone

from infrastructure.http.budget import Budget
from infrastructure.http.errors import RemoteError
from infrastructure.http.results import Found, Missing, Unreachable
from registry import parsing, upstream_client
from registry.parsing import ONLINE, RegistryDataset
from registry.service import REGISTRY

# The server has no maximum; 100 runs with all their reconstructions are some hundred rows.
PAGE_SIZE = 2000


def datasets_of_run(number: int, budget: Budget) -> Found[list[RegistryDataset]] | Missing | Unreachable:
    """The run's datasets without "online". An empty list: the run is known and has none yet. Missing: unknown run."""
    asked_at = timezone.now()
    try:
        rows = _fetch_datasets([number], budget)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    if not rows:
        reason = f"Run Registry does not know run {number}"
        return Missing(REGISTRY, reason, "Check the number, or try later.", asked_at)
    return Found(_without_online(rows), asked_at)


def datasets_of_runs(
    numbers: Collection[int], budget: Budget, *, with_online: bool = False
) -> Found[list[RegistryDataset]] | Unreachable:
    """The datasets of the runs, in one call; none for no runs. `with_online` tells a known run from an unknown one."""
    asked_at = timezone.now()
    try:
        found = _fetch_datasets(numbers, budget)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    return Found(found if with_online else _without_online(found), asked_at)


def run_number_filter(numbers: Collection[int]) -> dict[str, Any]:
    """The client's filter for these runs. Raises ValueError for none: an empty `or` matches every run there is."""
    if not numbers:
        raise ValueError("An empty list of runs would match all runs.")
    return {"run_number": {"or": sorted(set(numbers))}}


def _fetch_datasets(numbers: Collection[int], budget: Budget) -> list[RegistryDataset]:
    """The datasets of exactly these runs. Raises a `RemoteError`; a row that cannot be read is one, but no outage."""
    if not numbers:
        return []
    found = parsing.parse_datasets(upstream_client.get_datasets(run_number_filter(numbers), PAGE_SIZE, budget))
    return [dataset for dataset in found if dataset.run_number in numbers]


def _without_online(datasets: list[RegistryDataset]) -> list[RegistryDataset]:
    return [dataset for dataset in datasets if dataset.name != ONLINE]
