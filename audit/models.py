"""What was changed: one `Change` for each deed of a person, and the rows as they were after it.

Nothing of this is ever changed or deleted: the methods here refuse, and on PostgreSQL a trigger does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from simple_history.manager import HistoricalQuerySet
from simple_history.models import HistoricalRecords

from audit.choices import Kind

Opposite = Callable[[Any, str], dict[str, Any]]


class HistoryStays(Exception):
    """Somebody tried to change or delete history."""

    def __init__(self) -> None:
        super().__init__("History is neither changed nor deleted. Undo a change instead.")


class Kept(models.QuerySet[Any]):
    """Rows that can be added to and nothing else."""

    def update(self, **_values: Any) -> int:
        raise HistoryStays

    def delete(self) -> tuple[int, dict[str, int]]:
        raise HistoryStays


class NeverChanged(models.Model):
    """A row that stays as it was written."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        if not self._state.adding:
            raise HistoryStays
        super().save(*args, **kwargs)

    def delete(self, *_args: Any, **_kwargs: Any) -> tuple[int, dict[str, int]]:
        raise HistoryStays


class KeptRows(Kept, HistoricalQuerySet):
    """The rows after each change, of one model."""


class Change(NeverChanged):
    """One deed: who, when, why, and every field that it changed, before and after.

    `lines` has an object for each row: its model, key and name; `made` or `gone` where it was made or deleted (`new`
    where the making says nothing by itself, as of a run first heard of); and by field `was`, `is` (as stored; several
    keys for a many-to-many) and `says`, lines of (label, before, after) for people. `by` is None where no account was
    behind it; `by_name` keeps the name as it was.
    """

    at = models.DateTimeField(db_index=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    by_name = models.CharField(max_length=310)
    why = models.TextField(blank=True)
    request_id = models.CharField(max_length=64, blank=True)
    run_number = models.PositiveIntegerField(null=True, db_index=True)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, related_name="undone_by")
    lines = models.JSONField(default=list)

    objects: ClassVar[Any] = Kept.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.get_kind_display()} by {self.by_name}, {self.at:%Y-%m-%d %H:%M:%S} UTC"


class Notice(models.Model):
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


class RowAfter(NeverChanged):
    """A row as it was after a change. `many`: by many-to-many field the keys that it had."""

    change = models.ForeignKey(Change, models.PROTECT, related_name="+")
    many = models.JSONField(default=dict)

    objects: ClassVar[Any] = KeptRows.as_manager()

    class Meta:
        abstract = True


class History(HistoricalRecords):
    """Which rows of a model are kept, and what is particular about them; `history = History(...)` in the model.

    `never`: fields not kept at all. `quiet`: fields kept for as-of, of which no change speaks and that no undo sets.
    `parts`: JSON fields of which each key is a field of its own to history, so that two hands do not collide; silent.
    `owner`: the field that names whose row it is; they are told of what others change. `decides`: what else of the row
    decides who may put it back.
    `private`: fields whose values are told only to whom the row is read whole (`may_be_read_whole_by`).
    `bulky`: fields that the change which makes a row does not repeat.
    `opposite`: from who and why to the field values that undo the making of a row; without it a made row is one that
    said nothing before.
    `labels`, `texts`: how a field and its value are called where its own name does not do; an empty label says nothing.
    `what`: how a row is called where the model's name does not do. `kind`: of a change made
    outside any deed. django-simple-history builds the table; writing, once per deed, is `history.deed`'s.
    """

    def __init__(
        self,
        *,
        kind: Kind = Kind.OTHER,
        what: str = "",
        never: tuple[str, ...] = (),
        quiet: tuple[str, ...] = (),
        parts: tuple[str, ...] = (),
        owner: str = "",
        decides: tuple[str, ...] = (),
        private: tuple[str, ...] = (),
        bulky: tuple[str, ...] = (),
        opposite: Opposite | None = None,
        labels: dict[str, str] | None = None,
        texts: dict[str, Any] | None = None,
        bases: tuple[type, ...] = (),
        inherit: bool = False,
    ) -> None:
        super().__init__(
            app="history",
            bases=(*bases, RowAfter),
            excluded_fields=list(never),
            inherit=inherit,
            user_db_constraint=False,
            historical_queryset=KeptRows,
        )
        self.what = what
        self.kind, self.never, self.quiet = kind, set(never), {*never, *quiet}
        self.parts, self.owner, self.bulky, self.opposite = parts, owner, bulky, opposite
        self.decides = decides
        self.labels, self.texts, self.private = labels or {}, texts or {}, private

    def create_history_model(self, model: type[models.Model], inherited: bool) -> type[models.Model]:
        model.kept = self  # type: ignore[attr-defined]
        return super().create_history_model(model, inherited)

    def post_save(self, *_args: Any, **_kwargs: Any) -> None:
        """One row for each save would be too many, and the many-to-many fields come later: see `history.deed`."""

    pre_delete = post_delete = m2m_changed = post_save
