"""Current data of Run Registry and OMS for the searched runs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.editor.worklist import datasets_by_reconstruction
from certify.facts.run_type import apply_dataset_names
from infrastructure.http.budget import Budget
from infrastructure.http.parallel import start_in_thread
from infrastructure.http.results import Found, Unreachable
from oms.mirror import RunsReading, runs_for_page
from registry.client import datasets_of_runs
from registry.dataset_cache import cache_datasets
from registry.parsing import ONLINE, RegistryDataset

if TYPE_CHECKING:
    from collections.abc import Collection


@dataclass(frozen=True)
class ExternalData:
    """The results of both services. Those of Run Registry include "online", which every known run has."""

    registry: Found[list[RegistryDataset]] | Unreachable
    oms: RunsReading

    def lumisections_to_read(self, numbers: Collection[int]) -> list[tuple[int, str]]:
        """Return (run number, name in Run Registry) of each open dataset, and ("" for none) of the other known runs.

        While both services are out all `numbers` count as known.
        """
        datasets = self.registry.value if isinstance(self.registry, Found) else []
        chosen = datasets_by_reconstruction(datasets).values()
        pairs = [(row.run_number, row.registry_name or row.name) for row in chosen if row.is_open]
        known = {row.run_number for row in datasets} | self.oms.runs.keys() or set(numbers)
        return pairs + [(number, "") for number in known - {number for number, _ in pairs}]


def fetch(run_numbers: list[int], *, is_retry: bool = False) -> ExternalData:
    """Request both services in parallel, within one budget, and cache the datasets for opening one of the runs.

    `is_retry`: the user retries, so a service is requested even if its circuit breaker is open. Errors are returned in
    the results, not raised.
    """
    budget = Budget.for_page(is_retry=is_retry)
    future = start_in_thread(lambda: datasets_of_runs(run_numbers, budget, with_online=True))
    oms = runs_for_page(run_numbers, budget)
    registry = future.result()
    if isinstance(registry, Found):
        offline = [dataset for dataset in registry.value if dataset.name != ONLINE]
        cache_datasets(Found(offline, registry.asked_at), run_numbers)
        apply_dataset_names(oms.runs.values(), offline)
    return ExternalData(registry, oms)
