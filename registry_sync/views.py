"""Pages of what is sent to Run Registry: the plan of a certification, the outbox, and receipts."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certify.models import TrackerCertification
from infrastructure.csv_export import csv_rows
from infrastructure.http.budget import Budget
from infrastructure.web.responses import ExplainedHttp404, HttpResponseSeeOther
from oms.lumisections.mirror import stored_reading
from registry.writes import COMPLETED, SIGNOFF
from registry_sync.actions import PlanChanged, confirm_move, confirm_plan, confirm_undo
from registry_sync.bulk_actions import ManyConfirmed, confirm_many
from registry_sync.choices import SendingPurpose
from registry_sync.exports import HEADING, export_rows
from registry_sync.forms import LOWSTAT_PREFIX, PlanForm
from registry_sync.models import RegistryPull, Sending
from registry_sync.plan import BAD, GOOD
from registry_sync.planning import PlanDecisions, SendingPlan, make_plan
from registry_sync.presentation import PlanPage
from registry_sync.selectors import unanswered_write
from registry_sync.signed_plans import ReadPlans, read_signed_plans
from users.access import SignedInRequest, role_required
from users.login_page import next_path
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpResponseBase, QueryDict

PAGE_SIZE = 50
EXPORT_CHUNK = 500  # sendings that are read at once
MAX_NAMED = 10
WEEK_PART = "to_registry"  # of the week, where the outcome of many plans is shown
MOVES_BY_HAND = {SendingPurpose.REOPEN: (COMPLETED, SIGNOFF), SendingPurpose.COMPLETE: (SIGNOFF, COMPLETED)}


def _check_shown() -> None:
    if settings.REGISTRY_SYNC == "off":
        raise ExplainedHttp404("Sending to Run Registry is switched off here.")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def plan(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what would be written for a certification, and confirm it. A GET writes nothing anywhere."""
    _check_shown()
    certification = get_object_or_404(_certifications(), pk=pk)
    lowstat = _lowstat_statuses(request.POST if request.method == "POST" else request.GET)
    budget = Budget.for_page(is_retry="again" in request.GET)
    planned = make_plan(certification, budget, PlanDecisions(lowstat=lowstat))
    form = PlanForm(planned, request.POST if request.method == "POST" else None)
    if not form.is_bound:
        return _render_plan(request, planned, form, lowstat)
    if not form.is_valid():
        return _render_plan(request, planned, form, lowstat, 409 if "digest" in form.errors else 422)
    try:
        sending = confirm_plan(request.user, planned.decided(PlanDecisions(form.choices, lowstat)))
    except PlanChanged as changed:
        return _render_plan(request, changed.plan, PlanForm(changed.plan), lowstat, 409)
    messages.success(request, f"Confirmed: {sending} will be sent to Run Registry.")
    return HttpResponseSeeOther(reverse("registry_sync:receipt", args=[sending.pk]))


def _certifications() -> Any:
    return TrackerCertification.everything.with_names().select_related("dataset", "bad_reason")


def _lowstat_statuses(query: QueryDict) -> dict[str, str]:
    """Return {component: GOOD or BAD} as chosen for bad with low statistics."""
    chosen = {name.removeprefix(LOWSTAT_PREFIX): query[name] for name in query if name.startswith(LOWSTAT_PREFIX)}
    return {component: status for component, status in chosen.items() if status in (GOOD, BAD)}


def _render_plan(
    request: SignedInRequest, planned: SendingPlan, form: PlanForm, lowstat: dict[str, str], status: int = 200
) -> HttpResponse:
    reading = stored_reading(planned.certification.run_number) if planned.rows else None
    page = PlanPage(planned, form, lowstat, is_sending_on=settings.REGISTRY_SYNC == "on", reading=reading)
    receipts = planned.certification.sendings.select_related("confirmed_by").prefetch_related("writes")[:3]
    context = {"page": page, "certification": planned.certification, "receipts": receipts}
    return render(request, "registry_sync/plan.html", context, status=status)


