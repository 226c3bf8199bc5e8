"""All datasets that are open for Tracker in Run Registry, cached. Home shows them; a search goes on through them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from infrastructure.cache import safe_cache
from infrastructure.http.results import Found, Unreachable
from registry.bulk_queries import all_open_datasets

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from infrastructure.http.budget import Budget
    from registry.flags import FlaggedDataset
    from registry.parsing import RegistryDataset

FRESH_FOR = timedelta(minutes=5)
CACHE_LIFETIME = timedelta(hours=12)  # a shift and some hours after it: shown, with its time, while Run Registry is out
_CACHE_KEY = "registry.open_datasets"


@dataclass(frozen=True)
class OpenDatasets:
    """The open datasets by the answer of `asked_at` (UTC), newest run first, without their flags.

    `asked_at` is None if there is no answer. `problem` is set if Run Registry was asked now and did not answer.
    """

    datasets: list[FlaggedDataset]
    asked_at: datetime | None
    problem: Unreachable | None = None


def open_datasets(budget: Budget, *, is_retry: bool = False) -> OpenDatasets:
    """Return the open datasets: one request, or none while the answer is fresh. Errors are in `problem`, not raised.

    `is_retry`: the user asks again, so that a fresh answer is not used.
    """
    cached = _cached()
    if cached and not is_retry and timezone.now() - cached.asked_at < FRESH_FOR:
        return OpenDatasets(cached.value, cached.asked_at)
    answer = all_open_datasets(budget)
    if isinstance(answer, Unreachable):
        return OpenDatasets(cached.value if cached else [], cached.asked_at if cached else None, answer)
    found = sorted((replace(flagged, counts={}) for flagged in answer.value), key=lambda flagged: -flagged.run_number)
    safe_cache.write(_CACHE_KEY, Found(found, answer.asked_at), CACHE_LIFETIME.total_seconds())
    return OpenDatasets(found, answer.asked_at)


def cached_open_datasets(numbers: Collection[int]) -> dict[int, list[RegistryDataset]]:
    """Return the open datasets of these runs by the last answer, without a request. Runs without one are absent."""
    by_run: dict[int, list[RegistryDataset]] = defaultdict(list)
    if numbers and (cached := _cached()):
        for flagged in cached.value:
            if flagged.run_number in numbers:
                by_run[flagged.run_number].append(flagged.dataset)
    return by_run


def _cached() -> Found[list[FlaggedDataset]] | None:
    found: Found[list[FlaggedDataset]] | None = safe_cache.read(_CACHE_KEY)
    return found
