"""The bad lumisections of one certification compared with what is stored of Run Registry."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.ranges.requests import FRESH_FOR, leave_new_requests
from certify.ranges.selectors import registry_name
from certify.rules.registry_ranges import RangesComparison, compare_ranges
from registry.flags import NOT_FLAGGED
from registry.models import stored_flag_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from certify.models.components import Component, ComponentFlag
    from registry.models import StoredFlagRanges


@dataclass(frozen=True)
class StoredComparison:
    """The comparison of each component that has bad lumisections, and when its flags were read (UTC), or None."""

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
    component_flags: Iterable[ComponentFlag],
    last: int | None,
) -> StoredComparison:
    """Compare the components that have bad lumisections; leave a request if the flags have not been read lately.

    `registry_flags`: status in Run Registry by component. `last`: the last lumisection, None if unknown. No query
    without such a component, one if the flags are fresh, else two, or three if the request is new.
    """
    flagged = [row for row in component_flags if registry_flags.get(row.component, NOT_FLAGGED) != NOT_FLAGGED]
    ranged = [row for row in flagged if row.is_good and row.ranges]
    if not ranged:
        return StoredComparison()
    stored = _stored(key)
    if stored is None or stored.read_at < timezone.now() - FRESH_FOR:
        name = stored.dataset_name if stored else registry_name(key.run_number, key.reconstruction, key.dataset)
        leave_new_requests([(key.run_number, name)])
    by_component = {row.component: compare_ranges(row, stored, last) for row in ranged}
    return StoredComparison(by_component, stored.read_at if stored and not stored.damage else None)


def _stored(key: RunDatasetKey) -> StoredFlagRanges | None:
    rows = stored_flag_ranges([key.run_number])
    return next((row for row in rows.values() if row.dataset_name.strip() == key.dataset), None)
