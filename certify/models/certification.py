"""Certifications, the reconstructions that they are about, and datasets."""

from __future__ import annotations

import uuid
from typing import TYPE_CHECKING, cast

from django.conf import settings
from django.db import models
from django.db.models import Q

from audit.models import AppendOnlyModel, AuditOptions, Change
from audit.tracked_model import TrackedModel
from certify.models.certification_queries import INCOMPLETE, CertificationManager, CertificationQuerySet
from certify.models.choices import (
    CertificationChangeKind,
    CertificationState,
    ConfirmationCode,
    Flag,
    Reconstruction,
    ReviewChangeKind,
    TrackerMap,
)
from certify.models.components import FLAG_COLUMNS, FLAG_FIELDS, RANGES_FIELDS, Component
from certify.models.history_labels import (
    CERTIFICATION_LABELS,
    CHANGED_WITHOUT_HISTORY,
    REFERENCE_LABELS,
    withdrawal_values,
)
from certify.models.lumisections_out import ranges_facts
from certify.models.run_facts import RunFactsMixin
from certify.models.verdict import verdict_in_sql
from certify.models.vocabulary import BadReason, PixelProblem, StripProblem, TrackingProblem, VocabularyTerm
from infrastructure.number_ranges import format_ranges
from oms.choices import RunType
from oms.formatting import lumi_text
from oms.models import OmsRun

if TYPE_CHECKING:
    from collections.abc import Collection

    from users.models import User


MAX_DATASET_LENGTH = 150
MAX_COMMENT_LENGTH = 100_000  # characters; enforced by browsers, and far below the size limit of requests


def _ranges_text(ranges: list[list[int]]) -> str:
    return format_ranges((first, last) for first, last in ranges) or "none"


def _confirmed_text(codes: list[str]) -> str:
    labels = dict(ConfirmationCode.choices)
    return "; ".join(labels.get(code, code) for code in codes) or "none"


def _choice_constraints(choices: type[models.TextChoices], *fields: str) -> list[models.CheckConstraint]:
    """Return one check constraint per field: the database refuses values that are not among the choices."""
    return [
        models.CheckConstraint(condition=Q(**{f"{field}__in": choices.values}), name=f"%(class)s_{field}_is_known")
        for field in fields
    ]


class Dataset(AppendOnlyModel):
    """A dataset of Run Registry, such as /PromptReco/Collisions2018A/DQM. Its name never changes."""

    name = models.CharField(max_length=MAX_DATASET_LENGTH, unique=True)

    class Meta:
        ordering = ("name",)

    def __str__(self) -> str:
        return self.name


class RunReconstruction(TrackedModel):
    """One reconstruction of one run. It can be certified, and it can serve as a reference."""

    run = models.ForeignKey(OmsRun, models.PROTECT, related_name="reconstructions")
    reconstruction = models.CharField(max_length=8, choices=Reconstruction.choices)
    is_reference = models.BooleanField(default=False, db_index=True)
    reference_reason = models.TextField(blank=True)
    reference_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    reference_since = models.DateTimeField(null=True, blank=True)
    successor = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="+")

    history = AuditOptions(
        kind=ReviewChangeKind.ADOPT,
        row_label="reference",
        lock_order=3,
        untracked=("run", "reconstruction"),
        labels=REFERENCE_LABELS,
    )

    class Meta:
        ordering = ("-run_id", "reconstruction")
        constraints = [
            models.UniqueConstraint(fields=["run", "reconstruction"], name="one_row_per_run_and_reconstruction"),
            *_choice_constraints(Reconstruction, "reconstruction"),
        ]

    def __str__(self) -> str:
        return f"{self.run_id} {self.reconstruction}"

    @property
    def run_number(self) -> int:
        return self.run_id


