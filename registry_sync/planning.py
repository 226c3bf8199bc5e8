"""The plan of a sending, from what CertHelper and Run Registry have now; and its confirmation."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from certify.models.choices import Reconstruction
from certify.models.components import Component, component_flags_of
from infrastructure.http.results import Found
from registry.dataset_status import DatasetStatus, fetch_dataset_status, find_dataset
from registry.writes import COMPLETED, OPEN, SIGNOFF, DatasetKey
from registry_sync.plan import (
    OurFlag,
    PlanChoice,
    PlannedEdit,
    PlanOutcome,
    PlanRow,
    plan_rows,
    planned_edits,
)
from registry_sync.refusals import certification_refusals, has_open_question
from registry_sync.selectors import lowstat_sent

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from certify.models import TrackerCertification
    from infrastructure.http.budget import Budget

# Where edits are sent, and the state that follows them.
AFTER_EDITS = {OPEN: SIGNOFF, SIGNOFF: SIGNOFF}


@dataclass(frozen=True)
class PlanDecisions:
    """What a shift leader decides: by row, and GOOD or BAD for components that are bad with low statistics."""

    choices: Mapping[str, PlanChoice] = field(default_factory=dict)
    lowstat: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class SendingPlan:
    """What would be written for a certification. `refusals`: why nothing can be, a sentence each.

    `state_to`: the state after it, the same as that of `status` if it stays.
    """

    certification: TrackerCertification
    dataset: DatasetKey | None = None
    status: DatasetStatus | None = None
    read_at: datetime | None = None
    rows: tuple[PlanRow, ...] = ()
    ours: tuple[OurFlag, ...] = ()
    edits: tuple[PlannedEdit, ...] = ()
    state_to: str = ""
    refusals: tuple[str, ...] = ()

    @property
    def to_choose(self) -> list[PlanRow]:
        """Return the rows that have to be decided before anything is sent."""
        return [row for row in self.rows if row.outcome == PlanOutcome.CHOOSE]

    @property
    def is_unread(self) -> bool:
        """Return whether Run Registry was to be read and could not be."""
        return self.status is None and self.certification.dataset is not None and bool(self.certification.lumisections)

    @property
    def has_move(self) -> bool:
        return self.status is not None and self.state_to != self.status.state

    @property
    def is_empty(self) -> bool:
        """Return whether Run Registry has all of it already."""
        return not self.edits and not self.has_move and not self.to_choose

    @property
    def can_be_completed(self) -> bool:
        """Return whether all flags are signed off. Express ends at SIGNOFF: no certification call counts it."""
        is_signed_off = self.status is not None and self.status.state == SIGNOFF
        is_express = self.certification.reconstruction == Reconstruction.EXPRESS
        return is_signed_off and self.is_empty and not self.refusals and not is_express

    def decided(self, decisions: PlanDecisions) -> SendingPlan:
        """Return the plan on the same reading with these decisions, and its own about low statistics."""
        if self.dataset is None or self.status is None:
            return self
        own = {
            our_flag.flag.component.value: our_flag.lowstat_status for our_flag in self.ours if our_flag.lowstat_status
        }
        decisions = replace(decisions, lowstat={**own, **decisions.lowstat})
        planned = plan_on(self.certification, self.dataset, self.status, decisions)
        return replace(planned, refusals=self.refusals, read_at=self.read_at)

    @property
    def can_be_confirmed(self) -> bool:
        return not self.refusals and not self.to_choose and not self.is_empty


def signature_of(certification: TrackerCertification) -> str:
    """Return what ends each comment: our number and version, and the shifter."""
    return f"[CH {certification.pk} v{certification.version}, {certification.user.username}]"


def make_plan(
    certification: TrackerCertification, budget: Budget, decisions: PlanDecisions | None = None
) -> SendingPlan:
    """Read Run Registry and return the plan. Nothing is raised and nothing is written.

    What was decided about low statistics when this version was sent before holds, unless `decisions` have another one.
    """
    decisions = decisions or PlanDecisions()
    sent = lowstat_sent([certification]).get(certification.pk, {})
    refusals = certification_refusals(certification, has_open_question=has_open_question(certification))
    if certification.dataset is None or not certification.lumisections:
        return SendingPlan(certification, refusals=tuple(refusals))
    found = find_dataset(certification.run_number, certification.dataset.name, budget)
    if not isinstance(found, Found):
        return SendingPlan(certification, refusals=(*refusals, found.sentence))
    status = fetch_dataset_status(found.value, budget)
    if not isinstance(status, Found):
        return SendingPlan(certification, refusals=(*refusals, status.sentence))
    decisions = replace(decisions, lowstat={**sent, **decisions.lowstat})
    planned = plan_on(certification, found.value, status.value, decisions)
    return replace(planned, refusals=(*refusals, *planned.refusals), read_at=status.asked_at)


def plan_on(
    certification: TrackerCertification, dataset: DatasetKey, status: DatasetStatus, decisions: PlanDecisions
) -> SendingPlan:
    """Return the plan on this status of the dataset. Queries the reason and problems only."""
    state_to, refusals = AFTER_EDITS.get(status.state, status.state), state_refusals(status)
    last = last_lumisection(certification, status)
    if status.damage or not last:
        return SendingPlan(certification, dataset, status, state_to=state_to, refusals=refusals)
    ours = our_flags(certification, decisions.lowstat)
    rows = plan_rows(ours, status.flags, last, decisions.choices)
    edits = planned_edits(rows, ours, signature_of(certification))
    planned = SendingPlan(certification, dataset, status, state_to=state_to, refusals=refusals)
    return replace(planned, rows=tuple(rows), ours=tuple(ours), edits=tuple(edits))


def state_refusals(status: DatasetStatus) -> tuple[str, ...]:
    """Return why a dataset in this status is not written to, a sentence, or nothing."""
    if status.damage:
        return (status.damage,)
    if status.state == COMPLETED:
        return ("The dataset is COMPLETED. Move it back to SIGNOFF first.",)
    if status.state not in AFTER_EDITS:
        return (f"The dataset is {status.state}. It can be sent once it is OPEN.",)
    return () if any(status.flags.values()) else ("Run Registry has no lumisections of this dataset.",)


def last_lumisection(certification: TrackerCertification, status: DatasetStatus) -> int:
    """Return the last lumisection that both OMS and Run Registry know."""
    known = max((flags[-1].last for flags in status.flags.values() if flags), default=0)
    return min(certification.lumisections or 0, known)


def our_flags(certification: TrackerCertification, lowstat: Mapping[str, str]) -> list[OurFlag]:
    """Return the flag of each component with the comment that goes with it: reason, problems and comment."""
    return [
        OurFlag(flag, _comment(certification, flag.component), lowstat.get(flag.component, ""))
        for flag in component_flags_of(certification)
    ]


def _comment(certification: TrackerCertification, component: Component) -> str:
    reason = certification.bad_reason.name if certification.bad_reason else ""
    problems = ", ".join(problem.name for problem in getattr(certification, component.problems_field).all())
    comment = " ".join(certification.comment.replace("\0", "").split())
    return "; ".join(part for part in (reason, problems, comment) if part)
