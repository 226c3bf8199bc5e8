"""The flags by lumisection of many datasets. Read three side by side, and again only where a dataset has changed.

The version of a dataset in Run Registry rises with every change of it, so that what was read of a version is cached.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from hashlib import sha256
from typing import TYPE_CHECKING

from infrastructure.cache import safe_cache
from infrastructure.http.parallel import run_parallel
from infrastructure.http.results import Found, Unreachable
from registry.flag_ranges import FlagRanges, fetch_flag_ranges

if TYPE_CHECKING:
    from collections.abc import Mapping

    from infrastructure.http.budget import Budget
    from registry.writes import DatasetKey

MAX_PARALLEL = 3
CACHE_LIFETIME = timedelta(minutes=10)
FlagRangesResult = Found[FlagRanges] | Unreachable


def flag_ranges_of(
    versions: Mapping[DatasetKey, int], budget: Budget, *, since: datetime | None = None
) -> dict[DatasetKey, FlagRangesResult]:
    """Return the flags of datasets, given with their versions. Those for which there is no time are absent.

    Answers cached after `since` are used without a request. Errors are returned, not raised.
    """
    keys = {dataset: _cache_key(dataset, version) for dataset, version in versions.items()}
    cached = safe_cache.read_many(keys.values())
    results = {dataset: cached[key] for dataset, key in keys.items() if _is_usable(cached.get(key), since)}
    missing = [dataset for dataset in versions if dataset not in results]
    answers = run_parallel([partial(_fetch_in_time, dataset, budget) for dataset in missing], MAX_PARALLEL)
    for dataset, answer in zip(missing, answers, strict=True):
        if answer is not None:
            results[dataset] = answer
        if isinstance(answer, Found):
            safe_cache.write(keys[dataset], answer, CACHE_LIFETIME.total_seconds())
    return results


def _cache_key(dataset: DatasetKey, version: int) -> str:
    name = sha256(dataset.registry_name.encode()).hexdigest()[:16]
    return f"registry.bulk_flag_ranges.{dataset.run_number}.{name}.{version}"


def _is_usable(answer: FlagRangesResult | None, since: datetime | None) -> bool:
    return answer is not None and (since is None or answer.asked_at >= since)


def _fetch_in_time(dataset: DatasetKey, budget: Budget) -> FlagRangesResult | None:
    if not budget.is_sufficient():
        return None
    return fetch_flag_ranges(dataset.run_number, dataset.registry_name, budget)
