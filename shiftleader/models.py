"""Saved filters of the week."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.models import AuditOptions, Change
from audit.tracked_model import TrackedModel
from certify.models.history_labels import retirement_values
from shiftleader.choices import SettingChangeKind

if TYPE_CHECKING:
    from collections.abc import Collection


class SavedFilter(TrackedModel):
    """A query string of the week that a person saved under a name. A retired one is no longer listed."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_filters")
    name = models.CharField(max_length=50)
    query = models.TextField()
    is_retired = models.BooleanField(default=False)

    history = AuditOptions(
        kind=SettingChangeKind.SETTING,
        row_label="saved filter",
        untracked=("user",),
        owner="user_id",
        reverse_create=retirement_values,
        labels={"is_retired": "retired", "query": "filters"},
    )

    class Meta:
        ordering = ("name", "pk")
        constraints = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(is_retired=False), name="one_saved_filter_per_person_and_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    def can_undo(self, actor: Any, _change: Change, _fields: Collection[str]) -> bool:
        """Only the owner can undo a change."""
        return bool(actor.pk == self.user_id)
