"""Create and change certifications. Each action takes the actor first and is one transaction."""

from __future__ import annotations

import uuid
from dataclasses import replace
from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction

from audit.operation import operation
from certify.actions.input import (
    CertificationContext,
    CertificationInput,
    has_same_content,
    is_resubmission,
    was_saved_in_another_tab,
)
from certify.actions.lumisections import request_unseen
from certify.actions.reconstructions import lock_reconstruction
from certify.actions.training import training_mismatch
from certify.actions.typed_facts import store_typed_facts
from certify.errors import AlreadyCertified, ChangedMeanwhile, EntryInvalid
from certify.facts.snapshot import (
    copy_verdict_facts,
    facts_of_entry,
    frozen_facts,
    has_typed_values,
)
from certify.facts.staleness import DATASET, changed_dataset, changed_since_shown, clear_mark, settled_registry
from certify.models import Dataset, TrackerCertification
from certify.models.choices import CertificationChangeKind
from certify.models.components import PROBLEM_FIELDS
from certify.rules.confirmations import missing_confirmations, required_confirmations
from certify.rules.detector_bits import needs_lumisections
from certify.rules.entry import ValidationIssue, build_entry, validate
from certify.rules.like_express import is_like_express
from certify.selectors import (
    certification_by_key,
    certified_reconstructions,
    live_certification,
    measured_lumisections,
    twin_of,
)
from certify.vocabulary.checklist_progress import record_progress
from infrastructure.database.compiled_query import PLACEHOLDER, PrecompiledQuery
from infrastructure.database.locking import lock_row
from oms.completeness import missing_facts
from oms.models import OmsFill, OmsRun

if TYPE_CHECKING:
    from collections.abc import Collection

    from certify.models import RunReconstruction
    from users.models import User


def certify_run(
    actor: User,
    run_number: int,
    reconstruction: str,
    data: CertificationInput,
    context: CertificationContext,
    idempotency_key: uuid.UUID | None = None,
) -> TrackerCertification:
    """Certify one reconstruction of a run.

    A resubmission with the same `idempotency_key` and content, or the same content from another tab, returns the
    existing certification, without a `recorded_change`; other content is a conflict. Raises `PermissionDenied`,
    `EntryInvalid` and `AlreadyCertified`.
    """
    if not actor.may_certify:
        raise PermissionDenied("Certifying needs the role shifter.")
    with operation(actor, CertificationChangeKind.CERTIFY, run=run_number):
        run = _lock_run(run_number, context)
        earlier = certification_by_key(idempotency_key) if idempotency_key else None
        if earlier and is_resubmission(earlier, actor, run_number, reconstruction, data, context):
            return earlier
        certified, target = certified_reconstructions([run_number], actor.training_of), (run_number, reconstruction)
        if target in certified and (existing := live_certification(*target, actor.training_of)):
            if existing.user_id == actor.pk and has_same_content(existing, data, context, ignore_confirmed=True):
                return existing  # saved in another tab
            raise AlreadyCertified(existing)
        if issues := training_mismatch(actor, context):
            raise EntryInvalid(issues)
        _check_shown_facts(run, None, context)
        store_typed_facts(actor, run, context)
        data, context = _validated(run, reconstruction, data, context, certified)
        # A key that another certification has (a form submitted again for another run) is replaced by a new one.
        key = uuid.uuid4() if earlier or idempotency_key is None else idempotency_key
        return _insert(actor, run, lock_reconstruction(run, reconstruction), data, context, key)


def amend_certification(
    actor: User,
    certification: TrackerCertification,
    version: int,
    data: CertificationInput,
    context: CertificationContext,
    *,
    reason: str = "",
    idempotency_key: uuid.UUID | None = None,
) -> TrackerCertification:
    """Change a live certification that was loaded at `version`. The owner does not change.

    A resubmission of the same change returns the certification unchanged, without a `recorded_change`. Raises
    `PermissionDenied`, `EntryInvalid` and `ChangedMeanwhile`.
    """
    context = replace(context, training_of=certification.training_of)
    with operation(actor, CertificationChangeKind.AMEND, reason=reason, run=certification.run_number) as done:
        run = _lock_run(certification.run_number, context)
        current = TrackerCertification.everything.lock_row(certification.pk)
        done.track_loaded(current)
        _check_may_change(actor, current, reason)
        is_replay = idempotency_key == current.idempotency_key and reason == current.change_reason
        if is_replay and has_same_content(current, data, context):
            return current
        if current.version > version and was_saved_in_another_tab(actor, current, data, context):
            return current
        if current.version != version or current.state != certification.state:
            raise ChangedMeanwhile(current)
        _check_shown_facts(run, current, context)
        store_typed_facts(actor, run, context)
        data, context = _validated(run, current.reconstruction, data, context)
        return _overwrite(actor, current, run, data, context, reason, idempotency_key)


def _check_may_change(actor: User, current: TrackerCertification, reason: str) -> None:
    """Raise unless `actor` is the owner or a shift leader. A change by another person needs a reason."""
    if not current.may_be_changed_by(actor):
        raise PermissionDenied("Only its owner or a shift leader can change a certification.")
    if current.user_id != actor.pk and not reason.strip():
        raise EntryInvalid([ValidationIssue("reason", "Say why you change somebody else's certification.")])


