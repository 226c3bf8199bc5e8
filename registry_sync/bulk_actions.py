"""The confirmation of many plans at once: a sending for each, in one operation. It reads nothing outside."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from audit.operation import operation
from certify.models import TrackerCertification
from registry_sync.actions import check_may_send, writes_of
from registry_sync.choices import UNFINISHED, SyncChangeKind
from registry_sync.models import RegistryWrite, Sending
from registry_sync.refusals import certification_refusals, open_questions_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from registry_sync.signed_plans import SignedPlan
    from users.models import User


@dataclass
class ManyConfirmed:
    """What was stored for the sender, and which certifications were left out: (name, why as a sentence)."""

    sendings: list[Sending] = field(default_factory=list)
    left_out: list[tuple[str, str]] = field(default_factory=list)


def confirm_many(actor: User, plans: Collection[SignedPlan]) -> ManyConfirmed:
    """Store a sending for each plan whose certification is still as planned, all in one operation.

    The number of queries does not depend on the number of plans. Raises `PermissionDenied`.
    """
    check_may_send(actor)
    confirmed = ManyConfirmed()
    if not plans:
        return confirmed
    by_certification = {plan.certification_id: plan for plan in plans}
    with operation(actor, SyncChangeKind.SEND) as current:
        locked = _locked_certifications(by_certification)
        with_question, newer = open_questions_of(by_certification), _confirmed_meanwhile(by_certification)
        now = timezone.now()
        for certification in locked:
            plan = by_certification[certification.pk]
            if reason := _reason_against(
                certification, plan, has_open_question=certification.pk in with_question, newer=newer
            ):
                confirmed.left_out.append((str(certification), reason))
            else:
                confirmed.sendings.append(_sending(actor, certification, plan, now))
        current.track_created(Sending.objects.bulk_create(confirmed.sendings))
        RegistryWrite.objects.bulk_create(
            write
            for sending in confirmed.sendings
            for plan in [by_certification[sending.certification_id]]
            for write in writes_of(sending, plan.edits, plan.state_to)
        )
    return confirmed


def _locked_certifications(keys: Collection[int]) -> list[TrackerCertification]:
    """Return the certifications in the order of their keys, locked until the transaction ends."""
    rows = TrackerCertification.everything.select_for_update(of=("self",)).with_names()
    return list(rows.filter(pk__in=list(keys)).order_by("pk"))


def _confirmed_meanwhile(plans: Mapping[int, SignedPlan]) -> set[int]:
    """Return those that were confirmed since they were planned, or are being sent: one query."""
    recent = Q(confirmed_at__gte=min(plan.read_at for plan in plans.values())) | Q(writes__state__in=UNFINISHED)
    sendings = Sending.objects.filter(recent, certification__in=list(plans)).order_by()
    found = sendings.values_list("certification_id", "confirmed_at", "writes__state")
    return {pk for pk, at, state in found if at >= plans[pk].read_at or state in UNFINISHED}


def _reason_against(
    certification: TrackerCertification, plan: SignedPlan, *, has_open_question: bool, newer: Collection[int]
) -> str:
    """Return why this plan is not confirmed, a sentence, or an empty text."""
    if certification.version != plan.version:
        return "The certification has changed since the plan."
    if certification.pk in newer:
        return "It was confirmed meanwhile."
    return next(iter(certification_refusals(certification, has_open_question=has_open_question)), "")


def _sending(actor: User, certification: TrackerCertification, plan: SignedPlan, confirmed_at: datetime) -> Sending:
    return Sending(
        certification=certification,
        version=certification.version,
        run_number=plan.dataset.run_number,
        registry_name=plan.dataset.registry_name,
        registry_state=plan.registry_state,
        registry_version=plan.registry_version,
        flags_read=plan.flags_read,
        last_lumisection=plan.last_lumisection,
        confirmed_by=actor,
        confirmed_at=confirmed_at,
    )
