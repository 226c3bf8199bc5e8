"""Base classes of the admin: permissions follow the user's role, not Django's groups; changes may have a reason."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from audit.operation import operation
from infrastructure.web.reason_form import MAX_REASON_LENGTH, ReasonField
from users.models import Role

if TYPE_CHECKING:
    from django.db.models import Model
    from django.http import HttpRequest, HttpResponse

logger = logging.getLogger(__name__)


class RoleModelAdmin(admin.ModelAdmin):  # type: ignore[type-arg, unused-ignore]
    """Rows that users with the role `role` or a higher one may see and change."""

    role = Role.ADMIN

    def _has_role(self, request: HttpRequest) -> bool:
        return request.user.is_authenticated and request.user.has_role(self.role)

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self._has_role(request)

    def has_view_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return self._has_role(request)

    def has_add_permission(self, request: HttpRequest) -> bool:
        return self._has_role(request)

    def has_change_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return self._has_role(request)

    def has_delete_permission(self, request: HttpRequest, _obj: Model | None = None) -> bool:
        return self._has_role(request)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: dict[str, Any] | None = None) -> Any:
        """Check the permission first; Django looks the row up before it does."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


class TolerantListAdmin(RoleModelAdmin):
    """A list that redirects to the unfiltered list when the filters in the address cannot be evaluated."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            response = super().changelist_view(request, extra_context)
            # Rendered here, since the date hierarchy is queried while the template is rendered.
            return response.render() if isinstance(response, TemplateResponse) else response
        except (ValueError, OverflowError, DataError) as error:
            if request.method == "POST" or not set(request.GET) - {ERROR_FLAG}:
                raise
            logger.warning("The filters of an admin list could not be evaluated: %s", error)
            return redirect(f"{request.path}?{ERROR_FLAG}=1")


class ChangeReasonForm(forms.ModelForm):  # type: ignore[type-arg, unused-ignore]
    """A form of the admin with a field for the reason of the change."""

    why = ReasonField(
        required=False,
        help_text="Kept with the change, in the history.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class ReasonedChangeAdmin(TolerantListAdmin):
    """Rows with history: all that a form changes is one operation, with the reason typed under "Why"."""

    form = ChangeReasonForm

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with operation(request.user, None, reason=_change_reason(request)):
            return super().changeform_view(request, *args, **kwargs)


def _change_reason(request: HttpRequest) -> str:
    return request.POST.get("why", "")[:MAX_REASON_LENGTH]


class ReadOnlyAdmin(TolerantListAdmin):
    """Rows that the admin shows and does not change."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, *_args: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False


class LinkedPageAdmin(ReadOnlyAdmin):
    """Rows with a page of their own, where they are changed; `page`: its URL name, with the key as argument."""

    page = ""

    def view_on_site(self, row: Model) -> str:
        return reverse(self.page, args=[row.pk])
