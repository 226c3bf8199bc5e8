"""What people changed in the flags of a dataset, from the history in Run Registry."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from registry.flag_ranges import FlagTriplet
from registry.flags import COLUMNS
from registry.writes import DatasetKey, fetch_history

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from infrastructure.http.budget import Budget

_TRIPLET_KEYS = ("status", "comment", "cause")


class ManualChange(NamedTuple):
    """One change of the flag of a component. `by`: who wrote it, `at`: when (UTC), None if that cannot be read."""

    version: int
    component: str
    first: int
    last: int
    triplet: FlagTriplet
    by: str
    at: datetime | None

    def overlaps(self, component: str, first: int, last: int) -> bool:
        return self.component == component and self.first <= last and first <= self.last


def fetch_manual_changes(dataset: DatasetKey, budget: Budget) -> list[ManualChange]:
    """Return what people and applications changed in the columns of the Tracker, oldest first.

    Automatic changes are left out: they never replace these. Raises `RemoteError`.
    """
    return sorted(_changes(fetch_history(dataset, budget)), key=lambda change: change.version)


def _changes(entries: Iterable[Any]) -> Iterator[ManualChange]:
    for entry in entries:
        match entry:
            case {
                "manual_change": True,
                "version": int() as version,
                "start": int() as first,
                "end": int() as last,
                "jsonb": dict() as flags,
            }:
                who, at = entry.get("by"), _moment(entry.get("createdAt"))
                by = who if isinstance(who, str) else ""
                for component, column in COLUMNS.items():
                    if isinstance(flags.get(column), dict):
                        yield ManualChange(version, component, first, last, _triplet(flags[column]), by, at)


def _triplet(flag: dict[str, Any]) -> FlagTriplet:
    return FlagTriplet(*(flag[key] if isinstance(flag.get(key), str) else "" for key in _TRIPLET_KEYS))


def _moment(value: Any) -> datetime | None:
    try:
        moment = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        return None
    return moment.astimezone(UTC) if moment.tzinfo else None
