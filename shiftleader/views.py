"""The page of the week, and each of its parts as a page or fragment."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_http_methods, require_safe

from certify.filters.date_range import this_week
from certify.filters.panel import WEEK_LAYOUT, FilterPanel, filter_panel
from infrastructure.web.responses import ExplainedHttp404, HttpResponseSeeOther
from reports.scope import PeriodFilter, Scope
from shiftleader import legacy_urls
from shiftleader.parts import central_list
from shiftleader.parts.registry import PARTS_BY_NAME, Part, offered_parts
from shiftleader.saved_filters import SaveFilterForm, saved_filter_links

if TYPE_CHECKING:
    from certify.filters.filterset import CertificationFilter
    from users.access import SignedInRequest

# Names that single parts know.
PART_NAMES = frozenset({"page", "per_page", "name", "again", "since", "upto", "plan", "list", "under_way"})


@require_safe
def week(request: SignedInRequest) -> HttpResponse:
    """The page of the requested days, by default the current week; 422 for invalid parameters."""
    if query := legacy_urls.current_query(request.GET):
        return redirect(f"{reverse('shiftleader:week')}?{query}", permanent=True)
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    return render(
        request, "shiftleader/week.html", {"parts": offered_parts(), **_page_context(request, Scope(filters))}
    )


@require_safe
def part(request: SignedInRequest, name: str) -> HttpResponse:
    """One part: a fragment for an htmx request, else a page of its own."""
    wanted = PARTS_BY_NAME.get(name)
    if wanted is None:
        raise Http404(f"The week has no part {name}.")
    if not wanted.is_offered():
        raise ExplainedHttp404(f"The part “{wanted.title}” is switched off on this server. Go back to the week.")
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    return _render_requested_part(request, wanted, Scope(filters))


@require_http_methods(["GET", "HEAD", "POST"])
def check_central_list(request: SignedInRequest) -> HttpResponse:
    """Redirect the pasted list to a URL that can be bookmarked, or render the check if it is too long for a URL.

    GET redirects to the form.
    """
    if request.method != "POST":
        return redirect(f"{PARTS_BY_NAME['central'].url}?{request.GET.urlencode()}".rstrip("?"))
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    if address := central_list.check_url(filters.as_query(), request.POST.get("list", "")):
        return HttpResponseSeeOther(address)
    return _render_requested_part(request, PARTS_BY_NAME["central"], Scope(filters))


def _render_requested_part(request: SignedInRequest, wanted: Part, scope: Scope) -> HttpResponse:
    return render_part(request, wanted, scope, wanted.view(request, scope))


def render_part(
    request: SignedInRequest,
    wanted: Part,
    scope: Scope,
    part_context: dict[str, Any],
    status: int = 200,
) -> HttpResponse:
    """Render a part: only the fragment for an htmx request, else with filters and navigation around it.

    `event` in its context is triggered on the page, so that other parts are loaded again.
    """
    context = {"scope": scope, "part": wanted, **part_context}
    if request.headers.get("HX-Request"):
        response = render(request, wanted.template, context, status=status)
        if event := part_context.get("event"):
            response["HX-Trigger"] = event
    else:
        frame = _page_context(request, scope)
        response = render(request, "shiftleader/part.html", {**frame, **context}, status=status)
    patch_vary_headers(response, ["HX-Request"])
    return response


def render_invalid_filters(request: HttpRequest, filters: PeriodFilter) -> HttpResponse:
    """The filter form with its errors (422) and no data, so that nobody reads data for other filters than intended."""
    template = "shiftleader/_invalid_filters.html" if request.headers.get("HX-Request") else "shiftleader/week.html"
    return render(request, template, {"filters": filters, "panel": _panel(filters)}, status=422)


def _panel(filters: CertificationFilter) -> FilterPanel:
    """The panel leads to the page or part that it stands on."""
    return filter_panel(filters, WEEK_LAYOUT, is_here=True)


def _page_context(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Context around the parts: filters, and links to other weeks."""
    before, now = scope.moved(-1), this_week()
    links = [("Last week", scope.of_other_days(now.moved(-1) or now)), ("This week", scope.of_other_days(now))]
    return {
        "scope": scope,
        "filters": scope.filters,
        "panel": _panel(scope.filters),
        "saved_filters": saved_filter_links(request.user, scope),
        "save_form": SaveFilterForm(),
        "chips": scope.filters.as_chips(with_days=False),
        "previous_query": before,
        "next_query": scope.moved(1),
        "week_links": [(text, query, query == scope.query) for text, query in links],
        "unknown_names": PeriodFilter.unknown_names(request.GET, PART_NAMES),
    }
