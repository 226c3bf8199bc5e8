"""The flags of a dataset in Run Registry, lumisection by lumisection: ranges of the three columns of the Tracker."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any, NamedTuple

from django.utils import timezone

from infrastructure.http.errors import RemoteError
from infrastructure.http.results import Found, Unreachable
from infrastructure.http.values import short_text
from registry import upstream_client
from registry.flags import COLUMNS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from infrastructure.http.budget import Budget

# (first, last, status), both ends included, as {component: ranges}.
StatusRange = tuple[int, int, str]
RangesByComponent = dict[str, list[StatusRange]]


class FlagTriplet(NamedTuple):
    """A flag as Run Registry stores it: status, comment and cause are replaced together."""

    status: str
    comment: str = ""
    cause: str = ""


class FlagRange(NamedTuple):
    """The flag of lumisections `first` to `last`, both included."""

    first: int
    last: int
    triplet: FlagTriplet


@dataclass(frozen=True)
class FlagRanges:
    """Ranges by component, or why they cannot be used: then `damage` is a sentence and there are no ranges.

    `flags`: the same with comments and causes, split wherever one of them changes. `other_columns`: names of columns of
    the Tracker's workspace that are not ours.
    """

    ranges: RangesByComponent
    damage: str = ""
    flags: dict[str, list[FlagRange]] = field(default_factory=dict, compare=False)
    other_columns: tuple[str, ...] = ()


class DamagedRanges(ValueError):
    """The ranges of a column contradict each other. The text says how."""


def fetch_flag_ranges(run_number: int, registry_name: str, budget: Budget) -> Found[FlagRanges] | Unreachable:
    """Return the ranges of a dataset, by its name in Run Registry. Nothing is raised.

    A dataset without flags has no ranges.
    """
    asked_at = timezone.now()
    try:
        answer = upstream_client.get_lumisection_ranges_by_component(run_number, registry_name, budget)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    return Found(parse_flag_ranges(answer), asked_at)


def parse_flag_ranges(answer: dict[str, list[Any]]) -> FlagRanges:
    """Return the ranges of the Tracker's columns.

    Ranges that do not begin at lumisection 1, leave a gap or overlap are damaged, and so are all if most other columns
    do not begin with a status at 1: Run Registry gives such ranges for ever after somebody wrote a range that begins
    below 1 to any column, and they belong to other lumisections.
    """
    try:
        flags = {
            component: _column(answer[column], column) for component, column in COLUMNS.items() if column in answer
        }
        others = {column: answer[column] for column in sorted(answer.keys() - COLUMNS.values()) if answer[column]}
        check_beginnings(others)
    except DamagedRanges as damaged:
        return FlagRanges({}, f"Run Registry's ranges of this dataset are damaged: {damaged}.")
    ranges = {component: merged_statuses(column) for component, column in flags.items()}
    return FlagRanges(ranges, flags=flags, other_columns=tuple(name for name in others if name.startswith("tracker-")))


def check_beginnings(columns: dict[str, list[Any]]) -> None:
    """Raise `DamagedRanges` unless the columns begin at 1, most of them with a status.

    A range that begins below 1 leaves all other columns without a status there. A column that somebody has made by
    writing some lumisections of it, under a name of their own, is alone in that.
    """
    unset = [column for column, ranges in columns.items() if not _begins_with_status(ranges, column)]
    if unset and len(unset) * 2 >= len(columns):
        raise DamagedRanges(f"{unset[0]} begins with {short_text(columns[unset[0]][0])}")


def _begins_with_status(ranges: list[Any], column: str) -> bool:
    match ranges[0]:
        case {"start": 1, "status": str() | dict()}:
            return True
        case {"start": 1, "end": int(), **others} if not others:
            return False
    raise DamagedRanges(f"{column} begins with {short_text(ranges[0])}")


def _column(ranges: list[Any], column: str) -> list[FlagRange]:
    """Return the ranges of one column. Raises `DamagedRanges`.

    At its end it has no status in lumisections that somebody added to another column alone: these are left out.
    """
    while len(ranges) > 1 and isinstance(ranges[-1], dict) and ranges[-1].keys() == {"start", "end"}:
        ranges = ranges[:-1]
    parsed = sorted(parse_flag_range(entry, column) for entry in ranges)
    if parsed and parsed[0].first != 1:
        raise DamagedRanges(f"{column} begins at lumisection {parsed[0].first}")
    for (first, last, _), (following, *_rest) in pairwise(parsed):
        if following != last + 1:
            fault = "overlap" if following <= last else "leave a gap"
            raise DamagedRanges(f"ranges of {column} {fault} ({first}-{last} and from {following})")
    return parsed


def parse_flag_range(entry: Any, column: str) -> FlagRange:
    """Return one range of a column. Raises `DamagedRanges`."""
    values = [entry.get(key) for key in ("start", "end", "status")] if isinstance(entry, dict) else []
    match values:
        case [int() as first, int() as last, str() as status] if first <= last and not isinstance(first, bool):
            comment, cause = (entry.get(key) for key in ("comment", "cause"))
            return FlagRange(first, last, FlagTriplet(status, _text(comment), _text(cause)))
    raise DamagedRanges(f"{column} has {short_text(entry)}")


def _text(value: Any) -> str:
    return value if isinstance(value, str) else ""


def merged_statuses(flags: Sequence[FlagRange]) -> list[StatusRange]:
    """Join neighbours of the same status: Run Registry also splits where a comment or cause changes."""
    merged: list[StatusRange] = []
    for first, last, (status, *_) in flags:
        if merged and merged[-1][2] == status:
            merged[-1] = (merged[-1][0], last, status)
        else:
            merged.append((first, last, status))
    return merged
