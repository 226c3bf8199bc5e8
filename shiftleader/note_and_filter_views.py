"""What is kept from the page of the week: its words, and filters under a name."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_POST

from infrastructure.web.responses import SeeOther
from reports.actions import WrittenMeanwhile, keep_week_note
from reports.date_range import days_of_week
from reports.filters.form import WeekForm
from reports.filters.week import Scope
from reports.models import WeekNote
from shiftleader import actions
from shiftleader.models import SavedFilter
from shiftleader.parts import notes
from shiftleader.parts.registry import BY_NAME
from shiftleader.saved_filters import SaveForm, query_to_save
from shiftleader.views import shown, unreadable
from users.access import SignedInRequest, role_required
from users.models import Role


@require_POST
@role_required(Role.SHIFT_LEADER)
def note(request: SignedInRequest, week: str) -> HttpResponse:
    """Keep the words on a week: 303 to the page, or the part again; 422 and 409 keep what was typed in the form."""
    scope = _scope_of(week)
    form = notes.NoteForm(request.POST)
    if not form.is_valid():
        return _note_part(request, scope, notes.context(week, None, form), status=422)
    try:
        kept = keep_week_note(request.user, week, form.cleaned_data["version"], form.texts())
    except WrittenMeanwhile as meanwhile:
        return _written_meanwhile(request, scope, form, meanwhile.standing)
    if request.headers.get("HX-Request"):
        said = notes.context(week, kept, notes.form_of(kept)) | {"is_saved": True}
        return _note_part(request, scope, said, status=200)
    messages.success(request, f"Your words on week {week} are saved.")
    return SeeOther(f"{reverse('shiftleader:week')}?{scope.query}#notes")


def _scope_of(week: str) -> Scope:
    try:
        return Scope(days_of_week(week), {})
    except ValueError as wrong:
        raise Http404(str(wrong)) from None


def _written_meanwhile(
    request: SignedInRequest, scope: Scope, form: notes.NoteForm, standing: WeekNote
) -> HttpResponse:
    """The form with what was typed, and beside it what stands; saved again, it takes the place of that."""
    form.data = {**form.data.dict(), "version": str(standing.version)}  # type: ignore[attr-defined]
    said = notes.context(scope.week, standing, form) | {"standing": notes.differing(standing, form.texts())}
    return _note_part(request, scope, said | {"is_late": True}, status=409)


def _note_part(request: SignedInRequest, scope: Scope, context: dict[str, object], status: int) -> HttpResponse:
    return shown(request, BY_NAME["notes"], scope, context, status)


@require_POST
def save_filter(request: SignedInRequest) -> HttpResponse:
    """Keep the filters of the address under a name."""
    form = WeekForm(request.GET)
    if not form.is_valid():
        return unreadable(request, form)
    scope, named = form.scope(), SaveForm(request.POST)
    if named.is_valid():
        query = query_to_save(scope, named.cleaned_data["with_days"])
        try:
            saved = actions.save_filter(request.user, named.cleaned_data["name"], query)
        except actions.TooManyFilters as refused:
            named.add_error("name", str(refused))
        else:
            messages.success(request, f"The filters are saved as “{saved}”.")
            return SeeOther(f"{reverse('shiftleader:week')}?{scope.query}")
    return render(request, "shiftleader/not_saved.html", {"scope": scope, "save": named}, status=422)


@require_POST
def retire_filter(request: SignedInRequest, pk: int) -> HttpResponse:
    """Retire one of one's own saved filters; another person's are not there."""
    saved = get_object_or_404(SavedFilter, pk=pk, user=request.user)
    actions.retire_filter(request.user, saved)
    messages.success(request, f"“{saved}” is retired. History can bring it back.")
    return SeeOther(_back(request))


def _back(request: HttpRequest) -> str:
    form = WeekForm(request.GET)
    return f"{reverse('shiftleader:week')}?{form.scope().query if form.is_valid() else ''}"
