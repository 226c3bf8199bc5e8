"""The lumisections of one certification compared with what is stored of Run Registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.ranges.requests import FRESH_FOR, leave_new_requests
from certify.ranges.selectors import registry_name
from certify.rules.registry_ranges import RangesComparison, compare_ranges, has_ranges, lumisections_of
from registry.flags import NOT_FLAGGED
from registry.models import stored_flag_ranges

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from certify.models.components import Component, ComponentFlag
    from registry.models import StoredFlagRanges


@dataclass(frozen=True)
class StoredComparison:
    """The comparison of components by lumisection, and when the flags were read (UTC), or None."""

    by_component: Mapping[Component, RangesComparison] = field(default_factory=dict)
    read_at: datetime | None = None


@dataclass(frozen=True)
class RunDatasetKey:
    """A dataset of a run, by its name without outer spaces; the name may be empty."""

    run_number: int
    reconstruction: str
    dataset: str


def compare_with_stored(
    key: RunDatasetKey,
    registry_flags: Mapping[str, str],
    component_flags: Collection[ComponentFlag],
    last: int | None,
) -> StoredComparison:
    """Compare the components that have bad lumisections, and those that differ where Run Registry has more of them.

    Leaves a request if the flags have not been read lately. `registry_flags`: status in Run Registry by component.
    `last`: the last lumisection, None if unknown. No query if neither can be, one if the flags are fresh, else two, or
    three if the request is new.
    """
    theirs = {row.component: registry_flags.get(row.component, NOT_FLAGGED) for row in component_flags}
    flagged = [row for row in component_flags if theirs[row.component] != NOT_FLAGGED]
    rows = [row for row in flagged if has_ranges(row) or (last and theirs[row.component] != row.flag)]
    if not rows:
        return StoredComparison()
    stored = _stored(key)
    if stored is None or stored.read_at < timezone.now() - FRESH_FOR:
        name = stored.dataset_name if stored else registry_name(key.run_number, key.reconstruction, key.dataset)
        leave_new_requests([(key.run_number, name)])
    compared = [row for row in rows if has_ranges(row) or _is_longer(stored, row.component, last)]
    by_component = {row.component: compare_ranges(row, stored, last) for row in compared}
    return StoredComparison(by_component, stored.read_at if compared and stored and not stored.damage else None)


def _is_longer(stored: StoredFlagRanges | None, component: Component, last: int | None) -> bool:
    """Whether Run Registry has lumisections after the last one of the run."""
    return stored is not None and last is not None and lumisections_of(component, stored) > last


def _stored(key: RunDatasetKey) -> StoredFlagRanges | None:
    rows = stored_flag_ranges([key.run_number])
    return next((row for row in rows.values() if row.dataset_name.strip() == key.dataset), None)
