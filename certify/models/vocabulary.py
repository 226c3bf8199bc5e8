"""What shifters choose from and go through: reasons, problems, checklists."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from audit.models import AuditOptions
from audit.tracked_model import TrackedModel
from certify.models.choices import ChecklistUse, ReviewChangeKind
from certify.models.history_labels import retirement_values
from infrastructure.markdown import render_markdown

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


class VocabularyTerm(TrackedModel):
    """A word that shifters choose from, with what it means; up to three of them below each other.

    Description and what to do are limited Markdown.
    """

    name = models.CharField(max_length=50, unique=True)
    parent = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="children")
    description = models.TextField(blank=True)
    what_to_do = models.TextField(blank=True)
    parent_id: int | None
    is_retired = models.BooleanField(default=False, help_text="No longer offered; certifications that have it keep it.")

    history = AuditOptions(
        kind=ReviewChangeKind.VOCABULARY,
        reverse_create=retirement_values,
        labels={"is_retired": "retired", "parent": "below", "what_to_do": "what to do"},
        inherit=True,
    )

    class Meta:
        abstract = True
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class BadReason(VocabularyTerm):
    """Why a component is bad."""


class PixelProblem(VocabularyTerm):
    """Something seen in Pixel."""


class StripProblem(VocabularyTerm):
    """Something seen in Strip."""


class TrackingProblem(VocabularyTerm):
    """Something seen in Tracking."""


class ChecklistQuerySet(models.QuerySet["Checklist"]):
    """Checklists by what one asks of them."""

    def with_editions(self) -> ChecklistQuerySet:
        """Each with its `edition`: how often it has been written, by its history."""
        history = Checklist.history.filter(id=OuterRef("pk")).order_by().values("id")
        written = Subquery(history.annotate(number=Count("*")).values("number"))
        return self.annotate(edition=Coalesce(written, 1))  # type: ignore[no-redef]


def checkbox_name(identifier: str) -> str:
    """Name of a checklist's box in the form."""
    return f"checklist_{identifier}"


class Checklist(TrackedModel):
    """A list that a shifter has gone through before certifying; its box must be ticked.

    Or one that a shift leader goes through. `text` is limited Markdown: its headings are the groups, its lists the
    items. Each saved edit is an edition; editions are counted, and read again, in the history.
    """

    identifier = models.SlugField(max_length=15, unique=True)
    title = models.CharField(max_length=50, unique=True)
    used = models.CharField(max_length=7, choices=ChecklistUse.choices, default=ChecklistUse.CERTIFY)
    text = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_retired = models.BooleanField(default=False)

    edition: int  # where it was asked for: `with_editions`

    objects = ChecklistQuerySet.as_manager()
    history = AuditOptions(
        kind=ReviewChangeKind.VOCABULARY, reverse_create=retirement_values, labels={"is_retired": "retired"}
    )

    class Meta:
        ordering = ("position", "identifier")

    def __str__(self) -> str:
        return self.title

    @property
    def checkbox_name(self) -> str:
        """Name of its box in the form."""
        return checkbox_name(self.identifier)

    @property
    def html(self) -> SafeString:
        """Its text, rendered."""
        return render_markdown(self.text)
