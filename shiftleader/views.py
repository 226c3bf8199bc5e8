"""The page of the week, and each of its parts alone."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from infrastructure.web.responses import SeeOther
from reports.date_range import this_week
from reports.filters.chips import chips, choices, unknown_names
from reports.filters.form import WeekForm
from reports.filters.week import Scope
from shiftleader import legacy_urls
from shiftleader.parts import central_list
from shiftleader.parts.registry import BY_NAME, PARTS, Part
from shiftleader.saved_filters import SaveForm, kept_of
from users.access import SignedInRequest


@require_safe
def week(request: SignedInRequest) -> HttpResponse:
    """The week that the address asks for, this one by default; 422 where it cannot be read."""
    if query := legacy_urls.query_of_today(request.GET):
        return redirect(f"{reverse('shiftleader:week')}?{query}", permanent=True)
    form = WeekForm(request.GET)
    if not form.is_valid():
        return unreadable(request, form)
    return render(request, "shiftleader/week.html", {"parts": PARTS, **_frame(request, form, form.scope())})


@require_safe
def part(request: SignedInRequest, name: str) -> HttpResponse:
    """One part: a fragment for the page, a page of its own for everybody else."""
    if name not in BY_NAME:
        raise Http404(f"The week has no part {name}.")
    form = WeekForm(request.GET)
    if not form.is_valid():
        return unreadable(request, form)
    return _answer(request, BY_NAME[name], form)


@require_http_methods(["GET", "HEAD", "POST"])
def check_central_list(request: SignedInRequest) -> HttpResponse:
    """The pasted list as an address that can be kept; the check itself where it is too long for one. GET: the form."""
    if request.method != "POST":
        return redirect(f"{BY_NAME['central'].url}?{request.GET.urlencode()}".rstrip("?"))
    form = WeekForm(request.GET)
    if not form.is_valid():
        return unreadable(request, form)
    if address := central_list.address(form.scope().query, request.POST.get("list", "")):
        return SeeOther(address)
    return _answer(request, BY_NAME["central"], form)


def _answer(request: SignedInRequest, wanted: Part, form: WeekForm) -> HttpResponse:
    scope = form.scope()
    return shown(request, wanted, scope, wanted.view(request, scope), form=form)


def shown(
    request: SignedInRequest,
    wanted: Part,
    scope: Scope,
    said: dict[str, Any],
    status: int = 200,
    form: WeekForm | None = None,
) -> HttpResponse:
    """A part with what it has to say: the fragment alone for the page of the week, else with the frame around it."""
    context = {"scope": scope, "part": wanted, **said}
    if request.headers.get("HX-Request"):
        answer = render(request, wanted.template, context, status=status)
    else:
        frame = _frame(request, form or _form_of(scope), scope)
        answer = render(request, "shiftleader/part.html", {**frame, **context}, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _form_of(scope: Scope) -> WeekForm:
    form = WeekForm(QueryDict(scope.query))
    form.is_valid()
    return form


def unreadable(request: HttpRequest, form: WeekForm) -> HttpResponse:
    """The filters with what is wrong beside them, and nothing else, so that nobody reads other rows than were meant."""
    template = "shiftleader/_unreadable.html" if request.headers.get("HX-Request") else "shiftleader/week.html"
    return render(request, template, {"filters": form, "choices": choices(form)}, status=422)


def _frame(request: SignedInRequest, form: WeekForm, scope: Scope) -> dict[str, Any]:
    """What stands around the parts: filters, and the ways to other weeks."""
    before, now = scope.moved(-1), Scope(this_week(), scope.said)
    last_week = Scope(now.days.moved(-1) or now.days, scope.said)
    ways = [("Last week", last_week.query), ("This week", now.query)]
    return {
        "scope": scope,
        "filters": form,
        "saved": kept_of(request.user, scope),
        "save": SaveForm(),
        "choices": choices(form),
        "chips": chips(scope),
        "before": before,
        "after": scope.moved(1),
        "ways": [(text, query, query == scope.query) for text, query in ways],
        "unknown": unknown_names(request.GET),
    }
