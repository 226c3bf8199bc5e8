"""The page on which a person creates and revokes API tokens; admins revoke those of others too."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from api.models import MAX_NAME_LENGTH, ApiToken
from api.tokens import TokenNotCreated, create_token, revoke_token
from infrastructure.web.iso_dates import IsoDateField
from infrastructure.web.responses import HttpResponseSeeOther
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpResponse


class TokenForm(forms.Form):
    """Name and last day of a new token."""

    name = forms.CharField(
        label="Name",
        max_length=MAX_NAME_LENGTH,
        help_text="What uses it, such as “monthly plots”.",
        error_messages={
            "required": "Give the token a name.",
            "max_length": f"Give a name of at most {MAX_NAME_LENGTH} characters.",
        },
    )
    last_day = IsoDateField(
        label="Valid to (UTC)", required=False, help_text="The last day. Empty: until it is revoked."
    )

    def clean_last_day(self) -> datetime | None:
        """Return the end of the last day (UTC)."""
        day = self.cleaned_data["last_day"]
        if day is None:
            return None
        if day < timezone.now().date():
            raise forms.ValidationError("This day has passed. Give today or a later day.")
        return datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
@never_cache
def tokens(request: SignedInRequest) -> HttpResponse:
    """The tokens of this person, and a form for a new one, whose value the answer to the form alone shows."""
    form = TokenForm(request.POST if request.method == "POST" else None)
    if request.method != "POST":
        return _render_page(request, form)
    if not form.is_valid():
        return _render_page(request, form, status=422)
    try:
        token, value = create_token(request.user, form.cleaned_data["name"], form.cleaned_data["last_day"])
    except TokenNotCreated as error:
        form.add_error("name", str(error))
        return _render_page(request, form, status=422)
    return _render_page(request, TokenForm(), {"created": token, "value": value}, status=201)


def _render_page(
    request: SignedInRequest, form: TokenForm, more: dict[str, Any] | None = None, status: int = 200
) -> HttpResponse:
    current = ApiToken.objects.filter(revoked_at__isnull=True).select_related("user")
    context: dict[str, Any] = {"form": form, "tokens": current.filter(user=request.user)}
    if request.user.has_role(Role.ADMIN):
        context["others"] = current.exclude(user=request.user).order_by("user__username", "-pk")
    return render(request, "api/tokens.html", context | (more or {}), status=status)


@require_POST
@role_required(Role.SHIFTER)
def revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    """Revoke a token of this person; for admins, of anybody."""
    token = get_object_or_404(ApiToken.objects.select_related("user"), pk=pk)
    revoke_token(request.user, token)
    messages.success(request, f"The token “{token}” is revoked.")
    return HttpResponseSeeOther(reverse("api:tokens"))
