"""State, version and flags of one dataset in Run Registry, read at once before and after it is written to."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from infrastructure.http.errors import RemoteError, WrongShape
from infrastructure.http.parallel import start_in_thread
from infrastructure.http.results import Found, Missing, Unreachable
from registry import upstream_client
from registry.flag_ranges import FlagRange, FlagTriplet, fetch_flag_ranges
from registry.flags import parse_flagged_dataset
from registry.parsing import reconstruction_in
from registry.service import REGISTRY
from registry.writes import DatasetKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from infrastructure.http.budget import Budget
    from registry.parsing import RegistryDataset

MAX_ROWS = 200  # datasets of a run


@dataclass(frozen=True)
class DatasetStatus:
    """What Run Registry has of a dataset. `state`: of the Tracker; `version`: rises with every write.

    `flags`: {component: flags by lumisection}. `damage`: why they cannot be used, a sentence, or empty.
    `other_columns`: names of columns of the Tracker's workspace that are not ours.
    """

    state: str
    version: int
    flags: dict[str, list[FlagRange]]
    damage: str = ""
    other_columns: tuple[str, ...] = ()


def find_dataset(run_number: int, name: str, budget: Budget) -> Found[DatasetKey] | Missing | Unreachable:
    """Return a dataset by its name without white space around it; `Missing` if it is hidden or not listed."""
    asked_at = timezone.now()
    try:
        rows = upstream_client.get_datasets({"run_number": {"=": run_number}}, MAX_ROWS, budget)
        datasets = [parsed.dataset for row in rows if (parsed := parse_flagged_dataset(row)) and not row.get("deleted")]
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    found = [dataset for dataset in datasets if (dataset.run_number, dataset.name) == (run_number, name)]
    if len({dataset.registry_name for dataset in found}) > 1:
        return ambiguous_dataset(run_number, name)
    if not found:
        return missing_dataset(run_number, name, datasets)
    return Found(DatasetKey(run_number, found[0].registry_name), asked_at)


def fetch_dataset_status(dataset: DatasetKey, budget: Budget) -> Found[DatasetStatus] | Missing | Unreachable:
    """Return the status of a dataset; `Missing` if it is hidden or not listed. Nothing is raised."""
    asked_at = timezone.now()
    ranges = start_in_thread(lambda: fetch_flag_ranges(dataset.run_number, dataset.registry_name, budget))
    try:
        row = _fetch_row(dataset, budget)
    except RemoteError as error:
        return Unreachable.from_error(error, asked_at)
    flags = ranges.result()
    if isinstance(flags, Unreachable):
        return flags
    if row is None:
        return missing_dataset(dataset.run_number, dataset.registry_name.strip())
    state, version = row
    read = flags.value
    return Found(DatasetStatus(state, version, read.flags, read.damage, read.other_columns), asked_at)


def missing_dataset(run_number: int, name: str, listed: Iterable[RegistryDataset] = ()) -> Missing:
    """Return that Run Registry does not list a dataset, and which of the `listed` ones have its reconstruction."""
    reconstruction = reconstruction_in(name)
    others = sorted({row.name for row in listed if reconstruction and row.reconstruction == reconstruction})
    instead = f"; of {reconstruction} it lists {', '.join(others)}" if others else ""
    reason = f"Run Registry does not list {name} of run {run_number}{instead}"
    return Missing(REGISTRY, reason, "It can be hidden there. Look there, then try again.", timezone.now())


def ambiguous_dataset(run_number: int, name: str) -> Missing:
    """Return that Run Registry lists datasets that only white space tells apart."""
    reason = f"Run Registry lists {name} of run {run_number} more than once, with other white space"
    return Missing(REGISTRY, reason, "Hide the wrong one there.", timezone.now())


def _fetch_row(dataset: DatasetKey, budget: Budget) -> tuple[str, int] | None:
    """Return state and version of a dataset, None if it is not listed. Raises `RemoteError`."""
    for row in upstream_client.get_datasets({"run_number": {"=": dataset.run_number}}, MAX_ROWS, budget):
        parsed = parse_flagged_dataset(row).dataset
        if (parsed.run_number, parsed.registry_name) == (dataset.run_number, dataset.registry_name):
            return _listed(row, parsed.state)
    return None


def _listed(row: dict[str, Any], state: str | None) -> tuple[str, int] | None:
    """Return state and version, None for a hidden dataset. Raises `WrongShape` without them."""
    version = row.get("version")
    if state is None or not isinstance(version, int):
        raise WrongShape(REGISTRY, key="tracker_state" if state is None else "version")
    return None if row.get("deleted") else (state, version)


def flags_within(flags: Sequence[FlagRange], first: int, last: int) -> list[FlagRange]:
    """Return the flags of lumisections `first` to `last`, cut to them; those without one are EMPTY."""
    inside: list[FlagRange] = []
    following = first
    for flag in flags:
        begin, end = max(flag.first, first), min(flag.last, last)
        if begin <= end:
            inside.append(FlagRange(begin, end, flag.triplet))
            following = end + 1
    return [*inside, FlagRange(following, last, FlagTriplet("EMPTY"))] if following <= last else inside
