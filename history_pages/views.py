"""Views of all changes, of the undo of a change, and of the history of a run and of a checklist."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from audit.models import Change, Notice
from audit.presentation import present_changes
from audit.undo import UndoBlocked, UndoPlan, changes_of, undo_change
from certify.models import Checklist, RunReconstruction
from certify.ranges.page import bits_page
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN
from history_pages.exports import csv_lines
from history_pages.filters import ChangeFilter, filtered_changes
from history_pages.selectors import (
    certifications_of_run,
    changes_of_run,
    checklist_edition,
    iterate_in_chunks,
    readable_by,
    undo_plan,
    with_undoing_changes,
)
from infrastructure.web.paging import requested_page
from infrastructure.web.reason_form import ReasonForm
from infrastructure.web.responses import ExplainedHttp404, HttpResponseSeeOther
from oms.mirror import stored_run
from users.access import SignedInRequest, role_required
from users.models import Role, User

PAGE_SIZE = 50
MAX_CHANGES_SHOWN = 200


def _current_user(request: HttpRequest) -> User:
    return cast("SignedInRequest", request).user


@require_safe
def history(request: HttpRequest) -> HttpResponseBase:
    """Show the filtered changes, newest first, as a page or as CSV."""
    reader = _current_user(request)
    filters = ChangeFilter(request.GET, queryset=readable_by(reader))
    if request.GET.get("export") == "csv" and filters.is_valid():
        name = f"history-{timezone.now():%Y-%m-%d-%H%M}.csv"
        headers = {"Content-Disposition": f'attachment; filename="{name}"'}
        lines = csv_lines(iterate_in_chunks(filtered_changes(filters)), reader)
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
    page = requested_page(request, with_undoing_changes(filtered_changes(filters)), PAGE_SIZE)
    context = {"filters": filters, "page": page, "changes": present_changes(page.object_list, reader)}
    return render(request, "history_pages/history.html", context, status=400 if "export" in request.GET else 200)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
def undo(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show what the undo of a change would do, and undo it on POST, with a reason."""
    plan = undo_plan(request.user, pk)
    if request.method != "POST":
        return _render_undo_page(request, plan, ReasonForm())
    form = ReasonForm(request.POST)
    if not form.is_valid():
        return _render_undo_page(request, plan, form, status=422)
    try:
        undoing_change = undo_change(request.user, plan.change, form.cleaned_data["reason"])
    except UndoBlocked as blocked:
        return _render_undo_page(request, blocked.plan, form, status=409)
    messages.success(request, f"Change {pk} is undone: see change {undoing_change.pk} in the history.")
    return HttpResponseSeeOther(_subject_url(plan.change))


def _render_undo_page(request: SignedInRequest, plan: UndoPlan, form: ReasonForm, status: int = 200) -> HttpResponse:
    (change_view,) = present_changes([plan.change], request.user)
    context = {
        "plan": plan,
        "change_view": change_view,
        "form": form,
        "later": present_changes(plan.later_changes, request.user),
    }
    return render(request, "history_pages/undo.html", context, status=status)


def _subject_url(change: Change) -> str:
    """Return the URL of the subject of a change: the certification, else the run, else all changes."""
    for row in change.lines:
        if row["model"] == "certify.trackercertification":
            return reverse("listruns:certification", args=[row["key"]])
    return (
        reverse("history_pages:run", args=[change.run_number])
        if change.run_number
        else reverse("history_pages:history")
    )


@require_safe
def run(request: HttpRequest, run_number: int) -> HttpResponse:
    """Show one run: its facts, its certifications and its changes."""
    if run_number > LAST_RUN:
        raise ExplainedHttp404(f"{run_number} is no run number: they go up to {LAST_RUN}.")
    row = stored_run(run_number)
    context = {
        "run": row,
        "lumisections": bits_page(row) if run_number >= FIRST_RUN else None,
        "certifications": certifications_of_run(run_number),
        "references": RunReconstruction.objects.filter(run=run_number, is_reference=True),
        "changes": present_changes(
            changes_of_run(run_number, _current_user(request))[:MAX_CHANGES_SHOWN], _current_user(request)
        ),
    }
    return render(request, "history_pages/run.html", context)


@require_safe
def checklist(request: HttpRequest, identifier: str) -> HttpResponse:
    """Show one checklist, in its current or the requested edition, and its changes."""
    row = get_object_or_404(Checklist.objects.with_editions(), identifier=identifier)
    edition = request.GET.get("edition", "")
    shown = checklist_edition(row, edition) if edition else row
    context = {"checklist": row, "checklist_edition": shown, "edition": edition if shown is not row else ""}
    context["changes"] = present_changes(with_undoing_changes(changes_of(Checklist, row.pk)), _current_user(request))
    return render(request, "history_pages/checklist.html", context)


@require_POST
def acknowledge(request: HttpRequest) -> HttpResponse:
    """Acknowledge the posted changes, which other users made to rows of this user."""
    change_ids = [int(key) for key in request.POST.getlist("change") if key.isdigit() and len(key) < 19]
    notices = Notice.objects.filter(person=_current_user(request), acknowledged_at__isnull=True)
    notices.filter(change__in=change_ids).update(acknowledged_at=timezone.now())
    return HttpResponseSeeOther(reverse("home"))