_run_query: PrecompiledQuery[OmsRun] = PrecompiledQuery(
    lambda number: OmsRun.objects.select_for_update(of=("self",)).select_related("fill").filter(pk=number), PLACEHOLDER
)


def _lock_run(run_number: int, context: CertificationContext) -> OmsRun:
    """Return the run, created if OMS never answered for it, locked so that saves of one run are serialized.

    A fill that will be written is locked before the run, in the same order as in the OMS mirror.
    """
    if context.typed_fill and context.training_of is None:
        known = OmsRun.objects.filter(pk=run_number).values_list("fill_number", flat=True).first()
        number = context.typed_fill.get("fill_number", {}).get("value") or known
        if number:
            OmsFill.objects.select_for_update().get_or_create(fill_number=number)
    run = lock_row(lambda: _run_query.first(run_number))
    return run or OmsRun.objects.select_for_update().get_or_create(run_number=run_number)[0]


def _check_shown_facts(run: OmsRun, current: TrackerCertification | None, context: CertificationContext) -> None:
    """Raise `EntryInvalid` if facts differ from those shown, except those that the person typed or chose."""
    known = set(context.typed_run)
    if current and changed_dataset(current) == context.dataset:
        known.add(DATASET)
    if issues := changed_since_shown(context.shown, run, current, known):
        raise EntryInvalid(issues)


def _validated(
    run: OmsRun,
    reconstruction: str,
    data: CertificationInput,
    context: CertificationContext,
    certified: Collection[tuple[int, str]] | None = None,
) -> tuple[CertificationInput, CertificationContext]:
    """Return the input with the codes of the required confirmations only, and whether the lumisections were seen.

    Raises `EntryInvalid` with all issues.
    """
    twin = twin_of(run.run_number, reconstruction, certified, context.training_of)
    measured = measured_lumisections(run.run_number, data.columns())
    entry = build_entry(
        run,
        reconstruction,
        data.columns(),
        is_dataset_known=context.is_dataset_known,
        unticked=context.unticked,
        twin=twin,
        measured=measured,
    )
    required = required_confirmations(entry)
    if issues := validate(entry) + missing_confirmations(required, data.confirmed):
        raise EntryInvalid(issues)
    like_express = data.like_express and is_like_express(run, reconstruction, data.component_flags, twin)
    confirmed = [confirmation.code.value for confirmation in required]
    seen = context.lumisections_seen or measured.are_read or not needs_lumisections(entry)
    return replace(data, confirmed=confirmed, like_express=like_express), replace(context, lumisections_seen=seen)


def _insert(
    actor: User,
    run: OmsRun,
    target: RunReconstruction,
    data: CertificationInput,
    context: CertificationContext,
    key: uuid.UUID,
) -> TrackerCertification:
    try:
        with transaction.atomic():
            row = TrackerCertification(user=actor, runreconstruction=target, idempotency_key=key)
            row.is_practice = context.training_of is not None
            _assign_values(row, run, data, context)
            row.save(force_insert=True)
    except IntegrityError:
        existing = live_certification(run.run_number, target.reconstruction, context.training_of)
        if existing is None:
            raise
        raise AlreadyCertified(existing) from None
    _set_problems(row, data)
    request_unseen(row)
    record_progress(actor, context.shift_run_type, context.gone_through, context.opened_checklists)
    return row


def _overwrite(
    actor: User,
    row: TrackerCertification,
    run: OmsRun,
    data: CertificationInput,
    context: CertificationContext,
    reason: str,
    key: uuid.UUID | None,
) -> TrackerCertification:
    _assign_values(row, run, data, context)
    row.touch(actor, reason)
    if key and certification_by_key(key) in (None, row):
        row.idempotency_key = key
    row.save()
    _set_problems(row, data)
    request_unseen(row)
    return row


_dataset_query: PrecompiledQuery[Dataset] = PrecompiledQuery(
    lambda name: Dataset.objects.filter(name=name).order_by(), "the name"
)


def _get_dataset(name: str) -> Dataset:
    return _dataset_query.first(name) or Dataset.objects.get_or_create(name=name)[0]


def _assign_values(
    row: TrackerCertification, run: OmsRun, data: CertificationInput, context: CertificationContext
) -> None:
    """Set the input and the current facts on the row. It stays "like express" while its flags do."""
    row.like_express = data.like_express or (row.like_express and row.component_flags == data.component_flags)
    for name, value in data.columns().items():
        setattr(row, name, value)
    row.dataset = _get_dataset(context.dataset) if context.dataset else None
    row.is_dataset_verified = context.is_dataset_verified
    row.external_info_complete = context.is_complete and not has_typed_values(run) and not missing_facts(run)
    row.lumisections_seen = context.lumisections_seen
    copy_verdict_facts(run, row)
    row.set_ranges_facts()
    entry = facts_of_entry(row.facts) if row.pk else context.entry_facts(row.user.username)
    row.facts = frozen_facts(run, data.reference, context.dataset, settled_registry(row, context.registry))
    row.facts.update(entry)
    clear_mark(row)


def _set_problems(row: TrackerCertification, data: CertificationInput) -> None:
    for name in PROBLEM_FIELDS:
        chosen = data.problems.get(name, [])
        if chosen or row.version > 1:
            getattr(row, name).set(chosen)
