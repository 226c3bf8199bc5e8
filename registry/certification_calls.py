"""Certification calls ("cycles" in Run Registry), each with its datasets and its deadline."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.dateparse import parse_datetime

from infrastructure.http.errors import RemoteError, WrongShape
from infrastructure.http.results import Found, Unreachable
from infrastructure.http.values import short_text
from registry import upstream_client
from registry.parsing import RegistryDataset, RowReader, parse_datasets
from registry.service import CERTIFICATION_CALLS

if TYPE_CHECKING:
    from datetime import datetime

    from infrastructure.http.budget import Budget


@dataclass(frozen=True)
class CertificationCall:
    """One certification call. `deadline` (UTC) is None without a deadline; `state` is that of the Tracker.

    `state` is "pending" or "completed". `made_at` is the time of creation (UTC), None if Run Registry has none.
    `left_out`: values that cannot be used, as text.
    """

    name: str
    deadline: datetime | None
    state: str
    datasets: tuple[RegistryDataset, ...]
    made_at: datetime | None = None
    left_out: tuple[str, ...] = ()


def certification_calls(budget: Budget) -> Found[list[CertificationCall]] | Unreachable:
    """Return all calls that are not deleted, latest deadline first. Errors are returned as `Unreachable`."""
    asked_at = timezone.now()
    try:
        rows = upstream_client.get_cycles(budget)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    readable = [row for row in rows if isinstance(row, dict)]
    if rows and not readable:
        return Unreachable.from_error(WrongShape(CERTIFICATION_CALLS, key="cycles"), asked_at)
    calls = [_parse_call(row) for row in readable if not row.get("deleted")]
    unusable = ("a certification call that is no object",) * (len(rows) - len(readable))
    left_out = tuple(text for call in calls for text in call.left_out)
    return Found(sorted(calls, key=_deadline_order), asked_at, unusable + left_out)


def _deadline_order(cycle: CertificationCall) -> float:
    """Sort key: latest deadline first, calls without a deadline last."""
    return -cycle.deadline.timestamp() if cycle.deadline else float("inf")


def _parse_call(row: dict[str, Any]) -> CertificationCall:
    reader = RowReader()
    name = reader.text(row.get("cycle_name"), "cycle_name") or ""
    attributes = reader.mapping(row.get("cycle_attributes"), "cycle_attributes")
    datasets = _datasets(row.get("datasets"), reader)
    odd_values = [text for dataset in datasets for text in dataset.left_out]
    call = CertificationCall(
        name=name,
        deadline=_parse_time(row.get("deadline"), "deadline", reader),
        state=reader.text(attributes.get("tracker_state"), "tracker_state") or "",
        datasets=tuple(datasets),
        made_at=_parse_time(row.get("createdAt"), "createdAt", reader),
    )
    return replace(
        call, left_out=tuple(f"call {name or 'without a name'}: {text}" for text in [*reader.left_out, *odd_values])
    )


def _datasets(rows: Any, reader: RowReader) -> list[RegistryDataset]:
    if not isinstance(rows or [], list):
        reader.left_out.append(f"datasets {short_text(rows)}")
        return []
    try:
        parsed = parse_datasets(rows or [])
    except WrongShape as error:
        reader.left_out.append(f"datasets without a {error.key}")
        return []
    reader.left_out += parsed.unusable
    return parsed.rows


def _parse_time(value: Any, key: str, reader: RowReader) -> datetime | None:
    """Parse a time of Run Registry, such as 2018-05-01T00:00:00.000Z."""
    text = reader.text(value, key)
    try:
        moment = parse_datetime(text) if text else None
    except ValueError:
        moment = None
    if text and (moment is None or moment.tzinfo is None):
        reader.left_out.append(f"{key} {short_text(text)}")
        return None
    return moment
