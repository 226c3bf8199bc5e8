"""A form that its page cannot take any more: its text is kept before the sign-in is asked for, or the form denied."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render

from drafts.actions import UNTYPED_FIELDS, save_draft
from drafts.form_token import FormToken, read_form_token
from users.login_page import login_redirect_for_form

# What static/js/drafts.js listens for: a part of the page was asked for, and the page stays as it is.
SIGNED_OUT = "signed-out"
# What a form carries unseen, besides.
_HIDDEN_FIELDS = (*UNTYPED_FIELDS, "version", "runs", "reconstruction", "external_info_complete", "then", "over")


def save_rejected_form(request: HttpRequest) -> FormToken | None:
    """The form token of a form that cannot be taken, after its text was kept for the person who had it open; else None.

    The form token is signed: it says whose the form is, whoever sends it, and lets nobody read anything.
    """
    form_token = read_form_token(request.POST.get("sheet", "")) if request.method == "POST" else None
    if form_token is None:
        return None
    try:
        if "ticket" in request.POST:  # else a small form beside it, such as "Discard"
            save_draft(form_token, request.POST)
    except PermissionDenied:
        return None
    return form_token


def filled_fields(sent: QueryDict) -> list[tuple[str, str]]:
    """(name, text) of each field of a form in which something was said, to be read and copied."""
    said = [(name, ", ".join(filter(None, texts))) for name, texts in sent.lists() if name not in _HIDDEN_FIELDS]
    return [(name.replace("_", " ").replace("-", " "), text) for name, text in said if text.strip()]


class SaveDraftMiddleware:
    """Sends a stranger who sent a form to the sign-in, and from there back to the form with all that was typed.

    Other forms than a certification's are kept by the browser meanwhile (static/js/restore_typed.js).

    A form that is denied, or whose page is gone, is kept and shown beside the reason.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: list[Any], _kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.method != "POST" or request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        form_token = save_rejected_form(request)
        if form_token and request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Trigger": SIGNED_OUT})
        return redirect_to_login(form_token.restoring_address()) if form_token else login_redirect_for_form(request)

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        is_form = "ticket" in request.POST and not request.headers.get("HX-Request")
        is_page = not (request.resolver_match and request.resolver_match.app_name == "drafts")
        if not (is_form and is_page and isinstance(exception, Http404 | PermissionDenied)):
            return None
        context = {
            "exception": exception,
            "form_token": save_rejected_form(request),
            "filled_fields": filled_fields(request.POST),
        }
        status = 404 if isinstance(exception, Http404) else 403
        return render(request, "drafts/not_saved.html", context, status=status)
