"""Who may see and change what in the admin: our roles decide, not Django's groups; a change may say why."""

from __future__ import annotations

import logging
from typing import Any

from django import forms
from django.contrib import admin
from django.contrib.admin.views.main import ERROR_FLAG
from django.core.exceptions import PermissionDenied
from django.db import DataError
from django.db.models import Model
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse

from audit.operation import operation
from users.models import Role

logger = logging.getLogger(__name__)
MAX_REASON_LENGTH = 500


class RoleModelAdmin(admin.ModelAdmin):
    """Rows that people of one role, and of higher ones, may see and change."""

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
        """Django's, which looks the row up before it asks who may."""
        if not self.has_view_permission(request):
            raise PermissionDenied
        return super().history_view(request, object_id, extra_context)


class TolerantListAdmin(RoleModelAdmin):
    """A list that outlives any address: filters that no row can fit lead to the whole list."""

    def changelist_view(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:
        try:
            answer = super().changelist_view(request, extra_context)
            # Drawn here: the days above a list are read while it is drawn.
            return answer.render() if isinstance(answer, TemplateResponse) else answer
        except (ValueError, OverflowError, DataError) as wrong:
            if request.method == "POST" or not set(request.GET) - {ERROR_FLAG}:
                raise
            logger.warning("An address of the admin could not be read: %s", wrong)
            return redirect(f"{request.path}?{ERROR_FLAG}=1")


class ChangeReasonForm(forms.ModelForm):
    """A form of the admin that also asks why."""

    why = forms.CharField(
        required=False,
        max_length=MAX_REASON_LENGTH,
        label="Why",
        help_text="Kept with the change, in the history.",
        widget=forms.TextInput(attrs={"class": "vTextField"}),
    )


class ReasonedChangeAdmin(TolerantListAdmin):
    """Rows of which history is kept: one change for all that a form does, with what was typed under Why."""

    form = ChangeReasonForm

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        if request.method != "POST":
            return super().changeform_view(request, *args, **kwargs)
        with operation(request.user, None, reason=_change_reason(request)):
            return super().changeform_view(request, *args, **kwargs)


def _change_reason(request: HttpRequest) -> str:
    return request.POST.get("why", "")[:MAX_REASON_LENGTH]


class ReadOnlyAdmin(TolerantListAdmin):
    """Rows that change through the pages alone."""

    list_per_page = 50
    show_full_result_count = False

    def has_add_permission(self, *_args: Any) -> bool:
        return False

    def has_change_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False

    def has_delete_permission(self, *_args: Any, **_kwargs: Any) -> bool:
        return False


class LinkedPageAdmin(ReadOnlyAdmin):
    """Rows that have a page, where they are changed and tell their history: `page` by key."""

    page = ""

    def view_on_site(self, row: Model) -> str:
        return reverse(self.page, args=[row.pk])
