"""What was changed: one `Change` for each operation of a person, and the rows as they were after it.

Nothing of this is ever changed or deleted: the methods here refuse, and on PostgreSQL a trigger does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from simple_history.manager import HistoricalQuerySet
from simple_history.models import HistoricalRecords

from audit.choices import AuditChangeKind, change_kind_choices

ReverseCreate = Callable[[Any, str], dict[str, Any]]


class AppendOnlyError(Exception):
    """Somebody tried to change or delete history."""

    def __init__(self) -> None:
        super().__init__("History is neither changed nor deleted. Undo a change instead.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that can be added to and nothing else."""

    def update(self, **_values: Any) -> int:
        raise AppendOnlyError

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError


class AppendOnlyModel(models.Model):
    """A row that stays as it was written."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError


class AppendOnlyHistoryQuerySet(AppendOnlyQuerySet, HistoricalQuerySet):
    """The rows after each change, of one model."""


class Change(AppendOnlyModel):
    """One operation: who, when, why, and every field that it changed, before and after.

    `lines` has an object for each row: its model, key and name; `made` or `gone` where it was made or deleted (`new`
    where the making says nothing by itself, as of a run first heard of); and by field `was`, `is` (as stored; several
    keys for a many-to-many) and `says`, lines of (label, before, after) for people. `by` is None where no account was
    behind it; `by_name` keeps the name as it was.
    """

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=10, choices=change_kind_choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=310)
    why = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    run_number = models.PositiveIntegerField(null=True, db_index=True)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")
    lines = models.JSONField(default=list)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.by_name}, {self.at:%Y-%m-%d %H:%M:%S} UTC"


class Notice(models.Model):  # noqa: DJ008 - shown by its change
    """A change of what belongs to a person, made by somebody else; shown until the person has seen it."""

    change = models.ForeignKey(Change, models.PROTECT, related_name="notices")
    person = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    acknowledged_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["change", "person"], name="one_notice_per_change_and_person")]
        indexes = [
            models.Index(
                fields=["person"], condition=models.Q(acknowledged_at__isnull=True), name="notices_not_yet_seen"
            )
        ]


class HistoricalRow(AppendOnlyModel):
    """A row as it was after a change. `many`: by many-to-many field the keys that it had."""

    change = models.ForeignKey(Change, models.PROTECT, related_name="+")
    many = models.JSONField(default=dict)

    objects: ClassVar[Any] = AppendOnlyHistoryQuerySet.as_manager()

    class Meta:
        abstract = True


class AuditOptions(HistoricalRecords):
    """Which rows of a model are kept, and what is particular about them; `history = AuditOptions(...)` in the model.

    `exclude`: fields not kept at all. `untracked`: fields kept for as-of, that no change shows and no undo sets.
    `json_keys`: JSON fields of which each key is a field of its own to history, so that two hands do not
    collide; silent.
    `owner`: the field that names whose row it is; they get a notice of what others change. `permission_fields`:
    what else of the row decides who may undo a change of it.
    `restricted`: fields whose values only those see who may (`can_read_restricted`).
    `omit_on_create`: fields that the change which makes a row does not repeat.
    `reverse_create`: from who and why to the field values that undo the making of a row; without it a made row is one
    that said nothing before.
    `labels`, `formatters`: how a field and its value are called where its own name does not do; an empty label
    says nothing.
    `row_label`: how a row is called where the model's name does not do. `kind`: of a change made outside any
    operation. `lock_order`: an undo locks rows in ascending order, which is that of the actions.
    `conflict_label`: what can have taken the place of a row meanwhile. django-simple-history builds the table;
    `audit.operation` writes, once per operation.
    """

    def __init__(
        self,
        *,
        kind: str = AuditChangeKind.OTHER,
        row_label: str = "",
        lock_order: int = 0,
        conflict_label: str = "",
        exclude: tuple[str, ...] = (),
        untracked: tuple[str, ...] = (),
        json_keys: tuple[str, ...] = (),
        owner: str = "",
        permission_fields: tuple[str, ...] = (),
        restricted: tuple[str, ...] = (),
        omit_on_create: tuple[str, ...] = (),
        reverse_create: ReverseCreate | None = None,
        labels: dict[str, str] | None = None,
        formatters: dict[str, Any] | None = None,
        bases: tuple[type, ...] = (),
        inherit: bool = False,
    ) -> None:
        super().__init__(
            app="history",
            bases=(*bases, HistoricalRow),
            excluded_fields=list(exclude),
            inherit=inherit,
            user_db_constraint=False,
            historical_queryset=AppendOnlyHistoryQuerySet,
        )
        self.row_label, self.lock_order, self.conflict_label = row_label, lock_order, conflict_label
        self.kind, self.exclude, self.untracked = kind, set(exclude), {*exclude, *untracked}
        self.json_keys, self.owner, self.omit_on_create, self.reverse_create = (
            json_keys,
            owner,
            omit_on_create,
            reverse_create,
        )
        self.permission_fields = permission_fields
        self.labels, self.formatters, self.restricted = labels or {}, formatters or {}, restricted

    def create_history_model(self, model: type[models.Model], inherited: bool) -> type[models.Model]:
        model.audit_options = self  # type: ignore[attr-defined]
        return super().create_history_model(model, inherited)

    def post_save(self, *_args: Any, **_kwargs: Any) -> None:
        """One row for each save would be too many, and the many-to-many fields come later: see `audit.operation`."""

    pre_delete = post_delete = m2m_changed = post_save
