"""Views that withdraw, restore and hand over a certification: a form with the reason."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from certify.actions.lifecycle import hand_over_certification, restore_certification, withdraw_certification
from certify.errors import AlreadyCertified, ChangedMeanwhile, EntryInvalid
from certify.models import TrackerCertification
from certify.models.choices import CertificationState
from infrastructure.web.reason_form import ReasonField, ReasonForm
from infrastructure.web.responses import HttpResponseSeeOther
from users.access import SignedInRequest, role_required
from users.fields import ShifterField
from users.models import Role, User

if TYPE_CHECKING:
    from collections.abc import Callable

    from django.http import HttpRequest, HttpResponse


class LifecycleReasonForm(ReasonForm):
    """The reason, and the version of the certification when the form was opened."""

    reason = ReasonField(widget=forms.Textarea(attrs={"rows": 3, "autofocus": True}))
    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)


class HandOverForm(LifecycleReasonForm):
    """The new owner, and the reason."""

    field_order = ("to", "reason")
    to = ShifterField(label="To")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["to"].widget.attrs["autofocus"] = self.fields["reason"].widget.attrs.pop("autofocus")


@dataclass(frozen=True)
class LifecycleAction:
    """An action of these pages: its texts, the state that the certification must have, and the function."""

    verb: str
    done_text: str
    explanation: str
    state: CertificationState
    perform: Callable[..., TrackerCertification]
    form_class: type[LifecycleReasonForm] = LifecycleReasonForm


_WITHDRAW = LifecycleAction(
    "Withdraw",
    "is withdrawn",
    "It is kept, with who withdrew it, when and why, and counts nowhere. The reconstruction is open again.",
    CertificationState.LIVE,
    withdraw_certification,
)
_RESTORE = LifecycleAction(
    "Restore",
    "is restored",
    "It counts again, as it was when it was withdrawn.",
    CertificationState.WITHDRAWN,
    restore_certification,
)


def _hand_over_to(actor: User, row: TrackerCertification, version: int, to: User, reason: str) -> TrackerCertification:
    """Call the action with the value of the form field `to`."""
    return hand_over_certification(actor, row, version, new_owner=to, reason=reason)


_HAND_OVER = LifecycleAction(
    "Hand over",
    "is handed over",
    "The other shifter owns it from then on, and is notified.",
    CertificationState.LIVE,
    _hand_over_to,
    HandOverForm,
)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
def withdraw(request: SignedInRequest, pk: int) -> HttpResponse:
    """Withdraw a live certification."""
    return _page(request, _WITHDRAW, _changeable_certification(request.user, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
def restore(request: SignedInRequest, pk: int) -> HttpResponse:
    """Restore a withdrawn certification."""
    return _page(request, _RESTORE, _changeable_certification(request.user, pk))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def hand_over(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make another shifter the owner of a certification."""
    return _page(request, _HAND_OVER, _changeable_certification(request.user, pk))


def _changeable_certification(person: User, pk: int) -> TrackerCertification:
    """Return the certification, live or not, if this person may change it. Raises Http404 and PermissionDenied."""
    rows = TrackerCertification.everything.visible_to(person).with_names().select_related("withdrawn_by")
    row = get_object_or_404(rows, pk=pk)
    if not row.may_be_changed_by(person):
        raise PermissionDenied(f"{row.user.display_name} certified this. Only they or a shift leader can do this.")
    return row


def _page(request: SignedInRequest, action: LifecycleAction, row: TrackerCertification) -> HttpResponse:
    if request.method != "POST":
        return _render_page(request, action, row, action.form_class(initial={"version": row.version}))
    form = action.form_class(request.POST)
    if not form.is_valid():
        return _render_page(request, action, row, form, status=422)
    return _perform(request, action, row, form)


def _perform(
    request: SignedInRequest, action: LifecycleAction, row: TrackerCertification, form: LifecycleReasonForm
) -> HttpResponse:
    """Perform the action and redirect to the certification; or show the form with the errors."""
    values: dict[str, Any] = {name: value for name, value in form.cleaned_data.items() if value is not None}
    try:
        certification = action.perform(request.user, row, **values)
    except EntryInvalid as error:
        for issue in error.issues:
            form.add_error(issue.field if issue.field in form.fields else None, issue.sentence)
        return _render_page(request, action, row, form, status=422)
    except ChangedMeanwhile as error:
        form.data = {**form.data.dict(), "version": str(error.existing.version)}  # type: ignore[attr-defined]
        return _render_page(request, action, error.existing, form, status=409, is_late=True)
    except AlreadyCertified as error:
        return _render_page(request, action, row, form, status=409, other=error.existing)
    messages.success(request, f"{certification} {action.done_text}.")
    return HttpResponseSeeOther(reverse("listruns:certification", args=[certification.pk]))


def _render_page(
    request: HttpRequest,
    action: LifecycleAction,
    row: TrackerCertification,
    form: LifecycleReasonForm,
    *,
    status: int = 200,
    is_late: bool = False,
    other: TrackerCertification | None = None,
) -> HttpResponse:
    """Render the page; with status 409 if the certification is not in the state that the action needs."""
    is_possible = row.state == action.state
    context = {
        "action": action,
        "certification": row,
        "form": form,
        "is_late": is_late,
        "other": other,
        "is_possible": is_possible,
    }
    return render(request, "listruns/lifecycle.html", context, status=status if is_possible else 409)
