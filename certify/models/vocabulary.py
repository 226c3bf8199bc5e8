"""The vocabulary of a certification: reasons and problems; and the checklists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Count, OuterRef, Subquery
from django.db.models.functions import Coalesce

from audit.models import AuditOptions
from audit.tracked_model import TrackedModel
from certify.models.choices import ChecklistUse, ReviewChangeKind
from certify.models.history_labels import retirement_values
from infrastructure.markdown import render_markdown
from infrastructure.names import clean_name, name_key

if TYPE_CHECKING:
    from django.utils.safestring import SafeString


class VocabularyTerm(TrackedModel):
    """A term that shifters choose, with its description. Terms form a tree of at most three levels.

    `description` and `what_to_do` are limited Markdown.
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

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Save the term; a new one gets its name without what cannot be seen."""
        if self._state.adding:
            self.name = clean_name(self.name)
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """Refuse a name that looks like that of another term, also in the admin pages."""
        super().clean()
        others = type(self)._default_manager.exclude(pk=self.pk)
        if any(name_key(name) == name_key(self.name) for name in others.values_list("name", flat=True)):
            raise ValidationError({"name": f"There is a term that looks like “{self.name}”. Choose another name."})


class BadReason(VocabularyTerm):
    """Why a component is bad."""


class PixelProblem(VocabularyTerm):
    """A problem of Pixel."""


class StripProblem(VocabularyTerm):
    """A problem of Strip."""


class TrackingProblem(VocabularyTerm):
    """A problem of Tracking."""


class ChecklistQuerySet(models.QuerySet["Checklist"]):
    """QuerySet of checklists."""

    def with_editions(self) -> ChecklistQuerySet:
        """Annotate each checklist with its `edition`: the number of its history rows, at least 1."""
        history = Checklist.history.filter(id=OuterRef("pk")).order_by().values("id")
        written = Subquery(history.annotate(number=Count("*")).values("number"))
        return self.annotate(edition=Coalesce(written, 1))  # type: ignore[no-redef]


TRACKERMAP_CHECKLIST = "trackermap"
GENERAL_CHECKLIST = "general"  # the list that a person goes through once a shift day, with a checkbox


def checkbox_name(identifier: str) -> str:
    """Return the name of the checkbox of a checklist in the form."""
    return f"checklist_{identifier}"


class Checklist(TrackedModel):
    """A checklist for certifying, or one for the week of the shift leader.

    `text` is limited Markdown: the headings are the groups, the lists are the items. Each saved edit is an edition.
    The history counts the editions and stores their texts.
    """

    identifier = models.SlugField(max_length=15, unique=True)
    title = models.CharField(max_length=50, unique=True)
    used = models.CharField(max_length=7, choices=ChecklistUse.choices, default=ChecklistUse.CERTIFY)
    text = models.TextField(blank=True)
    position = models.PositiveSmallIntegerField(default=0)
    is_retired = models.BooleanField(default=False)

    edition: int  # annotated by `with_editions`

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
        """Name of its checkbox in the form."""
        return checkbox_name(self.identifier)

    @property
    def html(self) -> SafeString:
        """Its text rendered to HTML."""
        return render_markdown(self.text)
