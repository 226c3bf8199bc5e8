"""All that writes certifications and references: one function per deed, the actor first, one transaction each."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass, field
from typing import Any

from django.db import IntegrityError, transaction

from certify.choices import Component, Reconstruction
from certify.facts import TypedValues, apply_typed, frozen_facts
from certify.models import BadReason, Dataset, RunReconstruction, TrackerCertification
from certify.rules import Refusal, entry_of, refusals
from certify.selectors import live_certification
from oms.models import OmsFill, OmsRun
from users.models import User

PROBLEMS = ("pixel_problems", "strip_problems", "tracking_problems")


class EntryRefused(Exception):
    """The entry breaks a rule; `refusals` say which and beside which field."""

    def __init__(self, refused: list[Refusal]):
        super().__init__("; ".join(one.sentence for one in refused))
        self.refusals = refused


class AlreadyCertified(Exception):
    """Somebody was faster: `existing` is what stands."""

    def __init__(self, existing: TrackerCertification):
        super().__init__(f"{existing} is certified already.")
        self.existing = existing


class ChangedMeanwhile(Exception):
    """The certification is not the version that was loaded: `existing` is what stands now."""

    def __init__(self, existing: TrackerCertification):
        super().__init__(f"{existing} was changed meanwhile.")
        self.existing = existing


@dataclass(frozen=True)
class Decision:
    """What the shifter said: the fields of a certification by name, without its facts."""

    pixel: str
    strip: str
    tracking: str
    trackermap: str
    reference: RunReconstruction
    date: dt.date
    pixel_lowstat: bool = False
    strip_lowstat: bool = False
    tracking_lowstat: bool = False
    bad_reason: BadReason | None = None
    comment: str = ""
    confirmed: list[str] = field(default_factory=list)
    problems: dict[str, list[Any]] = field(default_factory=dict)

    def columns(self) -> dict[str, Any]:
        """The certification's own columns."""
        plain = ("pixel", "strip", "tracking", "trackermap", "date", "bad_reason", "comment", "confirmed")
        ticks = tuple(f"{component.value}_lowstat" for component in Component)
        return {name: getattr(self, name) for name in plain + ticks} | {"reference_runreconstruction": self.reference}


@dataclass(frozen=True)
class Basis:
    """What a decision rests on besides the mirror of OMS: dataset, typed facts, and what Run Registry said when."""

    dataset: str = ""
    is_dataset_known: bool = True
    is_dataset_verified: bool = True
    is_complete: bool = False
    typed_run: TypedValues = field(default_factory=dict)
    typed_fill: TypedValues = field(default_factory=dict)
    registry: dict[str, Any] = field(default_factory=dict)
    unticked: list[str] = field(default_factory=list)


def certify_run(
    actor: User,
    run_number: int,
    reconstruction: str,
    decision: Decision,
    basis: Basis,
    idempotency_key: uuid.UUID | None = None,
) -> TrackerCertification:
    """Certify one reconstruction of a run.

    The same `idempotency_key` again leads to the record it made. Raises `EntryRefused` and `AlreadyCertified`.
    """
    with transaction.atomic():
        made = TrackerCertification.objects.filter(idempotency_key=idempotency_key).first() if idempotency_key else None
        if made and _is_of(made, actor, run_number, reconstruction):
            return made
        run = _run_with_typed_facts(actor, run_number, basis)
        _refuse_what_rules_refuse(run, decision, basis)
        target = _locked_reconstruction(run, reconstruction)
        if standing := live_certification(run_number, reconstruction):
            raise AlreadyCertified(standing)
        # A key that made another record (a form sent again for another run) makes way for a new one.
        key = uuid.uuid4() if made or idempotency_key is None else idempotency_key
        return _insert(actor, run, target, decision, basis, key)


def amend_certification(
    actor: User,
    certification: TrackerCertification,
    version: int,
    decision: Decision,
    basis: Basis,
    *,
    reason: str = "",
    idempotency_key: uuid.UUID | None = None,
) -> TrackerCertification:
    """Change a live certification that was loaded at `version`; its owner stays its owner.

    Raises `EntryRefused` and `ChangedMeanwhile`; the same `idempotency_key` again changes nothing more.
    """
    with transaction.atomic():
        standing = TrackerCertification.objects.select_for_update(of=("self",)).with_names().get(pk=certification.pk)
        if idempotency_key and standing.idempotency_key == idempotency_key:
            return standing
        if standing.version != version or standing.state != certification.state:
            raise ChangedMeanwhile(standing)
        run = _run_with_typed_facts(actor, standing.run_number, basis)
        _refuse_what_rules_refuse(run, decision, basis)
        return _overwrite(actor, standing, run, decision, basis, reason, idempotency_key)


