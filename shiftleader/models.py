"""Filters of the week that a person has saved under a name."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.choices import Kind
from audit.models import Change, History
from audit.tracked_model import Recorded
from certify.models.history_labels import retired


class SavedFilter(Recorded):
    """A person's name for a query of the week. A retired one is offered no longer."""

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="saved_filters")
    name = models.CharField(max_length=50)
    query = models.TextField()
    is_retired = models.BooleanField(default=False)

    history = History(
        kind=Kind.SETTING,
        what="saved filter",
        quiet=("user",),
        owner="user_id",
        opposite=retired,
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

    def may_be_put_back_by(self, actor: Any, _change: Change, _fields: Collection[str]) -> bool:
        """Whose it is."""
        return actor.pk == self.user_id
