"""The outbox: what a person confirmed for Run Registry, write by write, and what became of each."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar, Literal

from django.conf import settings
from django.db import models
from django.db.models import Max, Q
from django.utils import timezone

from audit.models import AuditOptions
from audit.tracked_model import TrackedModel
from certify.models import TrackerCertification
from infrastructure.number_ranges import format_ranges
from registry.flag_ranges import FlagRange, FlagTriplet
from registry_sync.choices import EFFECTIVE, UNFINISHED, WRITTEN, SendingPurpose, SyncChangeKind, WriteState

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from audit.models import Change


class SendingQuerySet(models.QuerySet["Sending"]):
    """Queries for sendings."""

    def unfinished(self) -> SendingQuerySet:
        """Return those with a write whose outcome is not final, oldest first."""
        return self.filter(writes__state__in=UNFINISHED).distinct().order_by("pk")

    def changed_since(self) -> SendingQuerySet:
        """Return those instead of which Run Registry has something else now, as of the last pull."""
        changed_writes = RegistryWrite.objects.changed_since().values("sending")
        return self.filter(Q(pk__in=changed_writes) | ~Q(changed_since=""))

    def latest_of_datasets(self) -> SendingQuerySet:
        """Return the last sending to each dataset."""
        latest = self.order_by().values("run_number", "registry_name").annotate(latest=Max("pk"))
        return self.filter(pk__in=latest.values("latest"))

    def with_names(self) -> SendingQuerySet:
        """Return them with certification, person and writes: two queries."""
        related = ("certification__runreconstruction", "certification__user", "confirmed_by", "undoes")
        return self.select_related(*related).prefetch_related("writes")


class Sending(TrackedModel):
    """What a person confirmed to be written about one version of one certification.

    `registry_version`: the version of the dataset that the plan was made on. `changed_since`: what the last pull found
    instead of the flags that were read and did not have to be written, or that the dataset is hidden; empty if neither.
    """

    certification = models.ForeignKey(TrackerCertification, models.PROTECT, related_name="sendings")
    version = models.PositiveIntegerField()
    purpose = models.CharField(max_length=8, choices=SendingPurpose.choices, default=SendingPurpose.CERTIFY)
    run_number = models.PositiveIntegerField()
    registry_name = models.TextField(help_text="The name of the dataset in Run Registry.")
    registry_state = models.TextField(help_text="The state of the dataset that the plan was made on.")
    registry_version = models.BigIntegerField()
    flags_read = models.JSONField(
        default=dict, help_text="{component: [[first, last, status]]} that the plan was made on."
    )
    last_lumisection = models.PositiveIntegerField(help_text="Of the run, as OMS gives it.")
    confirmed_by = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    confirmed_at = models.DateTimeField(default=timezone.now)
    undoes = models.ForeignKey("self", models.PROTECT, null=True, blank=True, related_name="undoings")
    changed_since = models.TextField(blank=True)

    objects: ClassVar[SendingQuerySet] = SendingQuerySet.as_manager()  # type: ignore[assignment]
    history = AuditOptions(
        kind=SyncChangeKind.SEND,
        row_label="sending to Run Registry",
        lock_order=6,
        exclude=("changed_since",),
        untracked=("certification", "confirmed_by", "confirmed_at", "undoes", "flags_read"),
    )

    class Meta:
        ordering = ("-pk",)
        indexes: ClassVar = [
            models.Index(fields=["id"], condition=~Q(changed_since=""), name="sending_changed_since"),
            models.Index(fields=["run_number", "registry_name"], name="sending_by_dataset"),
        ]

    def __str__(self) -> str:
        return f"{self.certification} v{self.version}"

    @property
    def is_finished(self) -> bool:
        """Return whether the outcome of each write is final."""
        return all(write.is_finished for write in self.writes.all())

    @property
    def is_done(self) -> bool:
        """Return whether each write is in effect."""
        return all(write.state in EFFECTIVE for write in self.writes.all())

    @property
    def has_conflict(self) -> bool:
        """Return whether a write met something else than it was planned on."""
        return any(write.state == WriteState.CONFLICT for write in self.writes.all())

    @property
    def can_be_undone(self) -> bool:
        """Return whether it is finished and has written flags, which may have been changed since."""
        return self.is_finished and any(write.state in WRITTEN and not write.is_move for write in self.writes.all())

    @property
    def progress_text(self) -> str:
        """Return how far it is, such as "2 of 3 done, being sent"; "0 of 3 done, waiting" before the first request."""
        writes = list(self.writes.all())
        text = f"{sum(write.state in EFFECTIVE for write in writes)} of {len(writes)} done"
        if settings.REGISTRY_SYNC != "on":
            unfinished = ", not sent while sending is switched off"
        else:
            unfinished = ", being sent" if any(write.is_begun for write in writes) else ", waiting"
        text += unfinished if any(not write.is_finished for write in writes) else ""
        is_changed = bool(self.changed_since) or any(write.changed_since for write in writes)
        return f"{text}, changed since" if is_changed else text

    def can_undo(self, _actor: Any, _change: Change, _fields: Collection[str]) -> bool:
        """What was sent is undone on its receipt, by another sending."""
        return False


class RegistryWriteQuerySet(models.QuerySet["RegistryWrite"]):
    """Queries for writes."""

    def changed_since(self) -> RegistryWriteQuerySet:
        """Return those instead of which Run Registry has something else now."""
        return self.exclude(changed_since="")


class RegistryWrite(models.Model):
    """One request of a sending: the flag of a range of lumisections, or the move of a state.

    `component` is empty for a move, which has `state_from` and `state_to` instead of a range. `before`: the flags that
    are replaced, [[first, last, status, comment, cause]]. `found`: the same as read when it was a conflict, of a
    move [state].
    `registry_version`: of the write in the history of Run Registry. `answer`: its words, or why nothing was written.
    `changed_since`: what the last pull found there instead, who set it and when; empty if it is still there.
    """

    sending = models.ForeignKey(Sending, models.CASCADE, related_name="writes")
    position = models.PositiveSmallIntegerField()
    component = models.CharField(max_length=8, blank=True)
    first = models.PositiveIntegerField(null=True, blank=True)
    last = models.PositiveIntegerField(null=True, blank=True)
    status = models.TextField(blank=True)
    comment = models.TextField(blank=True)
    cause = models.TextField(blank=True)
    before = models.JSONField(default=list, blank=True)
    state_from = models.TextField(blank=True)
    state_to = models.TextField(blank=True)

    state = models.CharField(max_length=8, choices=WriteState.choices, default=WriteState.PLANNED, db_index=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)
    registry_version = models.BigIntegerField(null=True, blank=True)
    answer = models.TextField(blank=True)
    found = models.JSONField(default=list, blank=True)
    changed_since = models.TextField(blank=True)

    objects: ClassVar[RegistryWriteQuerySet] = RegistryWriteQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        ordering = ("sending", "position")
        indexes: ClassVar = [
            models.Index(fields=["sending"], condition=~Q(changed_since=""), name="registry_write_changed_since")
        ]
        verbose_name, verbose_name_plural = "write to Run Registry", "writes to Run Registry"
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["sending", "position"], name="one_write_at_a_position"),
            models.CheckConstraint(
                condition=Q(component="", first=None, last=None) | Q(first__gte=1, last__gte=models.F("first")),
                name="range_of_a_write_begins_at_1",
            ),
        ]

    def __str__(self) -> str:
        if self.is_move:
            return f"state {self.state_from} → {self.state_to}"
        return f"{self.component} {self.lumisections} {self.status}"

    @property
    def request(self) -> tuple[Any, ...]:
        """Return what is requested of Run Registry, without what became of it."""
        return (self.component, self.first, self.last, *self.triplet, self.state_from, self.state_to)

    @property
    def is_move(self) -> bool:
        return not self.component

    @property
    def lumisections(self) -> str:
        """Return the range as text, such as "310-330"."""
        return "" if self.first is None or self.last is None else format_ranges([(self.first, self.last)])

    @property
    def was_text(self) -> str:
        """Return what is replaced, such as "GOOD" or "GOOD 310-320, NOTSET 321-330"."""
        if self.is_move:
            return self.state_from
        return _flags_text(self.before_ranges)

    @property
    def found_text(self) -> str:
        """Return what was there instead in a conflict, such as "BAD 320-325 “FED 401”"; empty if it is not known."""
        return "".join(self.found) if self.is_move else _flags_text(flag_ranges_from(self.found), with_comments=True)

    @property
    def triplet(self) -> FlagTriplet:
        """Return the flag that is written."""
        return FlagTriplet(self.status, self.comment, self.cause)

    @property
    def before_ranges(self) -> list[FlagRange]:
        """Return the flags that are replaced."""
        return flag_ranges_from(self.before)

    @property
    def is_in_effect(self) -> bool:
        """Return whether Run Registry has it: written and read back, or there already."""
        return self.state in (*EFFECTIVE, *WRITTEN)

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED

    @property
    def is_begun(self) -> bool:
        """Return whether anything of it was requested of Run Registry, or nothing had to be."""
        return bool(self.attempts) or self.is_finished


class RegistryPull(models.Model):
    """How far the changes of Run Registry have been read: one row.

    `version`: the highest version; `known`: the datasets, [[run, name]], that have it; `again`: those that were being
    written to, which are compared by the next pull. `listed_upto`: the last run whose datasets were looked for.
    """

    version = models.BigIntegerField()
    known = models.JSONField(default=list, blank=True)
    again = models.JSONField(default=list, blank=True)
    read_at = models.DateTimeField(null=True, blank=True)
    listed_upto = models.PositiveIntegerField(default=0)

    class Meta:
        verbose_name, verbose_name_plural = "reading of changes in Run Registry", "readings of changes in Run Registry"

    def __str__(self) -> str:
        return f"version {self.version}"

    def dataset_names(self, field: Literal["known", "again"]) -> set[tuple[int, str]]:
        """Return the datasets of a field as (run, name)."""
        return {(number, name) for number, name in getattr(self, field)}


def _flags_text(flags: Sequence[FlagRange], *, with_comments: bool = False) -> str:
    return ", ".join(
        f"{status}{f' {format_ranges([(first, last)])}' if len(flags) > 1 else ''}"
        f"{f' “{comment}”' if with_comments and comment else ''}"
        for first, last, (status, comment, _) in flags
    )


def flag_ranges_from(stored: list[list[Any]]) -> list[FlagRange]:
    """Return flags from their stored form, [[first, last, status, comment, cause]]."""
    return [FlagRange(first, last, FlagTriplet(*triplet)) for first, last, *triplet in stored]


def stored_flag_ranges_of(flags: Collection[FlagRange]) -> list[list[Any]]:
    """Return the form in which flags are stored."""
    return [[flag.first, flag.last, *flag.triplet] for flag in flags]
