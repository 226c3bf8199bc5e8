"""Views for an opened form: save its draft, renew its lease, discard a draft, take the form over."""

from __future__ import annotations

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from drafts.actions import discard_draft, release_lease, renew_lease, save_draft, take_over
from drafts.form_token import FormToken, read_form_token
from drafts.middleware import save_rejected_form
from drafts.selectors import form_presence
from users.access import SignedInRequest, role_required
from users.login_page import next_path
from users.models import Role

UNKNOWN_FORM = "This form is not known here, or is older than 30 days. Open it again."


@csrf_exempt
@login_not_required
@require_POST
def save_form(request: HttpRequest) -> JsonResponse:
    """Save the form as a draft of the user who opened it. Returns JSON with `status` (text) and `token` (CSRF).

    `said` repeats `status` for forms that were opened before the rename.

    The signed form token identifies the user and is unknown to other sites, so neither a session nor a CSRF token is
    required. A signed-in user gets a new CSRF token, so that signing in again in another tab is enough.
    """
    form_token = _posted_token(request)
    saved_at = save_draft(form_token, request.POST, is_reopened="reopened" in request.POST)
    status = f"draft saved {saved_at:%H:%M:%S} UTC" if saved_at else "saved already"
    token = get_token(request) if request.user.pk == form_token.user_id else ""
    return JsonResponse({"status": status, "said": status, "token": token})


@require_POST
@role_required(Role.SHIFTER)
def heartbeat(request: SignedInRequest) -> HttpResponse:
    """Renew the lease of an open form and render who else works on it, or release the lease if it was left."""
    form_token = _own_posted_token(request)
    if "left" in request.POST:
        release_lease(form_token)
        return HttpResponse(status=204)
    lease = renew_lease(form_token, is_opening="opening" in request.POST)
    presence = form_presence(form_token, lease if lease.taken_at else None)
    return render(request, "drafts/_presence.html", {"presence": presence, "user": request.user})


@require_POST
@role_required(Role.SHIFTER)
def discard(request: SignedInRequest) -> HttpResponse:
    """Discard a draft of the user and redirect to the form."""
    form_token = _own_posted_token(request)
    discard_draft(request.user, request.POST.get("draft", ""), form_token)
    messages.success(request, "The draft is discarded.")
    return redirect(form_token.address)


@require_POST
@role_required(Role.SHIFT_LEADER)
def take_over_form(request: SignedInRequest) -> HttpResponse:
    """Take the form over from the users who have it open and redirect to it."""
    form_token = _own_posted_token(request)
    number = take_over(request.user, form_token)
    messages.success(request, "Taken over. The other page shows it." if number else "Nobody else has it open any more.")
    return redirect(form_token.address)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Reject a form with a wrong CSRF token, usually older than the sign-in, after saving its draft.

    `reason` is Django's description of the failure.
    """
    if request.user.is_authenticated and request.path == reverse("users:sign-in"):
        return redirect(next_path(request))  # already signed in, in another tab
    form_token = save_rejected_form(request)
    return render(request, "403_csrf.html", {"form_token": form_token, "reason": reason}, status=403)


def _posted_token(request: HttpRequest) -> FormToken:
    form_token = read_form_token(request.POST.get("sheet", ""))
    if form_token is None:
        raise PermissionDenied(UNKNOWN_FORM)
    return form_token


def _own_posted_token(request: SignedInRequest) -> FormToken:
    """Return the posted form token. Raises `PermissionDenied` if it belongs to another user."""
    form_token = _posted_token(request)
    if form_token.user_id != request.user.pk:
        raise PermissionDenied("Somebody else opened this form here. Open it again.")
    return form_token
