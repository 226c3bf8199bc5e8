"""Queries of Run Registry for the datasets of runs. The database is not used, so they can run in threads."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from infrastructure.http.errors import RemoteError
from infrastructure.http.results import Found, Missing, Unreachable
from registry import upstream_client
from registry.flags import parse_dataset_with_flags
from registry.parsing import ONLINE, ParsedRows, RegistryDataset, parse_datasets
from registry.service import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget

# The server has no maximum page size; 100 runs with all their reconstructions are some hundred rows.
PAGE_SIZE = 2000


def datasets_of_run(number: int, budget: Budget) -> Found[list[RegistryDataset]] | Missing | Unreachable:
    """Return the datasets of a run without "online".

    An empty list means that the run is known but has no datasets yet; `Missing` means an unknown run.
    """
    asked_at = timezone.now()
    try:
        parsed = _fetch_datasets([number], budget)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    if not parsed.rows:
        reason = f"Run Registry does not know run {number}"
        return Missing(REGISTRY, reason, "Check the number, or try later.", asked_at)
    return Found(_without_online(parsed.rows), asked_at, parsed.unusable)


def datasets_of_runs(
    numbers: Collection[int], budget: Budget, *, with_online: bool = False
) -> Found[list[RegistryDataset]] | Unreachable:
    """Return the datasets of the runs, with one request, or none without runs.

    A known run has at least the dataset "online", which is included only if `with_online` is true.
    """
    asked_at = timezone.now()
    try:
        parsed = _fetch_datasets(numbers, budget)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    return Found(parsed.rows if with_online else _without_online(parsed.rows), asked_at, parsed.unusable)


def run_number_filter(numbers: Collection[int]) -> dict[str, Any]:
    """Return the filter for these runs. Raises `ValueError` without runs, because an empty `or` matches all runs."""
    if not numbers:
        raise ValueError("An empty list of runs would match all runs.")
    return {"run_number": {"or": sorted(set(numbers))}}


def _fetch_datasets(numbers: Collection[int], budget: Budget) -> ParsedRows[RegistryDataset]:
    """Return the datasets of exactly these runs. Raises `RemoteError`, also if no row can be used."""
    if not numbers:
        return ParsedRows([], ())
    rows = upstream_client.get_datasets(run_number_filter(numbers), PAGE_SIZE, budget)
    parsed = parse_datasets(rows, parse_dataset_with_flags)
    return replace(parsed, rows=[dataset for dataset in parsed.rows if dataset.run_number in numbers])


def _without_online(datasets: list[RegistryDataset]) -> list[RegistryDataset]:
    return [dataset for dataset in datasets if dataset.name != ONLINE]
