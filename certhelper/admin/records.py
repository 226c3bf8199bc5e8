"""Read-only admin of the remaining tables: history, drafts, leases, notes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.contrib import admin
from django.db import models

from api.models import ApiToken
from audit.models import Change, HistoricalRow, Notice
from certhelper.admin.base import ReadOnlyAdmin
from drafts.models import Draft, Lease
from reports.models import DayNote

if TYPE_CHECKING:
    from django.http import HttpRequest

OUR_APPS = (
    "api",
    "audit",
    "certify",
    "dials",
    "drafts",
    "golden",
    "history",
    "oms",
    "references",
    "registry",
    "registry_sync",
    "reports",
    "review",
    "shiftleader",
    "users",
)
_LONG_FIELDS = (models.TextField, models.JSONField)
_TEXT_FIELDS = (models.CharField, models.TextField)
_FILTER_FIELDS = (models.BooleanField, models.DateField)


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """The stored changes; the History pages present them."""

    list_display = ("id", "at", "kind", "by_name", "run_number", "why")
    list_filter = ("kind", "at")
    search_fields = ("by_name", "why", "=run_number", "=request_id")
    date_hierarchy = "at"


@admin.register(Notice)
class NoticeAdmin(ReadOnlyAdmin):
    list_display = ("change", "person", "acknowledged_at")
    list_filter = (("acknowledged_at", admin.EmptyFieldListFilter),)
    list_select_related = ("change", "person")
    search_fields = ("person__username", "=change__run_number")


@admin.register(ApiToken)
class ApiTokenAdmin(ReadOnlyAdmin):
    """Tokens without the digests of their values."""

    list_display = ("name", "user", "created_at", "expires_at", "last_used_at", "revoked_at")
    list_filter = (("revoked_at", admin.EmptyFieldListFilter),)
    list_select_related = ("user",)
    search_fields = ("name", "user__username")
    fields = ("name", "user", "created_at", "expires_at", "last_used_at", "revoked_at")


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """Drafts without their content, which only their author sees."""

    list_display = ("run_number", "reconstruction", "user", "saved_at", "is_done")
    list_filter = ("is_done", "reconstruction", "saved_at")
    list_select_related = ("user",)
    search_fields = ("=run_number", "user__username")
    fields = ("run_number", "reconstruction", "user", "saved_at", "is_done")


@admin.register(Lease)
class LeaseAdmin(ReadOnlyAdmin):
    list_display = ("run_number", "reconstruction", "user", "since", "ends_at", "taken_by")
    list_filter = ("reconstruction", "since")
    list_select_related = ("user", "taken_by")
    search_fields = ("=run_number", "user__username")


@admin.register(DayNote)
class DayNoteAdmin(ReadOnlyAdmin):
    list_display = ("day", "user", "comment", "updated_at")
    list_filter = ("day",)
    list_select_related = ("user",)
    search_fields = ("user__username", "comment", "links")


class HistoricalRowAdmin(ReadOnlyAdmin):
    """The rows of one history table."""

    list_display = ("row", "history_date", "history_type", "change")
    list_filter = ("history_type", "history_date")
    list_select_related = ("change",)
    search_fields = ("change__by_name", "change__why", "=change__run_number")

    @admin.display(description="Key")
    def row(self, record: models.Model) -> object:
        return getattr(record, record.instance_type._meta.pk.attname)  # type: ignore[attr-defined]

    def has_module_permission(self, _request: HttpRequest) -> bool:
        """Not on the index page, which would be twice as long; the admin of changes links to them."""
        return False


class GenericTableAdmin(ReadOnlyAdmin):
    """A table without a class of its own here: short fields as columns, search in text fields or the key."""

    def get_list_display(self, _request: HttpRequest) -> list[Any]:
        return [field.name for field in self.opts.concrete_fields if not isinstance(field, _LONG_FIELDS)]

    def get_search_fields(self, _request: HttpRequest) -> list[str]:
        names = [field.name for field in self.opts.concrete_fields if isinstance(field, _TEXT_FIELDS)]
        return names or [f"={self.opts.pk.name}"]

    def get_list_filter(self, _request: HttpRequest) -> list[Any]:
        return [field.name for field in self.opts.concrete_fields if field.choices or isinstance(field, _FILTER_FIELDS)]

    def get_list_select_related(self, _request: HttpRequest) -> list[str]:
        return [field.name for field in self.opts.concrete_fields if isinstance(field, models.ForeignKey)]


def register_remaining_models(known: set[type[models.Model]]) -> None:
    """Register every model of our apps that is not in `known`, so that none is left out."""
    for model in apps.get_models():
        if model not in known and model.__module__.partition(".")[0] in OUR_APPS:
            admin.site.register(model, HistoricalRowAdmin if issubclass(model, HistoricalRow) else GenericTableAdmin)
