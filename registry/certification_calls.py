"""Certification calls ("cycles" in Run Registry), each with its datasets and its deadline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from infrastructure.http.errors import RemoteError, WrongShape
from infrastructure.http.results import Found, Unreachable
from registry import parsing, upstream_client
from registry.service import CERTIFICATION_CALLS

if TYPE_CHECKING:
    from datetime import datetime

    from infrastructure.http.budget import Budget
    from registry.parsing import RegistryDataset


@dataclass(frozen=True)
class CertificationCall:
    """One certification call. `deadline` (UTC) is None without a deadline; `state` is that of the Tracker.

    `state` is "pending" or "completed". `made_at` is the time of creation (UTC), None if Run Registry has none.
    """

    name: str
    deadline: datetime | None
    state: str
    datasets: tuple[RegistryDataset, ...]
    made_at: datetime | None = None


def certification_calls(budget: Budget) -> Found[list[CertificationCall]] | Unreachable:
    """Return all calls that are not deleted, latest deadline first. Errors are returned as `Unreachable`."""
    asked_at = timezone.now()
    try:
        rows = [parsing.mapping(row, "cycles") for row in upstream_client.get_cycles(budget)]
        calls = [_parse_call(row) for row in rows if not row.get("deleted")]
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    return Found(sorted(calls, key=_deadline_order), asked_at)


def _deadline_order(cycle: CertificationCall) -> float:
    """Sort key: latest deadline first, calls without a deadline last."""
    return -cycle.deadline.timestamp() if cycle.deadline else float("inf")


def _parse_call(row: dict[str, Any]) -> CertificationCall:
    attributes = parsing.mapping(row.get("cycle_attributes"), "cycle_attributes")
    datasets = row.get("datasets") or []
    if not isinstance(datasets, list):
        raise WrongShape(CERTIFICATION_CALLS, key="datasets")
    return CertificationCall(
        name=parsing.text(row.get("cycle_name"), "cycle_name") or "",
        deadline=_parse_time(row.get("deadline"), "deadline"),
        state=parsing.text(attributes.get("tracker_state"), "tracker_state") or "",
        datasets=tuple(parsing.parse_datasets(datasets)),
        made_at=_parse_time(row.get("createdAt"), "createdAt"),
    )


def _parse_time(value: Any, key: str) -> datetime | None:
    """Parse a time of Run Registry, such as 2018-05-01T00:00:00.000Z. Raises `WrongShape`."""
    text = parsing.text(value, key)
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        raise WrongShape(CERTIFICATION_CALLS, key=key)
    return moment
