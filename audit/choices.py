"""The kinds of change: those of the audit itself, and the register of those that the apps above declare."""

from __future__ import annotations

from operator import itemgetter

from django.db import models

_registered: list[tuple[int, type[models.TextChoices]]] = []


def register_change_kinds(kinds: type[models.TextChoices], *, position: int) -> None:
    """Make kinds of change known; called where they are declared. `position`: their place in the list of all kinds."""
    _registered.append((position, kinds))


def change_kind_choices() -> list[tuple[str, str]]:
    """(stored value, label) of all kinds of change, as forms offer them."""
    return [choice for _position, kinds in sorted(_registered, key=itemgetter(0)) for choice in kinds.choices]


class AuditChangeKind(models.TextChoices):
    """What the audit itself writes."""

    UNDO = "undo", "Undone"
    INITIAL = "found", "As found"
    OTHER = "other", "Other"


register_change_kinds(AuditChangeKind, position=100)
