"""Reads from Run Registry what it has of other detectors. The database is not used, so this can run in threads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from infrastructure.http.errors import RemoteError
from infrastructure.http.results import Found, Missing, Unreachable
from registry import upstream_client
from registry.client import PAGE_SIZE, run_number_filter
from registry.flag_ranges import DamagedRanges
from registry.other_flags.parsing import ListedDataset, OtherFlags, parse_listed, parse_other_flags
from registry.parsing import parse_rows
from registry.service import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget


def fetch_listed(run_numbers: Collection[int], budget: Budget) -> Found[list[ListedDataset]] | Unreachable:
    """Return the datasets of these runs with their states: one request. Nothing is raised."""
    asked_at = timezone.now()
    try:
        rows = upstream_client.get_datasets(run_number_filter(run_numbers), PAGE_SIZE, budget)
        parsed = parse_rows(rows, parse_listed, lambda listed: (listed.run_number, listed.registry_name))
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    return Found(parsed.rows, asked_at, parsed.unusable)


def fetch_other_flags(listed: ListedDataset, budget: Budget) -> Found[OtherFlags] | Missing | Unreachable | None:
    """Return the flags and bits of a dataset: two requests. None without time for them. Nothing is raised.

    `Missing`: the answer contradicts itself.
    """
    if not budget.is_sufficient():
        return None
    asked_at = timezone.now()
    try:
        columns = upstream_client.get_lumisection_ranges_by_component(listed.run_number, listed.registry_name, budget)
        rows = upstream_client.get_oms_lumisection_ranges(listed.run_number, budget)
        return Found(parse_other_flags(listed, columns, rows), asked_at)
    except DamagedRanges as damaged:
        reason = f"Run Registry's ranges of {listed.name} of run {listed.run_number} are damaged: {damaged}"
        return Missing(REGISTRY, reason, "Look there, then request it again.", asked_at)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
