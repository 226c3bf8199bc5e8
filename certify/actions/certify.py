"""All that writes certifications: one function per deed, the actor first, one transaction each."""

from __future__ import annotations

import uuid
from collections.abc import Collection
from dataclasses import replace

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.choices import Kind
from audit.operation import deed
from certify.actions.input import PROBLEMS, Basis, Decision, is_replay_of, says_the_same
from certify.actions.training import other_training, type_for_oneself
from certify.errors import AlreadyCertified, ChangedMeanwhile, EntryRefused
from certify.facts.changed_since_shown import not_as_shown
from certify.facts.snapshot import TypedValues, apply_typed, frozen_facts, has_typed, may_be_typed
from certify.facts.staleness import DATASET, dataset_marked, mark_stale, settled_registry
from certify.models import Dataset, RunReconstruction, TrackerCertification
from certify.models.choices import Reconstruction
from certify.rules.confirmations import questions, unconfirmed
from certify.rules.entry import Refusal, entry_of, refusals
from certify.selectors import certified_among, counterpart_of, live_certification, made_with
from infrastructure.database.compiled_query import PROBE, Compiled
from infrastructure.database.locking import held
from oms.models import OmsFill, OmsRun
from users.models import User

WHICH_FILL = "Type the number of the fill that these values belong to."


def certify_run(
    actor: User,
    run_number: int,
    reconstruction: str,
    decision: Decision,
    basis: Basis,
    idempotency_key: uuid.UUID | None = None,
) -> TrackerCertification:
    """Certify one reconstruction of a run.

    The same save sent again, known by its `idempotency_key`, leads to the record it made; with other content it is a
    conflict like any other. Raises `EntryRefused` and `AlreadyCertified`.
    """
    if not actor.may_certify:
        raise PermissionDenied("Certifying needs the role shifter.")
    with deed(actor, Kind.CERTIFY, run=run_number):
        run = _locked_run(run_number, basis)
        made = made_with(idempotency_key) if idempotency_key else None
        if made and is_replay_of(made, actor, run_number, reconstruction, decision, basis):
            return made
        certified, target = certified_among([run_number], actor.practice_of), (run_number, reconstruction)
        if target in certified and (standing := live_certification(*target, actor.practice_of)):
            raise AlreadyCertified(standing)
        if refused := other_training(actor, basis):
            raise EntryRefused(refused)
        _refuse_other_facts(run, None, basis)
        _keep_typed_facts(actor, run, basis)
        decision = _held_against_rules(run, reconstruction, decision, basis, certified)
        # A key that made another record (a form sent again for another run) makes way for a new one.
        key = uuid.uuid4() if made or idempotency_key is None else idempotency_key
        return _insert(actor, run, locked_reconstruction(run, reconstruction), decision, basis, key)


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

    Raises `EntryRefused` and `ChangedMeanwhile`; the same change sent again changes nothing more.
    """
    basis = replace(basis, practice_of=certification.practice_of)
    with deed(actor, Kind.AMEND, why=reason, run=certification.run_number) as done:
        run = _locked_run(certification.run_number, basis)
        standing = TrackerCertification.everything.held(certification.pk)
        done.found(standing)
        _check_may_change(actor, standing, reason)
        is_replay = idempotency_key == standing.idempotency_key and reason == standing.change_reason
        if is_replay and says_the_same(standing, decision, basis):
            return standing
        if standing.version != version or standing.state != certification.state:
            raise ChangedMeanwhile(standing)
        _refuse_other_facts(run, standing, basis)
        _keep_typed_facts(actor, run, basis)
        decision = _held_against_rules(run, standing.reconstruction, decision, basis)
        return _overwrite(actor, standing, run, decision, basis, reason, idempotency_key)


def _check_may_change(actor: User, standing: TrackerCertification, reason: str) -> None:
    """Its owner and shift leaders may; somebody else's only with a reason."""
    if not standing.may_be_changed_by(actor):
        raise PermissionDenied("Only its owner or a shift leader can change a certification.")
    if standing.user_id != actor.pk and not reason.strip():
        raise EntryRefused([Refusal("reason", "Say why you change somebody else's certification.")])


_held: Compiled[OmsRun] = Compiled(
    lambda number: OmsRun.objects.select_for_update(of=("self",)).select_related("fill").filter(pk=number), PROBE
)


def _locked_run(run_number: int, basis: Basis) -> OmsRun:
    """The run's row, made when OMS never answered for it; held, so that savers of one run queue up.

    A fill that will be written is held before the run: the mirror locks in this order, too.
    """
    if basis.typed_fill and basis.practice_of is None:
        known = OmsRun.objects.filter(pk=run_number).values_list("fill_number", flat=True).first()
        number = basis.typed_fill.get("fill_number", {}).get("value") or known
        if number:
            OmsFill.objects.select_for_update().get_or_create(fill_number=number)
    run = held(lambda: _held.first(run_number))
    return run or OmsRun.objects.select_for_update().get_or_create(run_number=run_number)[0]


def _refuse_other_facts(run: OmsRun, standing: TrackerCertification | None, basis: Basis) -> None:
    """Nobody certifies on facts that they were not shown; what they typed or chose themselves they know."""
    known = set(basis.typed_run)
    if standing and dataset_marked(standing) == basis.dataset:
        known.add(DATASET)
    if refused := not_as_shown(basis.shown, run, standing, known):
        raise EntryRefused(refused)


