"""What Run Registry and OMS say of the searched runs at this moment."""

from __future__ import annotations

from dataclasses import dataclass

from infrastructure.http.budget import Budget
from infrastructure.http.parallel import start_in_thread
from infrastructure.http.results import Found, Unreachable
from oms.mirror import RunsReading, runs_for_page
from registry.client import datasets_of_runs
from registry.dataset_cache import cache_datasets
from registry.parsing import ONLINE, RegistryDataset


@dataclass(frozen=True)
class ExternalData:
    """Both answers, asked side by side; Run Registry's with "online", which tells that it has the run at all."""

    registry: Found[list[RegistryDataset]] | Unreachable
    oms: RunsReading


def fetch(run_numbers: list[int], *, is_retry: bool = False) -> ExternalData:
    """Ask both within one budget, and remember the datasets, so that opening one of the runs needs no call.

    `is_retry`: the person asks to try again, so that a service that is left alone is tried.
    """
    budget = Budget.for_page(is_retry=is_retry)
    asking = start_in_thread(lambda: datasets_of_runs(run_numbers, budget, with_online=True))
    oms = runs_for_page(run_numbers, budget)
    registry = asking.result()
    if isinstance(registry, Found):
        offline = [dataset for dataset in registry.value if dataset.name != ONLINE]
        cache_datasets(Found(offline, registry.asked_at), run_numbers)
    return ExternalData(registry, oms)
