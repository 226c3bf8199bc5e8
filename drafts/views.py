"""What an opened form asks while it is open: keep this, who else is here, discard, take over."""

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

from drafts.actions import discard_draft, keep_draft, release_lease, renew_lease, take_over
from drafts.form_token import Sheet, read_sheet
from drafts.middleware import kept_of
from drafts.selectors import around
from users.access import SignedInRequest, role_required
from users.login_page import where_to
from users.models import Role

NOT_A_SHEET = "This form is not known here, or is older than 30 days. Open it again."


@csrf_exempt
@login_not_required
@require_POST
def save(request: HttpRequest) -> JsonResponse:
    """Keep the form as a draft of the person who opened it.

    The signed sheet in the form says who, and no other site can know it: neither the session nor the CSRF token need
    have lasted. A person who is signed in gets a token to go on with, so that a sign-in in another tab is enough.
    """
    sheet = _sheet(request)
    kept_at = keep_draft(sheet, request.POST, is_reopened="reopened" in request.POST)
    said = f"draft saved {kept_at:%H:%M:%S} UTC" if kept_at else "saved already"
    token = get_token(request) if request.user.pk == sheet.person else ""
    return JsonResponse({"said": said, "token": token})


@require_POST
@role_required(Role.SHIFTER)
def here(request: SignedInRequest) -> HttpResponse:
    """The form is open, or was left: renew the lease or release it, and say who else is here."""
    sheet = _sheet_of(request)
    if "left" in request.POST:
        release_lease(sheet)
        return HttpResponse(status=204)
    lease = renew_lease(sheet, is_opening="opening" in request.POST)
    found = around(sheet, lease if lease.taken_at else None)
    return render(request, "drafts/_around.html", {"around": found, "user": request.user})


@require_POST
@role_required(Role.SHIFTER)
def discard(request: SignedInRequest) -> HttpResponse:
    """Remove a draft of one's own, and back to the form."""
    sheet = _sheet_of(request)
    discard_draft(request.user, request.POST.get("draft", ""), sheet)
    messages.success(request, "The draft is discarded.")
    return redirect(sheet.address)


@require_POST
@role_required(Role.SHIFT_LEADER)
def take(request: SignedInRequest) -> HttpResponse:
    """Take the form over from whoever has it open, and back to it."""
    sheet = _sheet_of(request)
    number = take_over(request.user, sheet)
    messages.success(request, "Taken over; their page says so." if number else "Nobody else has it open any more.")
    return redirect(sheet.address)


def not_sent(request: HttpRequest, reason: str = "") -> HttpResponse:
    """A form older than the sign-in: not accepted, but kept. `reason` is Django's, for the log."""
    if request.user.is_authenticated and request.path == reverse("users:sign-in"):
        return redirect(where_to(request))  # signed in meanwhile in another tab, which is all that was asked for
    sheet = kept_of(request)
    return render(request, "403_csrf.html", {"sheet": sheet, "reason": reason}, status=403)


def _sheet(request: HttpRequest) -> Sheet:
    sheet = read_sheet(request.POST.get("sheet", ""))
    if sheet is None:
        raise PermissionDenied(NOT_A_SHEET)
    return sheet


def _sheet_of(request: SignedInRequest) -> Sheet:
    """The sheet, if it is the reader's own."""
    sheet = _sheet(request)
    if sheet.person != request.user.pk:
        raise PermissionDenied("Somebody else opened this form here. Open it again.")
    return sheet
