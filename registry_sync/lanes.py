"""The picture of a plan: for each component what Run Registry has, what ours is, and what would be written."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.ranges.timeline import Mark, Tick, status_marks, ticks
from registry_sync.plan import PlanOutcome

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certify.models.components import Component
    from registry_sync.plan import PlanRow

ROW_REM = 0.875


@dataclass(frozen=True)
class PlanLane:
    """One lane with its marks, which are placed as if it were the first."""

    label: str
    marks: list[Mark]


@dataclass(frozen=True)
class ComponentLanes:
    """The three lanes of a component."""

    component: Component
    lanes: list[PlanLane]


@dataclass(frozen=True)
class PlanPicture:
    """All lanes over lumisections 1 to `last`."""

    last: int
    components: list[ComponentLanes]

    @property
    def ticks(self) -> list[Tick]:
        return ticks(self.last)


def plan_picture(rows: Sequence[PlanRow]) -> PlanPicture | None:
    """Return the picture of the rows of a plan, None without rows."""
    if not rows:
        return None
    last = max(row.last for row in rows)
    by_component: dict[Component, list[PlanRow]] = {}
    for row in rows:
        by_component.setdefault(row.component, []).append(row)
    return PlanPicture(last, [_component_lanes(component, own, last) for component, own in by_component.items()])


def _component_lanes(component: Component, rows: list[PlanRow], last: int) -> ComponentLanes:
    written = [(row.first, row.last, row.ours) for row in rows if row.outcome == PlanOutcome.WRITE]
    lanes = {
        "RR now": [(row.first, row.last, row.theirs.status) for row in rows],
        "ours": [(row.first, row.last, row.ours) for row in rows],
        "to write": written,
    }
    return ComponentLanes(component, [PlanLane(label, status_marks([spans], last)) for label, spans in lanes.items()])
