"""Policies in their versions, and the files that were made by them. Neither versions nor files change."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AppendOnlyQuerySet, AuditOptions
from audit.tracked_model import TrackedModel
from certify.models import TrackerCertification
from golden.choices import GoldenChangeKind, StaleRule
from golden.policy_rules import PolicyRules

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

    from audit.models import Change

MAX_NAME_LENGTH = 40
_WITHOUT_STALE_MARKS = 1  # format of a manifest


class Policy(AppendOnlyModel):
    """The name of a policy, which has versions. It never changes."""

    name = models.SlugField(max_length=MAX_NAME_LENGTH, unique=True)

    class Meta:
        ordering = ("name",)
        verbose_name_plural = "policies"

    def __str__(self) -> str:
        return self.name


class PolicyVersionQuerySet(AppendOnlyQuerySet):
    """Queries for versions of policies."""

    def as_of(self, moment: datetime) -> PolicyVersionQuerySet:
        """Return the versions that existed at `moment`, of each policy the latest first."""
        return self.filter(made_at__lte=moment).order_by("policy__name", "-number")

    def with_names(self) -> PolicyVersionQuerySet:
        return self.select_related("policy", "made_by")


class PolicyVersion(AppendOnlyModel, TrackedModel):
    """A version of a policy: json-logic in the vocabulary of Run Registry, dataset pattern, layout of its files.

    `stale`: whether stale certifications count. Nothing of a version changes.
    """

    policy = models.ForeignKey(Policy, models.PROTECT, related_name="versions")
    number = models.PositiveIntegerField()
    logic = models.JSONField()
    dataset_pattern = models.TextField()
    layout = models.CharField(max_length=10)
    stale = models.CharField(max_length=8, choices=StaleRule.choices, default=StaleRule.COUNTS)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    reason = models.TextField()

    objects: ClassVar[PolicyVersionQuerySet] = PolicyVersionQuerySet.as_manager()  # type: ignore[assignment]
    history = AuditOptions(
        kind=GoldenChangeKind.POLICY,
        row_label="policy",
        lock_order=7,
        untracked=("policy", "number", "made_by", "made_at"),
        digested_names=("policy__name",),
    )

    class Meta:
        ordering = ("policy__name", "-number")
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["policy", "number"], name="one_version_of_a_policy_by_number"),
            models.CheckConstraint(condition=Q(number__gte=1), name="policy_versions_begin_at_1"),
        ]

    def __str__(self) -> str:
        return f"{self.policy} v{self.number}"

    @property
    def rules(self) -> PolicyRules:
        """What decides the files of this version."""
        return PolicyRules(self.logic, self.dataset_pattern, self.layout, self.stale)

    def can_undo(self, _actor: Any, _change: Change, _fields: Collection[str]) -> bool:
        """A version stays; a later one replaces it."""
        return False


class GoldenFileQuerySet(AppendOnlyQuerySet):
    """Queries for files."""

    def with_names(self) -> GoldenFileQuerySet:
        return self.select_related("policy_version__policy", "made_by")

    def without_content(self) -> GoldenFileQuerySet:
        """Return files without their text and manifest, for lists."""
        return self.defer("content", "manifest")


class GoldenFile(AppendOnlyModel):
    """A file of good runs, as it was made: its text, SHA-256 and manifest (golden/manifest.py).

    `as_of`: the time (UTC) whose certifications, lumisections and policy it rests on. `layout`: that of the policy, or
    another one that was asked for. `form_key`: of the form that made it, so that a form sent twice makes one file.
    `facts_sha256`: of the facts in its manifest; empty if it was made before they identified a file.
    """

    policy_version = models.ForeignKey(PolicyVersion, models.PROTECT, related_name="files")
    as_of = models.DateTimeField()
    layout = models.CharField(max_length=10)
    name = models.TextField()
    content = models.TextField()
    sha256 = models.CharField(max_length=64, db_index=True)
    manifest = models.JSONField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    made_at = models.DateTimeField()
    form_key = models.UUIDField(null=True, unique=True, editable=False)
    facts_sha256 = models.CharField(max_length=64, default="", editable=False)

    objects: ClassVar[Any] = GoldenFileQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["policy_version", "as_of", "layout", "sha256", "facts_sha256"],
                condition=~Q(facts_sha256=""),
                name="the_same_file_once",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def file_bytes(self) -> bytes:
        """The bytes of the file."""
        return self.content.encode()

    @property
    def stored_manifest(self) -> dict[str, Any]:
        """The manifest; empty if something else was made of it."""
        return self.manifest if isinstance(self.manifest, dict) else {}

    @property
    def listed_stale(self) -> set[int] | None:
        """Primary keys of the stale certifications, if it was made before that mark had a history; else None."""
        manifest = self.stored_manifest
        return set(listed_keys(manifest, "stale")) if manifest.get("format") == _WITHOUT_STALE_MARKS else None


def listed_keys(manifest: dict[str, Any], name: str) -> list[int]:
    """Return the primary keys of the certifications in a list of a manifest, whatever was made of it."""
    rows = manifest.get(name)
    lists = [row for row in rows if isinstance(row, list) and row] if isinstance(rows, list) else []
    return [row[0] for row in lists if isinstance(row[0], int)]


class FileCertification(AppendOnlyModel):
    """A certification that counted for a file, in its version then, and how many of its lumisections are in and out."""

    file = models.ForeignKey(GoldenFile, models.PROTECT, related_name="certifications")
    certification = models.ForeignKey(TrackerCertification, models.PROTECT, related_name="golden_files")
    version = models.PositiveIntegerField()
    lumisections_in = models.PositiveIntegerField()
    lumisections_out = models.PositiveIntegerField()

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["file", "certification"], name="a_certification_once_in_a_file")
        ]

    def __str__(self) -> str:
        return f"{self.certification_id} v{self.version}"


class FileVerification(AppendOnlyModel):
    """The outcome of making a file again. `by` is None for a command; `problems`: sentences, what differs or broke."""

    file = models.ForeignKey(GoldenFile, models.PROTECT, related_name="verifications")
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, related_name="+")
    is_equal = models.BooleanField()
    problems = models.JSONField(default=list)

    objects: ClassVar[Any] = AppendOnlyQuerySet.as_manager()

    class Meta:
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.at:%Y-%m-%d %H:%M} UTC, {'equal' if self.is_equal else 'differs'}"
