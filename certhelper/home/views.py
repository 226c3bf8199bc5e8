"""Home, search by run number, help and the error pages. None of them calls an outside service."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import BadRequest, RequestDataTooBig, TooManyFieldsSent
from django.http import HttpRequest, HttpResponse, HttpResponseBadRequest, HttpResponseServerError
from django.shortcuts import redirect, render
from django.template.loader import render_to_string
from django.urls import reverse
from django.views.decorators.http import require_safe

from api.errors import error_response, is_for_api
from certhelper.home.end_of_shift import end_of_shift
from certhelper.home.legend import open_run_states
from certhelper.home.page import home_page
from certhelper.web.request_log import current_request_id
from certify.rules.component_sentences import component_sentences
from certify.rules.run_list import parse_run_numbers
from certify.rules.run_numbers import format_run_numbers
from infrastructure.web.responses import ExplainedHttp404
from users.access import role_required
from users.models import Role

if TYPE_CHECKING:
    from users.models import User


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """The home page."""
    return render(request, "home/home.html", {"page": home_page(request)})


@require_safe
@role_required(Role.SHIFTER)
def end_of_shift_page(request: HttpRequest) -> HttpResponse:
    """What is left at the end of the shift of this person."""
    return render(request, "home/end_of_shift.html", {"page": end_of_shift(cast("User", request.user))})


@require_safe
def search(request: HttpRequest) -> HttpResponse:
    """Redirect from run numbers and ranges to their certifications."""
    typed = request.GET.get("run", "").strip()
    if not typed:
        return redirect("listruns:list")
    try:
        runs = parse_run_numbers(typed)
    except ValueError as error:
        messages.error(request, str(error))
        return redirect("home")
    has_gaps = runs[0] - runs[-1] >= len(runs)
    query = {"runs": format_run_numbers(runs)} if has_gaps else {"runs_min": str(runs[-1]), "runs_max": str(runs[0])}
    return redirect(f"{reverse('listruns:list')}?{urlencode(query)}")


@login_not_required
@require_safe
def help_page(request: HttpRequest) -> HttpResponse:
    """Keys, rules and colours, on one page."""
    return render(request, "home/help.html", {"components": component_sentences(), "states": open_run_states()})


def server_error(request: HttpRequest) -> HttpResponse:
    """Status 500: a page without context processors, with the request id to look up in the log."""
    if is_for_api(request.path):
        return error_response(500, f"An error of CertHelper. Report it with the id {current_request_id()}.")
    page = render_to_string("500.html", {"request_id": current_request_id()})
    return HttpResponseServerError(page)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Status 404, with the message of an `ExplainedHttp404`."""
    if is_for_api(request.path):
        return error_response(404, "There is no such address. /api/docs has them all.")
    sentence = str(exception) if isinstance(exception, ExplainedHttp404) else ""
    return render(request, "404.html", {"sentence": sentence}, status=404)


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Status 400 with the message of a `BadRequest`, or 413 for a request with too much data."""
    if is_for_api(request.path):
        return error_response(400, "The request cannot be read, or has too many parameters.")
    if isinstance(exception, RequestDataTooBig | TooManyFieldsSent):
        return render(request, "413.html", status=413)
    sentence = str(exception) if isinstance(exception, BadRequest) else ""
    return HttpResponseBadRequest(render_to_string("400.html", {"sentence": sentence}))
