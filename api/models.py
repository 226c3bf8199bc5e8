"""API tokens of people."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from api.choices import TokenChangeKind
from audit.models import AuditOptions
from audit.tracked_model import TrackedModel

if TYPE_CHECKING:
    from collections.abc import Collection

    from audit.models import Change

MAX_NAME_LENGTH = 50


def _revocation(_actor: object, _why: str) -> dict[str, Any]:
    """Return the values that undo the creation of a token."""
    return {"revoked_at": timezone.now()}


class ApiTokenQuerySet(models.QuerySet["ApiToken"]):
    """Queries of API tokens."""

    def valid(self) -> ApiTokenQuerySet:
        """Tokens that are neither revoked nor expired."""
        not_expired = Q(expires_at__isnull=True) | Q(expires_at__gt=timezone.now())
        return self.filter(not_expired, revoked_at__isnull=True)


class ApiToken(TrackedModel):
    """A token with which a script reads the API as its owner. It permits nothing else.

    Its value is shown once; `digest` is the SHA-256 of it. `last_used_at` is at most `LAST_USED_STEP` behind.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="api_tokens")
    name = models.CharField(max_length=MAX_NAME_LENGTH)
    digest = models.CharField(max_length=64, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True, help_text="Not valid from then on (UTC); empty for never.")
    last_used_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[ApiTokenQuerySet] = ApiTokenQuerySet.as_manager()  # type: ignore[assignment]
    history = AuditOptions(
        kind=TokenChangeKind.TOKEN,
        row_label="API token",
        exclude=("digest", "last_used_at"),
        untracked=("user", "created_at"),
        owner="user_id",
        reverse_create=_revocation,
        labels={"expires_at": "expires", "revoked_at": "revoked"},
    )

    class Meta:
        ordering = ("-pk",)
        verbose_name = "API token"
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["user", "name"], condition=Q(revoked_at__isnull=True), name="one_api_token_per_person_and_name"
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    def can_undo(self, _actor: Any, _change: Change, _fields: Collection[str]) -> bool:
        """No change of a token can be undone: a revoked token stays revoked."""
        return False
