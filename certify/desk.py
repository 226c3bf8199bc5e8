"""Everything on the table while one reconstruction is certified or changed: run, references, the three forms."""

from __future__ import annotations

import copy
import uuid
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.http import QueryDict

from certify.facts import apply_typed, needed_of_fill, needed_of_run
from certify.forms import BadReasonForm, CertificationForm, first_values
from certify.models import TrackerCertification
from certify.references import RankedReference, likeness, ranked_references
from certify.rules import Refusal
from certify.selectors import offered_references
from certify.target import Target
from certify.ticket import Ticket
from certify.vocabulary import Vocabulary, checklists_to_tick, vocabulary
from oms.forms import OmsFillForm, OmsRunForm
from oms.models import OmsFill, OmsRun


@dataclass
class Desk:
    """The forms of one certification. `standing` is the certification being changed, None for a new one.

    `run` is as we know it, `judged` with what was typed for it besides.
    """

    run: OmsRun
    judged: OmsRun
    ticket: Ticket
    form: CertificationForm
    run_form: OmsRunForm
    fill_form: OmsFillForm
    vocabulary: Vocabulary
    standing: TrackerCertification | None = None
    reason_form: BadReasonForm = field(default_factory=BadReasonForm)

    @cached_property
    def ranked(self) -> list[RankedReference]:
        """The references for this run, best first; only a page needs them, a save does not."""
        also = self.standing.reference_runreconstruction_id if self.standing else None
        return ranked_references(likeness(self.judged, self.ticket.reconstruction), offered_references(also))

    def is_valid(self) -> bool:
        """Whether all three forms can be taken; every error is beside its field afterwards."""
        return all([self.run_form.is_valid(), self.fill_form.is_valid(), self.form.is_valid()])

    @property
    def error_count(self) -> str:
        """How many fields have an error, in words."""
        count = sum(len(form.errors) for form in (self.form, self.run_form, self.fill_form) if form.is_bound)
        return f"{count} {'field is' if count == 1 else 'fields are'}"

    @property
    def is_bound_with_errors(self) -> bool:
        """Whether something was sent that cannot be taken."""
        return self.form.is_bound and not self.error_count.startswith("0")

    def refuse(self, refused: list[Refusal]) -> None:
        """Put what the action refused beside its fields."""
        for one in refused:
            self.form.add_refusal(one.field, one.sentence)

    def typed(self) -> tuple[dict[str, Any], dict[str, Any]]:
        """What was typed by hand for the run and for its fill."""
        return self.run_form.typed_values(), self.fill_form.typed_values()


def desk_for(target: Target, runs: str) -> Desk:
    """The desk for a new certification, nothing said yet but the proposed reference."""
    run = target.oms.run or OmsRun(run_number=target.run_number)
    desk = _laid_out(run, target.ticket(), initial={})
    best = next((one for one in desk.ranked if one.is_possible), None)
    desk.form.initial = first_values(desk.ticket, target.dataset, best, runs)
    return desk


def desk_to_amend(certification: TrackerCertification, run: OmsRun, *, needs_reason: bool) -> Desk:
    """The desk for a change, filled with what stands."""
    ticket = ticket_of(certification)
    initial = {
        "reconstruction": ticket.reconstruction,
        "dataset": certification.dataset.name if certification.dataset else "",
        "ticket": ticket.signed(),
        "version": certification.version,
        "idempotency_key": uuid.uuid4(),
    }
    return _laid_out(run, ticket, initial=initial, standing=certification, needs_reason=needs_reason)


def desk_with(data: QueryDict, run: OmsRun, ticket: Ticket) -> Desk:
    """The desk as a person sent it, for a new certification."""
    data = data.copy()
    data["ticket"] = ticket.signed()  # a lost ticket is replaced, so that the next try can be saved
    return _laid_out(run, ticket, data=data)


def desk_to_amend_with(
    data: QueryDict, certification: TrackerCertification, run: OmsRun, *, needs_reason: bool
) -> Desk:
    """The desk as a person sent it, for a change."""
    ticket = ticket_of(certification)
    return _laid_out(run, ticket, data=data, standing=certification, needs_reason=needs_reason)


def ticket_of(certification: TrackerCertification) -> Ticket:
    """What a certification was made with, as the ticket of the form that changes it."""
    registry = certification.facts.get("registry", {})
    name = certification.dataset.name if certification.dataset else ""
    return Ticket(
        run_number=certification.run_number,
        reconstruction=certification.reconstruction,
        registry="found" if certification.is_dataset_verified else "unreachable",
        datasets=[name] if name and certification.is_dataset_verified else [],
        registry_states={name: registry.get("state")},
        asked_at=registry.get("asked_at") or "",
        is_complete=certification.external_info_complete,
    )


def _laid_out(
    run: OmsRun,
    ticket: Ticket,
    *,
    data: QueryDict | None = None,
    initial: dict[str, Any] | None = None,
    standing: TrackerCertification | None = None,
    needs_reason: bool = False,
) -> Desk:
    run_form, fill_form = _fact_forms(run, data)
    judged = _as_typed(run, run_form) if data is not None else run
    form = CertificationForm(
        data,
        initial=initial,
        instance=copy.copy(standing) if standing else None,
        run=judged,
        ticket=ticket,
        checklists=[] if standing else checklists_to_tick(),
        needs_reason=needs_reason,
    )
    return Desk(run, judged, ticket, form, run_form, fill_form, vocabulary(), standing)


def _fact_forms(run: OmsRun, data: QueryDict | None) -> tuple[OmsRunForm, OmsFillForm]:
    """The forms for typed facts; they work on copies of run and fill."""
    run_type = data.get("run-run_type", run.run_type) if data is not None else run.run_type
    fill = run.fill or OmsFill()
    return (
        OmsRunForm(data, instance=run, required=needed_of_run(run, run_type)),
        OmsFillForm(data, instance=fill, required=needed_of_fill(run, run_type)),
    )


def _as_typed(run: OmsRun, run_form: OmsRunForm) -> OmsRun:
    """The run as the rules must see it: with what was typed, where that can be taken."""
    judged = copy.copy(run)
    judged.typed = dict(run.typed)
    if run_form.is_valid():
        apply_typed(judged, run_form.typed_values(), by="")
    return judged
