"""The history: a `Change` for each operation of a person, and the historical rows after it.

History is never changed or deleted: the methods here refuse it, and on PostgreSQL a trigger.
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
    """A row of an append-only table cannot be changed or deleted."""

    def __init__(self) -> None:
        super().__init__("It is neither changed nor deleted. Add a row, or undo the change that made it.")


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Rows that can be added, but not changed or deleted."""

    def update(self, **_values: Any) -> int:
        raise AppendOnlyError

    def delete(self) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError


class AppendOnlyModel(models.Model):
    """A row that cannot be changed or deleted."""

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise AppendOnlyError
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise AppendOnlyError


class AppendOnlyHistoryQuerySet(AppendOnlyQuerySet, HistoricalQuerySet):
    """The historical rows of a model."""


class Change(AppendOnlyModel):
    """The record of an operation: user, time, reason, and each changed field before and after.

    `lines` contains an object for each row: its model, key and name; `made` or `gone` if it was created or deleted
    (`new` if its creation alone is not worth showing, as for a run read from OMS); and by field `was`, `is` (as stored;
    a list of keys for many-to-many) and `says`, lines of (label, before, after) as text. `by` is None for a change
    without an account; `by_name` stores the name at that time.
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


class DigestFormat(AppendOnlyModel):  # noqa: DJ008 - a list of columns
    """The columns of a table of history that its digests are computed over: a row for each set of them, ever.

    The key follows from table and columns (`audit.digests.format_key`), so that writing digests needs no query for it.
    """

    key = models.BigIntegerField(primary_key=True)
    table = models.CharField(max_length=50)
    columns = models.JSONField()

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()


class RecordDigest(AppendOnlyModel):  # noqa: DJ008 - a hash
    """The SHA-256 of a historical row and of the digest before it of the same record, or of a change and its rows.

    `table` is the name of the historical model, `change` for a change; `key` the primary key of the record, `row` the
    one of the historical row. `format`: key of a `DigestFormat`.
    """

    table = models.CharField(max_length=50)
    key = models.BigIntegerField()
    row = models.BigIntegerField()
    change = models.ForeignKey(Change, models.PROTECT, related_name="+")
    format = models.BigIntegerField()
    digest = models.CharField(max_length=64)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["table", "key", "row"], name="one_digest_per_row")]


class Notice(models.Model):  # noqa: DJ008 - shown by its change
    """Tells the owner of a row that another user changed it; shown until it is acknowledged."""

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
    """A row as of a change. `many`: {name of many-to-many field: keys}."""

    change = models.ForeignKey(Change, models.PROTECT, related_name="+")
    many = models.JSONField(default=dict)

    objects: ClassVar[Any] = AppendOnlyHistoryQuerySet.as_manager()

    class Meta:
        abstract = True


class AuditOptions(HistoricalRecords):
    """The options for the history of a model: `history = AuditOptions(...)`.

    `exclude`: fields without history. `untracked`: fields with history, which no change shows and no undo restores.
    `json_keys`: JSON fields of which each key is tracked as a separate field, without lines of text.
    `owner`: the field with the owner of the row, who gets a notice of changes by others. `permission_fields`: other
    fields on which the permission to undo depends.
    `restricted`: fields whose values are shown only with a permission (`can_read_restricted`).
    `omit_on_create`: fields that the change which creates a row does not contain.
    `reverse_create`: function of (user, reason) that returns the field values which undo the creation of a row. Without
    it the creation is undone by restoring the defaults.
    `labels`, `formatters`: label and text of a field, if the defaults do not fit; an empty label hides the field.
    `shown_first`: fields whose lines come before those of the others, in this order.
    `row_label`: name of a row, if that of the model does not fit. `kind`: kind of a change outside any operation.
    `lock_order`: an undo locks rows in ascending order, as the actions do.
    `conflict_label`: name of another row that can prevent the row from being restored.
    `digested_names`: lookups such as `dataset__name`, of what a row refers to by a key and never changes; digests cover
    their values too.
    `changed_without_history`: untracked fields that change without a historical row.
    `changed_by_migration`: fields of which a migration has changed values without history.

    django-simple-history builds the table; `audit.operation` writes to it, once per operation.
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
        changed_by_migration: tuple[str, ...] = (),
        changed_without_history: tuple[str, ...] = (),
        digested_names: tuple[str, ...] = (),
        restricted: tuple[str, ...] = (),
        omit_on_create: tuple[str, ...] = (),
        reverse_create: ReverseCreate | None = None,
        labels: dict[str, str] | None = None,
        formatters: dict[str, Any] | None = None,
        shown_first: tuple[str, ...] = (),
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
        self.permission_fields, self.changed_by_migration = permission_fields, changed_by_migration
        self.changed_without_history = changed_without_history
        self.shown_first, self.digested_names = shown_first, digested_names
        self.labels, self.formatters, self.restricted = labels or {}, formatters or {}, restricted

    def create_history_model(self, model: type[models.Model], inherited: bool) -> type[models.Model]:
        model.audit_options = self  # type: ignore[attr-defined]
        return super().create_history_model(model, inherited)

    def post_save(self, *_args: Any, **_kwargs: Any) -> None:
        """Do nothing: `audit.operation` writes one historical row per operation, with the many-to-many fields."""

    pre_delete = post_delete = m2m_changed = post_save
