"""Cache of the datasets of runs, so that the steps of a search do not repeat their requests to Run Registry.

Which datasets a run has changes rarely and is cached for the length of a shift. Their states do change: each result
has the time of its request, for callers that need the current state.
Entries of Django's cache hold groups of neighbouring runs, so that a search reads a few entries instead of a hundred.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from infrastructure.cache import safe_cache
from infrastructure.cache.file_lock import file_lock
from infrastructure.http.results import Found
from registry.parsing import RegistryDataset

if TYPE_CHECKING:
    from collections.abc import Iterable

CACHE_LIFETIME = timedelta(hours=12)  # a shift and some hours after it
_GROUP_SIZE = 200
_RunGroup = dict[int, tuple[datetime, list[RegistryDataset]]]


def cache_datasets(answer: Found[list[RegistryDataset]], run_numbers: Iterable[int]) -> None:
    """Cache the datasets of each run. A run without datasets is not cached, so that it is requested again."""
    by_run: dict[int, list[RegistryDataset]] = defaultdict(list)
    for dataset in answer.value:
        by_run[dataset.run_number].append(dataset)
    new = {number: (answer.asked_at, by_run[number]) for number in set(run_numbers) if by_run[number]}
    with file_lock("remembered"):
        groups: dict[str, _RunGroup] = {
            key: _unexpired(group) for key, group in _read_groups({_cache_key(number) for number in new}).items()
        }
        for number, entry in new.items():
            groups.setdefault(_cache_key(number), {})[number] = entry
        _write_groups(groups)


def cached_datasets(run_numbers: Iterable[int]) -> dict[int, Found[list[RegistryDataset]]]:
    """Return the cached datasets by run number. Runs that are not cached are absent."""
    wanted = set(run_numbers)
    groups = _read_groups({_cache_key(number) for number in wanted}).values()
    entries = {number: entry for group in groups for number, entry in _unexpired(group).items() if number in wanted}
    return {number: Found(datasets, asked_at) for number, (asked_at, datasets) in entries.items()}


def _cache_key(run_number: int) -> str:
    return f"registry.dataset_cache.{run_number // _GROUP_SIZE}"


def _read_groups(keys: set[str]) -> dict[str, _RunGroup]:
    return safe_cache.read_many(keys)


def _unexpired(group: _RunGroup) -> _RunGroup:
    oldest = timezone.now() - CACHE_LIFETIME
    return {number: entry for number, entry in group.items() if entry[0] > oldest}


def _write_groups(groups: dict[str, _RunGroup]) -> None:
    for key, group in groups.items():
        safe_cache.write(key, group, CACHE_LIFETIME.total_seconds())
