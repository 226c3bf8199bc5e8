"""The page of the week, and each of its parts alone."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from certify.filters.date_range import this_week
from infrastructure.web.responses import HttpResponseSeeOther
from reports.filters.chips import chips, choices, unknown_names
from reports.filters.form import WeekForm
from reports.filters.week import Scope
from shiftleader import legacy_urls
from shiftleader.parts import central_list
from shiftleader.parts.registry import PARTS, PARTS_BY_NAME, Part
from shiftleader.saved_filters import SaveFilterForm, saved_filter_links
from users.access import SignedInRequest


@require_safe
def week(request: SignedInRequest) -> HttpResponse:
    """The week that the address asks for, this one by default; 422 where it cannot be read."""
    if query := legacy_urls.current_query(request.GET):
        return redirect(f"{reverse('shiftleader:week')}?{query}", permanent=True)
    form = WeekForm(request.GET)
    if not form.is_valid():
        return render_invalid_filters(request, form)
    return render(request, "shiftleader/week.html", {"parts": PARTS, **_page_context(request, form, form.scope())})


@require_safe
def part(request: SignedInRequest, name: str) -> HttpResponse:
    """One part: a fragment for the page, a page of its own for everybody else."""
    if name not in PARTS_BY_NAME:
        raise Http404(f"The week has no part {name}.")
    form = WeekForm(request.GET)
    if not form.is_valid():
        return render_invalid_filters(request, form)
    return _render_requested_part(request, PARTS_BY_NAME[name], form)


@require_http_methods(["GET", "HEAD", "POST"])
def check_central_list(request: SignedInRequest) -> HttpResponse:
    """The pasted list as an address that can be kept; the check itself where it is too long for one. GET: the form."""
    if request.method != "POST":
        return redirect(f"{PARTS_BY_NAME['central'].url}?{request.GET.urlencode()}".rstrip("?"))
    form = WeekForm(request.GET)
    if not form.is_valid():
        return render_invalid_filters(request, form)
    if address := central_list.check_url(form.scope().query, request.POST.get("list", "")):
        return HttpResponseSeeOther(address)
    return _render_requested_part(request, PARTS_BY_NAME["central"], form)


def _render_requested_part(request: SignedInRequest, wanted: Part, form: WeekForm) -> HttpResponse:
    scope = form.scope()
    return render_part(request, wanted, scope, wanted.view(request, scope), form=form)


def render_part(
    request: SignedInRequest,
    wanted: Part,
    scope: Scope,
    part_context: dict[str, Any],
    status: int = 200,
    form: WeekForm | None = None,
) -> HttpResponse:
    """A part with what it has to say: the fragment alone for the page of the week, else with the frame around it."""
    context = {"scope": scope, "part": wanted, **part_context}
    if request.headers.get("HX-Request"):
        answer = render(request, wanted.template, context, status=status)
    else:
        frame = _page_context(request, form or _bound_form(scope), scope)
        answer = render(request, "shiftleader/part.html", {**frame, **context}, status=status)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


def _bound_form(scope: Scope) -> WeekForm:
    form = WeekForm(QueryDict(scope.query))
    form.is_valid()
    return form


def render_invalid_filters(request: HttpRequest, form: WeekForm) -> HttpResponse:
    """The filters with what is wrong beside them, and nothing else, so that nobody reads other rows than were meant."""
    template = "shiftleader/_invalid_filters.html" if request.headers.get("HX-Request") else "shiftleader/week.html"
    return render(request, template, {"filters": form, "choices": choices(form)}, status=422)


def _page_context(request: SignedInRequest, form: WeekForm, scope: Scope) -> dict[str, Any]:
    """What stands around the parts: filters, and the ways to other weeks."""
    before, now = scope.moved(-1), Scope(this_week(), scope.values)
    last_week = Scope(now.days.moved(-1) or now.days, scope.values)
    ways = [("Last week", last_week.query), ("This week", now.query)]
    return {
        "scope": scope,
        "filters": form,
        "saved_filters": saved_filter_links(request.user, scope),
        "save_form": SaveFilterForm(),
        "choices": choices(form),
        "chips": chips(scope),
        "previous_query": before,
        "next_query": scope.moved(1),
        "week_links": [(text, query, query == scope.query) for text, query in ways],
        "unknown_names": unknown_names(request.GET),
    }
