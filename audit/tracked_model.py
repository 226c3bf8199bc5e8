"""The base class of all models with history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db import DatabaseError, models

from audit.operation import current_operation
from audit.snapshot import columns

if TYPE_CHECKING:
    from collections.abc import Collection

    from audit.models import Change


class TrackedModel(models.Model):
    """A row of which every save and deletion is part of an operation and its transaction.

    Writes without `save` (queryset.update, bulk_create) are not recorded; a test lists the places that may use them.
    """

    # The change that the last operation on this instance recorded; None if it changed nothing.
    recorded_change: Change | None = None

    class Meta:
        abstract = True

    def can_undo(self, actor: Any, _change: Change, _fields: Collection[str]) -> bool:
        """Whether this person may undo a change of these fields, that is, may make the opposite change.

        Uses only the owner and the `permission_fields` of the row, because pages call it for many rows.
        """
        return actor.may_change_others

    @classmethod
    def can_read_restricted(cls, _reader: Any, _key: Any) -> bool:
        """Whether this person may read the `restricted` fields of the row with this key."""
        return True

    def touch(self, actor: Any, reason: str, fields: Collection[str] = ()) -> None:
        """Update version, time and user of the last change before a save or an undo of these fields; a hook."""

    def save(self, *args: Any, **kwargs: Any) -> None:
        only = kwargs.get("update_fields")
        if only is not None and not any({field.name, field.attname} & {*only} for field in columns(self)):
            super().save(*args, **kwargs)
            return
        with current_operation() as done:
            done.track(self, is_new=bool(kwargs.get("force_insert")))
            try:
                super().save(*args, **kwargs)
            except DatabaseError:
                done.discard_failed(self)
                raise
            done.mark_saved(self, only)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        with current_operation() as done:
            done.track(self)
            key = self.pk
            count = super().delete(*args, **kwargs)
            done.mark_deleted(self, key)
        return count
