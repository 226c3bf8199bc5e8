"""A form sent after the session had ended: what was typed is kept before the sign-in is asked for."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseBase

from drafts.actions import keep_draft
from drafts.sheet import Sheet, read_sheet

# What static/js/drafts.js listens for: a part of the page was asked for, and the page stays as it is.
SIGNED_OUT = "signed-out"


def kept_of(request: HttpRequest) -> Sheet | None:
    """The sheet of a form that cannot be taken, after its text was kept for the person who had it open; else None.

    The sheet is signed: it says whose the form is, whoever sends it, and lets nobody read anything.
    """
    sheet = read_sheet(request.POST.get("sheet", "")) if request.method == "POST" else None
    if sheet is None:
        return None
    try:
        if "ticket" in request.POST:  # else a small form beside it, such as "Discard"
            keep_draft(sheet, request.POST)
    except PermissionDenied:
        return None
    return sheet


class KeepTypedMiddleware:
    """Sends a stranger who sent a form to the sign-in, and from there back to the form with all that was typed."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponseBase]):
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        return self.get_response(request)

    def process_view(
        self, request: HttpRequest, view: Callable[..., Any], _args: list[Any], _kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        if request.method != "POST" or request.user.is_authenticated or not getattr(view, "login_required", True):
            return None
        sheet = kept_of(request)
        if sheet and request.headers.get("HX-Request"):
            return HttpResponse(status=204, headers={"HX-Trigger": SIGNED_OUT})
        return redirect_to_login(sheet.restoring()) if sheet else None
