"""Views that save the notes on a week and the saved filters."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from certify.filters.date_range import days_of_week
from infrastructure.web.responses import HttpResponseSeeOther
from reports.actions import WrittenMeanwhile, save_week_note
from reports.scope import PeriodFilter, Scope
from shiftleader import actions
from shiftleader.models import SavedFilter
from shiftleader.parts import notes
from shiftleader.parts.registry import PARTS_BY_NAME
from shiftleader.saved_filters import SaveFilterForm, query_to_save
from shiftleader.views import render_invalid_filters, render_part
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from reports.models import WeekNote


@require_POST
@role_required(Role.SHIFT_LEADER)
def save_note(request: SignedInRequest, week: str) -> HttpResponse:
    """Save the notes on a week: 303 to the page, or the part for htmx.

    422 for invalid input and 409 for an edit conflict return the form with the input.
    """
    scope = _week_scope(week)
    form = notes.NoteForm(request.POST)
    if not form.is_valid():
        return _render_notes(request, scope, notes.notes_context(week, None, form), status=422)
    try:
        note = save_week_note(request.user, week, form.cleaned_data["version"], form.texts())
    except WrittenMeanwhile as meanwhile:
        return _edit_conflict(request, scope, form, meanwhile.current)
    if request.headers.get("HX-Request"):
        context = notes.notes_context(week, note, notes.note_form(note)) | {"is_saved": True}
        return _render_notes(request, scope, context, status=200)
    messages.success(request, f"The notes on week {week} are saved.")
    return HttpResponseSeeOther(f"{reverse('shiftleader:week')}?{scope.query}#notes")


def _week_scope(week: str) -> Scope:
    try:
        return Scope.of_days(days_of_week(week))
    except ValueError as wrong:
        raise Http404(str(wrong)) from None


def _edit_conflict(request: SignedInRequest, scope: Scope, form: notes.NoteForm, current: WeekNote) -> HttpResponse:
    """The form with the input and the stored texts beside it. It has the stored version, so that saving again wins."""
    form.data = {**form.data.dict(), "version": str(current.version)}  # type: ignore[attr-defined]
    context = notes.notes_context(scope.week, current, form) | {
        "current_texts": notes.changed_texts(current, form.texts())
    }
    return _render_notes(request, scope, context | {"is_conflict": True}, status=409)


def _render_notes(request: SignedInRequest, scope: Scope, context: dict[str, object], status: int) -> HttpResponse:
    return render_part(request, PARTS_BY_NAME["notes"], scope, context, status)


@require_POST
def save_filter(request: SignedInRequest) -> HttpResponse:
    """Save the filters of the query string under a name."""
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    scope, name_form = Scope(filters), SaveFilterForm(request.POST)
    if name_form.is_valid():
        query = query_to_save(scope, name_form.cleaned_data["with_days"])
        try:
            saved = actions.save_filter(request.user, name_form.cleaned_data["name"], query)
        except actions.TooManyFilters as error:
            name_form.add_error("name", str(error))
        else:
            messages.success(request, f"The filters are saved as “{saved}”.")
            return HttpResponseSeeOther(f"{reverse('shiftleader:week')}?{scope.query}")
    return render(request, "shiftleader/save_filter.html", {"scope": scope, "save_form": name_form}, status=422)


@require_POST
def retire_filter(request: SignedInRequest, pk: int) -> HttpResponse:
    """Retire a saved filter of the reader; 404 for those of other people."""
    saved = get_object_or_404(SavedFilter, pk=pk, user=request.user)
    actions.retire_filter(request.user, saved)
    messages.success(request, f"“{saved}” is retired. It can be restored from History.")
    return HttpResponseSeeOther(_week_url(request))


def _week_url(request: HttpRequest) -> str:
    filters = PeriodFilter(request.GET)
    return f"{reverse('shiftleader:week')}?{filters.as_query() if filters.is_valid() else ''}"
