"""Queries of what was sent to Run Registry about many certifications."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Count, Exists, Max, Min, OuterRef, Q, Window
from django.utils import timezone

from certify.models.choices import Flag
from certify.models.components import component_flags_of
from certify.review.models import ShifterQuestion
from registry_sync.choices import SendingPurpose, WriteState
from registry_sync.models import RegistryWrite, Sending
from registry_sync.plan import BAD, GOOD

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Sequence
    from datetime import datetime

    from django.db.models import QuerySet

    from certify.models import TrackerCertification
    from certify.models.components import ComponentFlag

ANSWER_TIME = timedelta(seconds=10)  # after which a request that was sent counts as one without an answer


@dataclass(frozen=True)
class CertificationsToPlan:
    """The first of many certifications, of `total`. `with_question`: keys of those with an open one."""

    rows: Sequence[TrackerCertification]
    total: int
    with_question: frozenset[int]


def certifications_to_plan(certifications: QuerySet[TrackerCertification], number: int) -> CertificationsToPlan:
    """Return the first certifications in their order, and how many there are: one query."""
    question = ShifterQuestion.objects.open().filter(certification=OuterRef("pk"))
    rows = list(certifications.annotate(has_question=Exists(question), total=Window(Count("pk")))[:number])
    with_question = frozenset(row.pk for row in rows if row.has_question)
    return CertificationsToPlan(rows, rows[0].total if rows else 0, with_question)


def latest_sendings(certifications: Collection[TrackerCertification]) -> dict[int, Sending]:
    """Return the last sending of each certification, by its primary key, with its writes: two queries at most."""
    latest: dict[int, Sending] = {}
    for sending in Sending.objects.filter(certification__in=certifications).prefetch_related("writes"):
        latest.setdefault(sending.certification_id, sending)
    return latest


def last_finished_at() -> datetime | None:
    """Return when the last write became final: one query. What was read of Run Registry before can be outdated."""
    last: datetime | None = RegistryWrite.objects.aggregate(last=Max("finished_at"))["last"]
    return last


def sendings_under_way(certifications: QuerySet[TrackerCertification]) -> list[Sending]:
    """Return what was confirmed of these certifications since the oldest that is unfinished, oldest first.

    One query if nothing is unfinished, else three.
    """
    of_these = Sending.objects.filter(certification__in=certifications.order_by().values("pk"))
    oldest = of_these.unfinished().order_by().aggregate(oldest=Min("confirmed_at"))["oldest"]
    if oldest is None:
        return []
    return list(of_these.with_names().filter(confirmed_at__gte=oldest).order_by("pk"))


def changed_receipts(certifications: Collection[int]) -> dict[int, int]:
    """Return the last sending of each of these certifications instead of which Run Registry has something else now.

    {primary key of the certification: of the sending}, as of the last pull; one query, none if sending is switched off.
    """
    if settings.REGISTRY_SYNC == "off" or not certifications:
        return {}
    changed = Sending.objects.changed_since().filter(certification__in=certifications)
    return dict(changed.order_by("pk").values_list("certification", "pk"))


def unanswered_write() -> RegistryWrite | None:
    """Return the request to which Run Registry has not answered, with its sending: one query."""
    is_late = Q(state=WriteState.SENDING, sent_at__lt=timezone.now() - ANSWER_TIME)
    writes = RegistryWrite.objects.filter(is_late | Q(state=WriteState.UNKNOWN))
    return writes.select_related("sending__certification__runreconstruction").order_by("pk").first()


def lowstat_sent(certifications: Iterable[TrackerCertification]) -> dict[int, dict[str, str]]:
    """Return what was decided about low statistics when the present version was sent: {key: {component: GOOD or BAD}}.

    Two queries at most, none if no component is bad with low statistics.
    """
    return decided_when_sent(row for row in certifications if any(_is_low(flag) for flag in component_flags_of(row)))


def decided_when_sent(certifications: Iterable[TrackerCertification]) -> dict[int, dict[str, str]]:
    """Return what `lowstat_sent` does, for each certification whose present version was sent: two queries at most."""
    wanted = {row.pk: row for row in certifications}
    if not wanted:
        return {}
    sendings = Sending.objects.filter(certification__in=list(wanted), purpose=SendingPurpose.CERTIFY)
    return {
        sending.certification_id: _lowstat_of(sending, wanted[sending.certification_id])
        for sending in sendings.order_by("pk").prefetch_related("writes")
        if sending.version == wanted[sending.certification_id].version
    }


def _is_low(flag: ComponentFlag) -> bool:
    return flag.flag == Flag.BAD and flag.lowstat


def _lowstat_of(sending: Sending, certification: TrackerCertification) -> dict[str, str]:
    """Return the status that was written or, where nothing had to be, the one that was there."""
    decided = {}
    for component in (flag.component for flag in component_flags_of(certification) if _is_low(flag)):
        written = {write.status for write in sending.writes.all() if write.component == component}
        there = {status for _, _, status in sending.flags_read.get(component, ()) if status in (GOOD, BAD)}
        if len(found := written or there) == 1:
            decided[str(component)] = found.pop()
    return decided
