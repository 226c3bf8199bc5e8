"""The rest of what is stored, to look at in the admin: history, drafts, leases, notes. Nothing changes here."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.contrib import admin
from django.db import models
from django.http import HttpRequest

from audit.models import Change, HistoricalRow, Notice
from certhelper.admin.base import ReadOnlyAdmin
from drafts.models import Draft, Lease
from reports.models import DayNote

OUR_APPS = ("certify", "drafts", "history", "oms", "references", "reports", "review", "shiftleader", "users")


@admin.register(Change)
class ChangeAdmin(ReadOnlyAdmin):
    """What was changed, as it is stored; people read it under History."""

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


@admin.register(Draft)
class DraftAdmin(ReadOnlyAdmin):
    """That a draft is kept; what was typed is shown to nobody else."""

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
    """The rows of one table after each change."""

    list_display = ("row", "history_date", "history_type", "change")
    list_filter = ("history_type", "history_date")
    list_select_related = ("change",)
    search_fields = ("change__by_name", "change__why", "=change__run_number")

    @admin.display(description="Key")
    def row(self, after: models.Model) -> object:
        return getattr(after, after.instance_type._meta.pk.attname)  # type: ignore[attr-defined]

    def has_module_permission(self, _request: HttpRequest) -> bool:
        """Not on the front page, which would be twice as long; Changes lead there."""
        return False


class GenericTableAdmin(ReadOnlyAdmin):
    """A table without a page of its own in the admin: what is short in columns, searched by its texts or its key."""

    def get_list_display(self, _request: HttpRequest) -> list[Any]:
        long = models.TextField | models.JSONField
        return [one.name for one in self.opts.concrete_fields if not isinstance(one, long)]

    def get_search_fields(self, _request: HttpRequest) -> list[str]:
        texts = models.CharField | models.TextField
        return [one.name for one in self.opts.concrete_fields if isinstance(one, texts)] or [f"={self.opts.pk.name}"]

    def get_list_filter(self, _request: HttpRequest) -> list[Any]:
        short = models.BooleanField | models.DateField
        return [one.name for one in self.opts.concrete_fields if one.choices or isinstance(one, short)]

    def get_list_select_related(self, _request: HttpRequest) -> list[str]:
        return [one.name for one in self.opts.concrete_fields if isinstance(one, models.ForeignKey)]


def register_remaining_models(known: set[type[models.Model]]) -> None:
    """Every table of ours that is not among these, so that none is forgotten."""
    for model in apps.get_models():
        if model not in known and model.__module__.partition(".")[0] in OUR_APPS:
            admin.site.register(model, HistoricalRowAdmin if issubclass(model, HistoricalRow) else GenericTableAdmin)
