"""Saves a submitted form as a draft when its page cannot accept it: signed out, denied or not found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import render

from drafts.actions import UNTYPED_FIELDS, save_draft
from drafts.form_token import FormToken, read_form_token
from users.login_page import login_redirect_for_form

if TYPE_CHECKING:
    from collections.abc import Callable

# htmx event that static/js/drafts.js handles, so that the page is not replaced.
SIGNED_OUT = "signed-out"
# Other hidden fields of forms.
_HIDDEN_FIELDS = (
    *UNTYPED_FIELDS,
    "version",
    "runs",
    "reconstruction",
    "external_info_complete",
    "then",
    "over",
    "lists_opened",
    "lists_flagged",
)


def save_rejected_form(request: HttpRequest) -> FormToken | None:
    """Save the draft of a rejected form and return its token, or None without a valid token.

    The draft belongs to the user of the signed token, whoever sends it. The token gives no access to stored text.
    """
    form_token = read_form_token(request.POST.get("sheet", "")) if request.method == "POST" else None
    if form_token is None:
        return None
    try:
        if "ticket" in request.POST:  # otherwise another form of the page, such as "Discard"
            save_draft(form_token, request.POST)
    except PermissionDenied:
        return None
    return form_token


def filled_fields(sent: QueryDict) -> list[tuple[str, str]]:
    """Return (label, text) of each visible field that is not empty, so that the user can copy the text."""
    fields = [(name, ", ".join(filter(None, texts))) for name, texts in sent.lists() if name not in _HIDDEN_FIELDS]
    return [(name.replace("_", " ").replace("-", " "), text) for name, text in fields if text.strip()]


class SaveDraftMiddleware:
    """Save submitted forms that cannot be accepted.

    An anonymous user is redirected to the sign-in page, and from there back to the form with the typed text. Forms
    without a token are stored by the browser meanwhile (static/js/restore_typed.js). For a form that is denied or not
    found, the page of the error shows the submitted text.
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