def _keep_typed_facts(actor: User, run: OmsRun, basis: Basis) -> None:
    """Put what was typed for the run and its fill into their rows, and nothing else."""
    number = basis.typed_fill.get("fill_number", {}).get("value") or run.fill_id or run.fill_number
    if basis.typed_fill and not number:
        raise EntryRefused([Refusal("fill-fill_number", WHICH_FILL)])
    if basis.practice_of is not None:
        type_for_oneself(actor, run, number, basis)
        return
    changed = apply_typed(run, basis.typed_run, actor.username)
    if basis.typed_fill and number:
        run.fill = _fill_with_typed_facts(actor, number, basis.typed_fill, is_named_now=run.fill_id != number)
        changed |= {"fill"} | apply_typed(run, {"fill_number": {"value": number}}, actor.username)
    if changed:
        run.save(update_fields=[*changed, "typed", "reported"])
        mark_stale([run])


def _fill_with_typed_facts(actor: User, fill_number: int, typed: TypedValues, *, is_named_now: bool) -> OmsFill:
    """The fill with what was typed. What OMS says of a fill that is only now named stands: other runs rest on it."""
    fill, _ = OmsFill.objects.select_for_update().get_or_create(fill_number=fill_number)
    of_fill = {name: given for name, given in typed.items() if name != "fill_number"}
    if is_named_now and (refused := _said_by_oms(fill, of_fill)):
        raise EntryRefused(refused)
    if changed := apply_typed(fill, of_fill, actor.username):
        fill.save(update_fields=[*changed, "typed", "reported"])
    return fill


def _said_by_oms(fill: OmsFill, typed: TypedValues) -> list[Refusal]:
    """The typed values of a fill that OMS has given otherwise, each with OMS's value."""
    others = [name for name, given in typed.items() if given["value"] != getattr(fill, name)]
    labels = {name: name.replace("_", " ") for name in others if not may_be_typed(fill, name)}
    return [
        Refusal(
            f"fill-{name}",
            f"OMS says {label} {getattr(fill, name)} of fill {fill.pk}. Leave it empty, or correct the fill number.",
        )
        for name, label in labels.items()
    ]


def _held_against_rules(
    run: OmsRun,
    reconstruction: str,
    decision: Decision,
    basis: Basis,
    certified: Collection[tuple[int, str]] | None = None,
) -> Decision:
    """The decision with the codes of just what was asked. Raises `EntryRefused` with all that stands in the way."""
    entry = entry_of(
        run,
        reconstruction,
        decision.columns(),
        is_dataset_known=basis.is_dataset_known,
        unticked=basis.unticked,
        counterpart=counterpart_of(run.run_number, reconstruction, certified, basis.practice_of),
    )
    asked = questions(entry)
    if refused := refusals(entry) + unconfirmed(asked, decision.confirmed):
        raise EntryRefused(refused)
    return replace(decision, confirmed=[one.code.value for one in asked])


_held_reconstruction: Compiled[RunReconstruction] = Compiled(
    lambda run, name: RunReconstruction.objects.select_for_update().filter(run_id=run, reconstruction=name).order_by(),
    *(PROBE, "the name"),
)


def locked_reconstruction(run: OmsRun, reconstruction: str) -> RunReconstruction:
    """The row of this reconstruction, held until the transaction ends so that two savers queue up; made where new."""
    name = Reconstruction(reconstruction).value
    if known := _held_reconstruction.first(run.run_number, name):
        return known
    try:
        with transaction.atomic():
            return RunReconstruction.objects.create(run=run, reconstruction=name)
    except IntegrityError:  # somebody has made it meanwhile
        return RunReconstruction.objects.select_for_update().get(run=run, reconstruction=name)


def _insert(
    actor: User, run: OmsRun, target: RunReconstruction, decision: Decision, basis: Basis, key: uuid.UUID
) -> TrackerCertification:
    try:
        with transaction.atomic():
            row = TrackerCertification(user=actor, runreconstruction=target, idempotency_key=key)
            row.is_practice = basis.practice_of is not None
            _fill_in(row, run, decision, basis)
            row.save(force_insert=True)
    except IntegrityError:
        standing = live_certification(run.run_number, target.reconstruction, basis.practice_of)
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
    row.changed_by(actor, reason)
    if key and made_with(key) in (None, row):
        row.idempotency_key = key
    row.save()
    _set_problems(row, decision)
    return row


_named: Compiled[Dataset] = Compiled(lambda name: Dataset.objects.filter(name=name).order_by(), "the name")


def _dataset(name: str) -> Dataset:
    return _named.first(name) or Dataset.objects.get_or_create(name=name)[0]


def _fill_in(row: TrackerCertification, run: OmsRun, decision: Decision, basis: Basis) -> None:
    """Put the decision and the facts it rests on, frozen, into the row."""
    for name, value in decision.columns().items():
        setattr(row, name, value)
    row.dataset = _dataset(basis.dataset) if basis.dataset else None
    row.is_dataset_verified = basis.is_dataset_verified
    row.external_info_complete = basis.is_complete and not has_typed(run)
    row.run_type, row.lumisections, row.recorded_lumi = run.run_type, run.lumisections, run.recorded_lumi
    ticked = [{**one, "by": row.user.username} for one in basis.checklists]
    checklists = ticked or row.facts.get("checklists", [])  # gone through once, when it was made
    row.facts = frozen_facts(run, decision.reference, basis.dataset, settled_registry(row, basis.registry))
    row.facts["checklists"] = checklists
    row.stale, row.stale_since = [], None


def _set_problems(row: TrackerCertification, decision: Decision) -> None:
    for name in PROBLEMS:
        chosen = decision.problems.get(name, [])
        if chosen or row.version > 1:
            getattr(row, name).set(chosen)
