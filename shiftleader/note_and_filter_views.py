"""What is kept from the page of the week: its words, and filters under a name."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from certify.filters.date_range import days_of_week
from infrastructure.web.responses import HttpResponseSeeOther
from reports.actions import WrittenMeanwhile, save_week_note
from reports.models import WeekNote
from reports.scope import PeriodFilter, Scope
from shiftleader import actions
from shiftleader.models import SavedFilter
from shiftleader.parts import notes
from shiftleader.parts.registry import PARTS_BY_NAME
from shiftleader.saved_filters import SaveFilterForm, query_to_save
from shiftleader.views import render_invalid_filters, render_part
from users.access import SignedInRequest, role_required
from users.models import Role


@require_POST
@role_required(Role.SHIFT_LEADER)
def save_note(request: SignedInRequest, week: str) -> HttpResponse:
    """Keep the words on a week: 303 to the page, or the part again; 422 and 409 keep what was typed in the form."""
    scope = _week_scope(week)
    form = notes.NoteForm(request.POST)
    if not form.is_valid():
        return _render_notes(request, scope, notes.notes_context(week, None, form), status=422)
    try:
        kept = save_week_note(request.user, week, form.cleaned_data["version"], form.texts())
    except WrittenMeanwhile as meanwhile:
        return _edit_conflict(request, scope, form, meanwhile.current)
    if request.headers.get("HX-Request"):
        said = notes.notes_context(week, kept, notes.note_form(kept)) | {"is_saved": True}
        return _render_notes(request, scope, said, status=200)
    messages.success(request, f"The notes on week {week} are saved.")
    return HttpResponseSeeOther(f"{reverse('shiftleader:week')}?{scope.query}#notes")


def _week_scope(week: str) -> Scope:
    try:
        return Scope.of_days(days_of_week(week))
    except ValueError as wrong:
        raise Http404(str(wrong)) from None


def _edit_conflict(request: SignedInRequest, scope: Scope, form: notes.NoteForm, current: WeekNote) -> HttpResponse:
    """The form with what was typed, and beside it what stands; saved again, it takes the place of that."""
    form.data = {**form.data.dict(), "version": str(current.version)}  # type: ignore[attr-defined]
    said = notes.notes_context(scope.week, current, form) | {
        "current_texts": notes.changed_texts(current, form.texts())
    }
    return _render_notes(request, scope, said | {"is_conflict": True}, status=409)


def _render_notes(request: SignedInRequest, scope: Scope, context: dict[str, object], status: int) -> HttpResponse:
    return render_part(request, PARTS_BY_NAME["notes"], scope, context, status)


@require_POST
def save_filter(request: SignedInRequest) -> HttpResponse:
    """Keep the filters of the address under a name."""
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    scope, named = Scope(filters), SaveFilterForm(request.POST)
    if named.is_valid():
        query = query_to_save(scope, named.cleaned_data["with_days"])
        try:
            saved = actions.save_filter(request.user, named.cleaned_data["name"], query)
        except actions.TooManyFilters as refused:
            named.add_error("name", str(refused))
        else:
            messages.success(request, f"The filters are saved as “{saved}”.")
            return HttpResponseSeeOther(f"{reverse('shiftleader:week')}?{scope.query}")
    return render(request, "shiftleader/save_filter.html", {"scope": scope, "save_form": named}, status=422)


@require_POST
def retire_filter(request: SignedInRequest, pk: int) -> HttpResponse:
    """Retire one of one's own saved filters; another person's are not there."""
    saved = get_object_or_404(SavedFilter, pk=pk, user=request.user)
    actions.retire_filter(request.user, saved)
    messages.success(request, f"“{saved}” is retired. It can be restored from History.")
    return HttpResponseSeeOther(_week_url(request))


def _week_url(request: HttpRequest) -> str:
    filters = PeriodFilter(request.GET)
    return f"{reverse('shiftleader:week')}?{filters.as_query() if filters.is_valid() else ''}"