@require_POST
@role_required(Role.SHIFT_LEADER)
def move(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm a move of the state alone: COMPLETED back to SIGNOFF, or SIGNOFF to COMPLETED."""
    _check_shown()
    certification = get_object_or_404(_certifications(), pk=pk)
    purpose = request.POST.get("purpose", "")
    lowstat = _lowstat_statuses(request.POST)
    planned = make_plan(certification, Budget.for_page(), PlanDecisions(lowstat=lowstat))
    if purpose not in MOVES_BY_HAND:
        return _render_plan(request, planned, PlanForm(planned), lowstat, 422)
    try:
        sending = confirm_move(request.user, planned, SendingPurpose(purpose), *MOVES_BY_HAND[SendingPurpose(purpose)])
    except PlanChanged as changed:
        return _render_plan(request, changed.plan, PlanForm(changed.plan), lowstat, 409)
    messages.success(request, f"Confirmed: {sending} is moved in Run Registry.")
    return HttpResponseSeeOther(reverse("registry_sync:receipt", args=[sending.pk]))


@require_safe
@role_required(Role.SHIFTER)
def outbox(request: SignedInRequest) -> HttpResponseBase:
    """List what was confirmed, newest first, or export it; of one certification with `?certification=`.

    With `?changed=1` those instead of which Run Registry has something else now.
    """
    _check_shown()
    sendings = Sending.objects.with_names()
    if (number := request.GET.get("certification", "")).isdecimal() and len(number) < 19:
        sendings = sendings.filter(certification=int(number))
    if is_changed := request.GET.get("changed") == "1":
        sendings = sendings.changed_since()
    if request.GET.get("export") == "csv":
        response = StreamingHttpResponse(
            csv_rows(HEADING, export_rows(sendings.iterator(EXPORT_CHUNK))), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = 'attachment; filename="run_registry_receipts.csv"'
        return response
    page = Paginator(sendings, PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "page": page,
        "is_on": settings.REGISTRY_SYNC == "on",
        "is_changed": is_changed,
        "changed_count": Sending.objects.changed_since().count(),
        "changes_read_at": RegistryPull.objects.values_list("read_at", flat=True).first(),
    }
    return render(request, "registry_sync/outbox.html", context)


@require_safe
@role_required(Role.SHIFTER)
def receipt(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what became of each write of a sending. The page of one that is under way looks again by itself."""
    _check_shown()
    sending = get_object_or_404(Sending.objects.with_names(), pk=pk)
    template = "registry_sync/_receipt.html" if request.headers.get("HX-Request") else "registry_sync/receipt.html"
    is_on = settings.REGISTRY_SYNC == "on"
    unanswered = unanswered_write() if is_on and not sending.is_finished else None
    context = {"sending": sending, "is_on": is_on, "unanswered": unanswered}
    return render(request, template, {**context, "is_brief": "brief" in request.GET})


@require_POST
@role_required(Role.SHIFT_LEADER)
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm that what a sending wrote is replaced by what was there before it."""
    _check_shown()
    sending = get_object_or_404(Sending.objects.with_names(), pk=pk)
    undoing = confirm_undo(request.user, sending, Budget.for_page())
    if isinstance(undoing, str):
        messages.error(request, f"Not undone: {undoing}")
        return HttpResponseSeeOther(reverse("registry_sync:receipt", args=[sending.pk]))
    messages.success(request, f"Confirmed: what {sending} replaced is written back.")
    return HttpResponseSeeOther(reverse("registry_sync:receipt", args=[undoing.pk]))


@require_POST
@role_required(Role.SHIFT_LEADER)
def confirm_many_plans(request: SignedInRequest) -> HttpResponse:
    """Confirm the ticked plans of a page. Reads nothing outside; leads back to the page, at its part."""
    _check_shown()
    sent = read_signed_plans(request.POST.getlist("plan"))
    confirmed = confirm_many(request.user, sent.plans)
    level = messages.SUCCESS if confirmed.sendings else messages.WARNING
    sentences = " ".join(_sentences_about(sent, confirmed))
    messages.add_message(request, level, sentences, extra_tags=WEEK_PART)
    return HttpResponseSeeOther(next_path(request) if "next" in request.POST else reverse("registry_sync:outbox"))


def _sentences_about(sent: ReadPlans, confirmed: ManyConfirmed) -> list[str]:
    """Return what was confirmed, and what was left out and why."""
    number = len(confirmed.sendings)
    certifications = f"{number} certification{'' if number == 1 else 's'}"
    sentences = [f"Confirmed: {certifications} for Run Registry."] if number else ["Nothing is sent by this."]
    sentences += [f"Left out: {name}. {reason}" for name, reason in confirmed.left_out[:MAX_NAMED]]
    if (more := len(confirmed.left_out) - MAX_NAMED) > 0:
        sentences.append(f"Left out: {more} more.")
    if sent.expired:
        sentences.append(f"{sent.expired} shown more than an hour ago. Look at the new plans.")
    if sent.invalid:
        sentences.append(f"{sent.invalid} cannot be read. Look at the new plans.")
    if not (number or confirmed.left_out or sent.expired or sent.invalid):
        sentences.append("Tick what is to be sent.")
    return sentences