def add_bad_reason(actor: User, name: str, description: str) -> BadReason:
    """The reason of this name, made if there is none yet; a retired one is offered again."""
    del actor  # kept for the history that later changes write
    reason, is_new = BadReason.objects.get_or_create(name=name, defaults={"description": description})
    if not is_new and reason.is_retired:
        reason.is_retired = False
        reason.save(update_fields=["is_retired"])
    return reason


def adopt_reference(actor: User | None, run: OmsRun, reconstruction: str, reason: str) -> RunReconstruction:
    """Make a run that OMS knows a reference although nobody certified it here; `reason` says why."""
    with transaction.atomic():
        reference = _locked_reconstruction(run, reconstruction)
        reference.is_reference = True
        reference.reference_reason = reason
        reference.reference_by = actor
        reference.reference_since = dt.datetime.now(dt.UTC)
        reference.save()
    return reference


def _is_of(made: TrackerCertification, actor: User, run_number: int, reconstruction: str) -> bool:
    return (made.user_id, made.run_number, made.reconstruction) == (actor.pk, run_number, reconstruction)


def _run_with_typed_facts(actor: User, run_number: int, basis: Basis) -> OmsRun:
    """The run's row with what was typed for it and its fill; made when OMS never answered for it."""
    run, is_new = OmsRun.objects.select_related("fill").get_or_create(run_number=run_number)
    fill_number = basis.typed_fill.get("fill_number", {}).get("value") or run.fill_id or run.fill_number
    if basis.typed_fill and fill_number:
        run.fill = _fill_with_typed_facts(actor, fill_number, basis.typed_fill)
        apply_typed(run, {"fill_number": {"value": fill_number}}, actor.username)
    if apply_typed(run, basis.typed_run, actor.username) or is_new or basis.typed_fill:
        run.save()
    return run


def _fill_with_typed_facts(actor: User, fill_number: int, typed: TypedValues) -> OmsFill:
    fill, _ = OmsFill.objects.get_or_create(fill_number=fill_number)
    if apply_typed(fill, {name: given for name, given in typed.items() if name != "fill_number"}, actor.username):
        fill.save()
    return fill


def _refuse_what_rules_refuse(run: OmsRun, decision: Decision, basis: Basis) -> None:
    entry = entry_of(run, decision.columns(), is_dataset_known=basis.is_dataset_known, unticked=basis.unticked)
    if refused := refusals(entry):
        raise EntryRefused(refused)


def _locked_reconstruction(run: OmsRun, reconstruction: str) -> RunReconstruction:
    """The row of this reconstruction, held until the transaction ends so that two savers queue up."""
    held = RunReconstruction.objects.select_for_update()
    return held.get_or_create(run=run, reconstruction=Reconstruction(reconstruction).value)[0]


def _insert(
    actor: User, run: OmsRun, target: RunReconstruction, decision: Decision, basis: Basis, key: uuid.UUID
) -> TrackerCertification:
    try:
        with transaction.atomic():
            row = TrackerCertification(user=actor, runreconstruction=target, idempotency_key=key)
            _fill_in(row, run, decision, basis)
            row.save(force_insert=True)
    except IntegrityError:
        standing = live_certification(run.run_number, target.reconstruction)
        if standing is None:
            raise
        raise AlreadyCertified(standing) from None
    _set_problems(row, decision)
    return row


def _overwrite(
    actor: User,
    row: TrackerCertification,
    run: OmsRun,
    decision: Decision,
    basis: Basis,
    reason: str,
    key: uuid.UUID | None,
) -> TrackerCertification:
    _fill_in(row, run, decision, basis)
    row.version += 1
    row.updated_by = actor
    row.change_reason = reason
    if key:
        row.idempotency_key = key
    row.save()
    _set_problems(row, decision)
    return row


def _fill_in(row: TrackerCertification, run: OmsRun, decision: Decision, basis: Basis) -> None:
    """Put the decision and the facts it rests on, frozen, into the row."""
    for name, value in decision.columns().items():
        setattr(row, name, value)
    row.dataset = Dataset.objects.get_or_create(name=basis.dataset)[0] if basis.dataset else None
    row.is_dataset_verified = basis.is_dataset_verified
    row.external_info_complete = basis.is_complete
    row.run_type, row.lumisections, row.recorded_lumi = run.run_type, run.lumisections, run.recorded_lumi
    row.facts = frozen_facts(run, decision.reference, basis.dataset, basis.registry)


def _set_problems(row: TrackerCertification, decision: Decision) -> None:
    for name in PROBLEMS:
        chosen = decision.problems.get(name, [])
        if chosen or row.version > 1:
            getattr(row, name).set(chosen)
