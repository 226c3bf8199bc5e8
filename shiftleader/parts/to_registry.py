"""The part "To Run Registry": what would be written of the certifications of the week, and how far that is."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from infrastructure.http.budget import Budget
from registry_sync.bulk_planning import BulkPlans, PlanGroup, group_of, plan_many
from registry_sync.presentation import choice_text, short_text
from registry_sync.selectors import (
    certifications_to_plan,
    changed_receipts,
    latest_sendings,
    sendings_under_way,
    unanswered_write,
)
from registry_sync.signed_plans import signed_text
from shiftleader.step_parameters import parse_number, parse_timestamp, timestamp

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from registry_sync.models import Sending
    from registry_sync.planning import SendingPlan
    from reports.scope import Scope
    from users.access import SignedInRequest

PER_STEP = 200  # certifications
MAX_TICKED = 500  # Django accepts 1000 fields, 2.5 MB
MAX_NAMED = 10
NAME = "to_registry"
SENDING_ENDED = "registry-sending-ended"  # an event of the page


@dataclass(frozen=True)
class PlannedRow:
    """A plan on the page. `signed`: the plan as signed text if it can be confirmed here. `sending`: the last one.

    `changed`: primary key of the sending instead of which Run Registry has something else now, or None.
    """

    plan: SendingPlan
    group: PlanGroup
    signed: str
    sending: Sending | None
    changed: int | None = None

    @property
    def write_text(self) -> str:
        return short_text(self.plan)

    @property
    def choice_text(self) -> str:
        return choice_text(self.plan)

    @property
    def failed(self) -> Sending | None:
        """The last sending, if a write of it was not done."""
        return self.sending if self.sending and self.sending.is_finished and not self.sending.is_done else None


def is_offered() -> bool:
    """Return whether anything about sending is shown here."""
    return settings.REGISTRY_SYNC != "off"


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Sendings under way alone, without a request; else the plans of the certifications, newest shift day first."""
    if not request.user.may_change_others:
        return {"is_shown": False}
    is_on = settings.REGISTRY_SYNC == "on"
    if is_on and "plan" not in request.GET and (under_way := sendings_under_way(scope.rows())):
        return {"is_shown": True, **_progress_context(scope, under_way)}
    event = SENDING_ENDED if is_on and "under_way" in request.GET else ""
    return {"is_shown": True, "is_on": is_on, "event": event, **_plans_context(request, scope, may_send=is_on)}


def _progress_context(scope: Scope, under_way: list[Sending]) -> dict[str, Any]:
    done = sum(sending.is_done for sending in under_way)
    return {
        "under_way": under_way,
        "unanswered": unanswered_write(),
        "done": done,
        "failed": sum(sending.is_finished for sending in under_way) - done,
        "refresh_url": _part_url(scope, under_way=1),
        "plan_url": _part_url(scope, plan=1),
    }


def _plans_context(request: SignedInRequest, scope: Scope, *, may_send: bool) -> dict[str, Any]:
    upto = parse_number(request.GET.get("upto", "")) or PER_STEP
    wanted = certifications_to_plan(scope.rows(), upto)
    shown, total = wanted.rows, wanted.total
    sendings = latest_sendings(shown)
    since = _since(request, sendings.values())
    looked = plan_many(shown, wanted.with_question, Budget.for_page(is_retry="again" in request.GET), since=since)
    rows, more = _limited(_rows(looked, sendings, may_send=may_send and not request.user.in_training))
    return {
        "looked": looked,
        "total": total,
        "rows": rows,
        "number_to_send": sum(bool(row.signed) for row in rows),
        "more_to_send": more,
        "numbers": _numbers(looked, total),
        "names": ", ".join(map(str, looked.not_looked_at[:MAX_NAMED])),
        "unnamed": max(len(looked.not_looked_at) - MAX_NAMED, 0) + total - len(shown),
        "next_url": _next_url(scope, looked, upto, since, is_last=len(shown) == total),
        "retry_url": _part_url(scope, again=1, upto=upto, **_since_parameter(looked, since)),
        "refresh_url": _part_url(scope, again=1, upto=upto),
        "back_url": f"{reverse('shiftleader:week')}?{scope.query}#{NAME}",
    }


def _since(request: SignedInRequest, sendings: Collection[Sending]) -> datetime | None:
    """The time since which cached answers count: after all that was sent, and as requested."""
    finished = [write.finished_at for sending in sendings for write in sending.writes.all()]
    requested = parse_timestamp(request.GET.get("since", ""))
    if "again" in request.GET and requested is None:
        requested = timezone.now()
    return max((moment for moment in [requested, *finished] if moment), default=None)


def _rows(looked: BulkPlans, sendings: dict[int, Sending], *, may_send: bool) -> list[PlannedRow]:
    """What is not equal, grouped by what can be done with it."""
    changed = changed_receipts([plan.certification.pk for plan in looked.plans])
    rows = [
        _row(plan, sendings.get(plan.certification.pk), changed.get(plan.certification.pk), may_send=may_send)
        for plan in looked.plans
    ]
    groups = list(PlanGroup)
    return sorted((row for row in rows if row.group != PlanGroup.EQUAL), key=lambda row: groups.index(row.group))


def _limited(rows: list[PlannedRow]) -> tuple[list[PlannedRow], int]:
    """The rows, of which as many can be ticked as one form may send, and the number of others that could be."""
    others = {row.plan.certification.pk for row in [row for row in rows if row.signed][MAX_TICKED:]}
    return [replace(row, signed="") if row.plan.certification.pk in others else row for row in rows], len(others)


def _row(plan: SendingPlan, sending: Sending | None, changed: int | None, *, may_send: bool) -> PlannedRow:
    group, is_under_way = group_of(plan), sending is not None and not sending.is_finished
    can_be_ticked = may_send and group == PlanGroup.SEND and not is_under_way
    return PlannedRow(plan, group, signed_text(plan) if can_be_ticked else "", sending, changed)


def _numbers(looked: BulkPlans, total: int) -> str:
    """Such as "37 of 40 equal, 3 to send"."""
    groups = [group_of(plan) for plan in looked.plans]
    counted = [(groups.count(group), group.value) for group in PlanGroup if group != PlanGroup.EQUAL]
    counted.append((total - len(groups), "not looked at yet"))
    equal = f"{groups.count(PlanGroup.EQUAL)} of {total} equal"
    return ", ".join([equal, *(f"{number} {text}" for number, text in counted if number)])


def _next_url(scope: Scope, looked: BulkPlans, upto: int, since: datetime | None, *, is_last: bool) -> str:
    """URL that goes on with what was not looked at; empty if there is nothing, or Run Registry does not answer."""
    if looked.problem or (is_last and not looked.not_looked_at):
        return ""
    step = upto if looked.not_looked_at else upto + PER_STEP
    return _part_url(scope, upto=step, **_since_parameter(looked, since))


def _since_parameter(looked: BulkPlans, since: datetime | None) -> dict[str, int]:
    """The parameter with which answers so far are used again."""
    counted_since = since or looked.first_asked
    return {"since": timestamp(counted_since)} if counted_since else {}


def _part_url(scope: Scope, **more: Any) -> str:
    """URL of this part with the filters of the page."""
    address = reverse("shiftleader:part", args=[NAME])
    return "&".join(filter(None, [f"{address}?{scope.query}", urlencode(more)]))