class TrackerCertification(RunFactsMixin, TrackedModel):
    """A person's certification of one reconstruction of one run.

    `run_type`, `lumisections` and `recorded_lumi` (1/pb) are the facts that the verdict and the reports depend on, as
    they were when the certification was made. `facts` stores all facts with their sources (OMS, Run Registry, typed).
    `verdict_word` is a generated column, so that counts and filters by verdict can use an index. `version` grows by
    one with each change. `objects` excludes practice, the certifications of people in training; `everything` includes
    it. `pixel_ranges` and so on: the bad lumisections of a component that is good, [[first, last]], both included;
    sorted, disjoint, merged where they touch. PostgreSQL refuses others. `ranges_facts` follows from them.
    """

    runreconstruction = models.ForeignKey(RunReconstruction, models.PROTECT, related_name="certifications")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="certifications")
    dataset = models.ForeignKey(Dataset, models.PROTECT, null=True, blank=True, related_name="certifications")
    is_dataset_verified = models.BooleanField(default=True, help_text="Run Registry knew the dataset when it was made.")
    reference_runreconstruction = models.ForeignKey(
        RunReconstruction, models.PROTECT, related_name="certifications_resting_on_it"
    )

    pixel = models.CharField(max_length=8, choices=Flag.choices)
    strip = models.CharField(max_length=8, choices=Flag.choices)
    tracking = models.CharField(max_length=8, choices=Flag.choices)
    pixel_lowstat = models.BooleanField(default=False)
    strip_lowstat = models.BooleanField(default=False)
    tracking_lowstat = models.BooleanField(default=False)
    pixel_ranges = models.JSONField(default=list, blank=True)
    strip_ranges = models.JSONField(default=list, blank=True)
    tracking_ranges = models.JSONField(default=list, blank=True)
    ranges_facts = models.JSONField(
        default=dict, blank=True, help_text="What OMS says of the lumisections in the ranges."
    )
    trackermap = models.CharField(max_length=7, choices=TrackerMap.choices)
    pixel_problems = models.ManyToManyField(PixelProblem, blank=True, related_name="certifications")
    strip_problems = models.ManyToManyField(StripProblem, blank=True, related_name="certifications")
    tracking_problems = models.ManyToManyField(TrackingProblem, blank=True, related_name="certifications")
    bad_reason = models.ForeignKey(BadReason, models.PROTECT, null=True, blank=True, related_name="certifications")
    comment = models.TextField(blank=True)
    like_express = models.BooleanField(
        default=False, help_text="Flags taken over from the express certification of the run, not judged."
    )
    date = models.DateField(help_text="The shift day (UTC) that reports count it under.")

    external_info_complete = models.BooleanField(default=False, help_text="Run Registry and OMS both answered.")
    lumisections_seen = models.BooleanField(
        default=True, help_text="Saved with the detector bits of the run, or they have been read since."
    )
    run_type = models.CharField(max_length=10, choices=RunType.choices, default=RunType.UNKNOWN)
    lumisections = models.IntegerField(null=True, blank=True)
    recorded_lumi = models.FloatField(null=True, blank=True)
    verdict_word = models.GeneratedField(
        expression=verdict_in_sql(), output_field=models.CharField(max_length=9), db_persist=True
    )
    facts = models.JSONField(default=dict, blank=True)
    confirmed = models.JSONField(default=list, blank=True, help_text="Codes of the questions that were confirmed.")

    stale = models.JSONField(
        default=list, blank=True, help_text="{fact, was, now} of each fact that has changed since."
    )
    stale_since = models.DateTimeField(
        null=True, blank=True, help_text="When the first of them was seen to have (UTC)."
    )

    is_practice = models.BooleanField(default=False, db_index=True, editable=False, help_text="Made in training.")
    state = models.CharField(max_length=9, choices=CertificationState.choices, default=CertificationState.LIVE)
    withdrawn_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_reason = models.TextField(blank=True)

    version = models.PositiveIntegerField(default=1)
    idempotency_key = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, null=True, blank=True, related_name="+")
    change_reason = models.TextField(blank=True, help_text="Why somebody else than the owner changed it last.")

    objects = CertificationManager()
    everything = CertificationQuerySet.as_manager()
    history = AuditOptions(
        kind=CertificationChangeKind.AMEND,
        row_label="certification",
        lock_order=4,
        conflict_label="another live certification of this reconstruction",
        exclude=("verdict_word", "stale", "stale_since"),  # derived from other stored values
        untracked=("runreconstruction", *CHANGED_WITHOUT_HISTORY),
        omit_on_create=("facts",),
        owner="user_id",
        permission_fields=("is_practice",),
        changed_by_migration=("external_info_complete",),
        changed_without_history=CHANGED_WITHOUT_HISTORY,
        digested_names=("dataset__name", "runreconstruction__run_id", "runreconstruction__reconstruction"),
        reverse_create=withdrawal_values,
        labels=CERTIFICATION_LABELS,
        shown_first=FLAG_COLUMNS,
        formatters={
            "recorded_lumi": lumi_text,
            "confirmed": _confirmed_text,
            **dict.fromkeys(RANGES_FIELDS, _ranges_text),
        },
        bases=(RunFactsMixin,),
    )

    class Meta:
        ordering = ("-date", "-pk")
        constraints = [
            models.UniqueConstraint(
                fields=["runreconstruction"],
                condition=Q(state=CertificationState.LIVE, is_practice=False),
                name="one_live_certification",
            ),
            models.UniqueConstraint(
                fields=["runreconstruction", "user"],
                condition=Q(state=CertificationState.LIVE, is_practice=True),
                name="one_practice_per_person",
            ),
            models.CheckConstraint(
                condition=Q(state=CertificationState.LIVE)
                | (
                    Q(state=CertificationState.WITHDRAWN, withdrawn_by__isnull=False, withdrawn_at__isnull=False)
                    & ~Q(withdrawn_reason="")
                ),
                name="withdrawn_with_who_when_why",
            ),
            *_choice_constraints(Flag, *FLAG_FIELDS),
            *_choice_constraints(TrackerMap, "trackermap"),
            *_choice_constraints(RunType, "run_type"),
        ]
        indexes = [
            models.Index(fields=["state", "-date", "-id"], name="certification_by_day"),
            models.Index(fields=["user", "-date"], name="certification_by_person"),
            models.Index(fields=["state", "is_practice", "verdict_word"], name="certification_by_verdict"),
            models.Index(fields=["date"], condition=INCOMPLETE, name="certification_incomplete"),
            models.Index(fields=["date"], condition=Q(stale_since__isnull=False), name="certification_stale"),
        ]

    def __str__(self) -> str:
        return str(self.runreconstruction)

    @property
    def training_of(self) -> int | None:
        """Primary key of the user whose practice it is, or None if it counts."""
        return self.user_id if self.is_practice else None

    @property
    def is_stale(self) -> bool:
        return self.stale_since is not None

    @property
    def people(self) -> str:
        """Return "shifter2", or "shifter2, changed by leader" if another person changed it last."""
        editor = self.updated_by
        changed = f", changed by {editor.display_name}" if editor and editor != self.user else ""
        return f"{self.user.display_name}{changed}"

    def touch(self, actor: User, reason: str, fields: Collection[str] = ()) -> None:
        """Increment the version, set who changed it and why, and what follows from the changed fields.

        The caller saves these fields with its own.
        """
        if not {*RANGES_FIELDS, "run_type"}.isdisjoint(fields):
            self.set_ranges_facts()
        if not {*FLAG_COLUMNS}.isdisjoint(fields):
            self.lumisections_seen = False  # until what restored the flags has looked
        self.version += 1
        self.updated_by, self.change_reason = actor, reason

    def set_ranges_facts(self) -> None:
        """Set what OMS says now of the lumisections in the ranges."""
        self.ranges_facts = ranges_facts(self.run_number, self.run_type, self.component_flags)

    def can_undo(self, actor: User, change: Change, fields: Collection[str]) -> bool:
        """Whether `actor` may undo `change`. Owner and confirmed stale facts are for shift leaders only."""
        is_for_leaders = change.kind == ReviewChangeKind.CONFIRM or "user" in fields
        return actor.may_change_others if is_for_leaders else self.may_be_changed_by(actor)

    def may_be_changed_by(self, person: User) -> bool:
        """Whether `person` may change it: the owner, if still a shifter, and shift leaders unless it is practice."""
        may_change_any = person.may_change_others and not self.is_practice
        return may_change_any or (person.may_certify and self.user_id == person.pk)


def problem_model(component: Component) -> type[VocabularyTerm]:
    """Return the vocabulary model of the problems of this component."""
    return cast("type[VocabularyTerm]", TrackerCertification._meta.get_field(component.problems_field).related_model)
