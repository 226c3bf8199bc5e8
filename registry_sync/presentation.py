"""The page of a plan, prepared so that the template has no logic."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from certify.models.choices import Flag
from certify.models.lumisections_out import known_lumi
from certify.ranges.table import lumi_text
from infrastructure.number_ranges import format_ranges
from registry.writes import COMPLETED
from registry_sync.choices import SendingPurpose
from registry_sync.forms import LOWSTAT_PREFIX
from registry_sync.lanes import PlanPicture, plan_picture
from registry_sync.plan import BAD, GOOD, PlanOutcome
from registry_sync.planning import state_refusals
from registry_sync.refusals import purpose_refusals

if TYPE_CHECKING:
    from django.forms import BoundField

    from certify.models.components import Component
    from oms.lumisections.models import LumisectionReading
    from oms.lumisections.segments import SegmentFacts
    from registry_sync.forms import PlanForm
    from registry_sync.plan import OurFlag, PlanRow
    from registry_sync.planning import SendingPlan

SECONDS_PER_WRITE = 1.5  # with the reading before and after it
MAX_PARTS = 3  # of a plan in one line


def short_text(plan: SendingPlan) -> str:
    """Return what would be written in one line, such as "Strip 310-330 BAD, OPEN → SIGNOFF", or an empty text."""
    parts = [
        f"{edit.component.label} {_range_text(edit.first, edit.last)} {edit.triplet.status}" for edit in plan.edits
    ]
    more = [f"{len(parts) - MAX_PARTS} more"] if len(parts) > MAX_PARTS else []
    move = [f"{plan.status.state} → {plan.state_to}"] if plan.status and plan.has_move else []
    return ", ".join([*parts[:MAX_PARTS], *more, *move])


def choice_text(plan: SendingPlan) -> str:
    """Return what has to be chosen in one line, such as "Strip 500-510: bad there, not from here", or an empty text."""
    parts = [f"{row.component.label} {row.lumisections}: {row.reason}" for row in plan.to_choose]
    more = [f"{len(parts) - MAX_PARTS} more"] if len(parts) > MAX_PARTS else []
    return "; ".join([*parts[:MAX_PARTS], *more])


def _range_text(first: int, last: int) -> str:
    return format_ranges([(first, last)])


@dataclass(frozen=True)
class ShownRow:
    """Rows of the plan that are shown as one: of a component, with the same flags, outcome and reason.

    `lumi`: the luminosity recorded in its lumisections, 1/pb, empty if it is not known.
    """

    row: PlanRow
    lumisections: str
    lumi: str = ""
    field: BoundField | None = None


@dataclass(frozen=True)
class PlanPage:
    """`lowstat`: the statuses chosen for components that are bad with low statistics. `reading`: of OMS, if stored."""

    plan: SendingPlan
    form: PlanForm
    lowstat: dict[str, str]
    is_sending_on: bool
    reading: LumisectionReading | None = None

    @property
    def refusals(self) -> tuple[str, ...]:
        """Return why it cannot be sent. That the dataset is COMPLETED matters only if there is something to send."""
        is_completed = self.plan.status is not None and self.plan.status.state == COMPLETED and self.plan.is_empty
        unimportant = state_refusals(self.plan.status) if is_completed and self.plan.rows and self.plan.status else ()
        return tuple(refusal for refusal in self.plan.refusals if refusal not in unimportant)

    @property
    def picture(self) -> PlanPicture | None:
        return plan_picture(self.plan.rows)

    @property
    def rows(self) -> list[ShownRow]:
        """Return what has to be chosen first, then what is written, then what is left alone or equal."""
        return [shown for outcome in PlanOutcome for shown in self._rows_of(outcome)]

    def _rows_of(self, outcome: PlanOutcome) -> list[ShownRow]:
        rows = [row for row in self.plan.rows if row.outcome == outcome]
        if outcome in (PlanOutcome.CHOOSE, PlanOutcome.WRITE):
            return [self._shown([row], self._field_of(row)) for row in rows]
        grouped: dict[tuple[object, ...], list[PlanRow]] = {}
        for row in rows:
            grouped.setdefault((row.component, row.theirs.status, row.ours, row.reason), []).append(row)
        return [self._shown(group) for group in grouped.values()]

    def _shown(self, rows: list[PlanRow], field: BoundField | None = None) -> ShownRow:
        ranges = [(row.first, row.last) for row in rows]
        return ShownRow(rows[0], format_ranges(ranges), self._lumi_of(ranges), field)

    def _lumi_of(self, ranges: list[tuple[int, int]]) -> str:
        return lumi_text(*known_lumi(self._segments, self.reading.lumis, ranges)) if self.reading else ""

    @cached_property
    def _segments(self) -> list[SegmentFacts]:
        return [segment.facts for segment in self.reading.segments.all()] if self.reading else []

    def _field_of(self, row: PlanRow) -> BoundField | None:
        return self.form[row.key] if row.key in self.form.fields else None

    @property
    def lowstat_links(self) -> list[tuple[Component, list[tuple[str, str, bool]]]]:
        """Return (component, [(status, query, is chosen)]) for each component that is bad with low statistics."""
        low = [our for our in self.plan.ours if our.flag.flag == Flag.BAD and our.flag.lowstat]
        return [(our.flag.component, [self._lowstat_link(our, status) for status in (GOOD, BAD)]) for our in low]

    def _lowstat_link(self, our_flag: OurFlag, status: str) -> tuple[str, str, bool]:
        chosen = {**self.lowstat, our_flag.flag.component.value: status}
        query = urlencode({f"{LOWSTAT_PREFIX}{name}": value for name, value in chosen.items()})
        return status, query, our_flag.lowstat_status == status

    @property
    def summary(self) -> str:
        """Return what the button does, such as "2 edits and the move to SIGNOFF, about 5 s"."""
        edits = len(self.plan.edits)
        parts = [f"{edits} edit{'' if edits == 1 else 's'}"] if edits else []
        parts += [f"the move to {self.plan.state_to}"] if self.plan.has_move else []
        seconds = round(SECONDS_PER_WRITE * (edits + self.plan.has_move))
        return f"{' and '.join(parts)}, about {max(seconds, 1)} s" if parts else ""

    @cached_property
    def move_by_hand(self) -> tuple[str, str] | None:
        """Return (purpose, label) of the move that can be confirmed on its own."""
        status = self.plan.status
        if status is None or status.damage:
            return None
        if status.state == COMPLETED and not purpose_refusals(self.plan.certification, SendingPurpose.REOPEN):
            return SendingPurpose.REOPEN, "Move back to SIGNOFF"
        return (SendingPurpose.COMPLETE, "Move to COMPLETED") if self.plan.can_be_completed else None

    @property
    def as_text(self) -> str:
        """Return the plan as lines to copy, empty if there is nothing to write."""
        edits = [
            f"{edit.component.label} {format_ranges([(edit.first, edit.last)])}: {edit.triplet.status}, "
            f"“{edit.triplet.comment}”"
            for edit in self.plan.edits
        ]
        move = (
            [f"State: {self.plan.status.state} → {self.plan.state_to}"]
            if self.plan.has_move and self.plan.status
            else []
        )
        certification = self.plan.certification
        heading = f"{certification.run_number} {certification.dataset}, CH {certification.pk} v{certification.version}"
        return "\n".join([heading, *edits, *move]) if edits or move else ""
