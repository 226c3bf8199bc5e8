"""The open runs page, and what is open now."""

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certify.evidence.requests import request_evidence
from certify.ranges.requests import request_missing
from certify.rules.run_numbers import format_run_numbers
from openruns.external_data import fetch
from openruns.forms import OneRunForm, SearchForm
from openruns.open_now import open_now
from openruns.searches import last_searches, save_search
from openruns.selectors import OpenRunsPage, open_runs_page
from users.access import role_required
from users.models import Role, User

# Rows of each run type that "open now" shows on home and on a page of its own.
FRAGMENT_ROWS, PAGE_ROWS = 8, 50


@require_safe
@role_required(Role.SHIFTER)
@never_cache
def open_runs(request: HttpRequest) -> HttpResponse:
    """Show the result of a search for runs, or redirect to the certification of one run."""
    one_run = OneRunForm(request.GET if _is_one_run_request(request) else None)
    if one_run.is_valid():
        return redirect(one_run.certify_url())
    search = SearchForm(request.GET if "runs" in request.GET else None)
    page = _search_page(request, search) if search.is_valid() else None
    context = {
        "search": search,
        "one_run": one_run,
        "page": page,
        "searches": last_searches(cast("User", request.user)),
    }
    is_invalid = bool(search.errors or one_run.errors)
    return render(request, "openruns/open_runs.html", context, status=422 if is_invalid else 200)


@require_safe
@role_required(Role.SHIFTER)
@never_cache
def open_now_page(request: HttpRequest) -> HttpResponse:
    """Show what is open now: for an htmx request the fragment of home, or with `brief` its counts; else a page."""
    is_fragment = bool(request.headers.get("HX-Request"))
    is_brief = is_fragment and "brief" in request.GET
    rows_per_type = FRAGMENT_ROWS if is_fragment else PAGE_ROWS
    now = open_now(cast("User", request.user), rows_per_type, has_facts=not is_brief, is_retry="again" in request.GET)
    template = "openruns/_open_now_fragment.html" if is_fragment else "openruns/open_now.html"
    template = "openruns/_open_now_start.html" if is_brief else template
    response = render(request, template, {"now": now})
    patch_vary_headers(response, ["HX-Request"])
    return response


def _is_one_run_request(request: HttpRequest) -> bool:
    """Return whether the form for one run was submitted. An empty field `run` is ignored if `runs` is present."""
    return bool(request.GET.get("run", "").strip()) or ("run" in request.GET and "runs" not in request.GET)


def _search_page(request: HttpRequest, search: SearchForm) -> OpenRunsPage:
    """Return the result of a search, store it as the latest of the user, and request what is read in the background."""
    numbers, user = search.cleaned_data["runs"], cast("User", request.user)
    runs = format_run_numbers(numbers)
    save_search(user, runs, numbers)
    external_data = fetch(numbers, is_retry="again" in request.GET)
    datasets = external_data.lumisections_to_read(numbers)
    request_missing(datasets)
    request_evidence(datasets)
    return open_runs_page(numbers, runs, external_data, user)
