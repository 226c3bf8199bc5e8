"""Runs and fills as OMS reports them, with the values that users typed where OMS reported none.

The columns mirror OMS and have no value constraints, because OMS reports values such as negative bunch counts and an
energy of 0. Units: luminosity in 1/pb, instantaneous luminosity in 10^34 cm^-2 s^-1, energy in GeV, field in T, times
in UTC, duration in s. `reported` stores values with the unit that OMS gave.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db import models
from django.utils.dateparse import parse_datetime

from audit.models import AuditOptions, Change
from audit.tracked_model import TrackedModel
from oms.choices import FactsChangeKind, RunType, SourceKind
from oms.formatting import inst_lumi_text, lumi_text

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime


@dataclass(frozen=True)
class Source:
    """Source of one attribute's value: its kind, the account name of the user who typed it, and the time (UTC)."""

    kind: SourceKind
    by: str = ""
    at: datetime | None = None


def _mirror_history(lock_order: int) -> AuditOptions:
    """Return options that record typed values only: the OMS mirror writes without history.

    `typed` is recorded by its keys, so that each attribute has its own change.
    """
    integrated, instantaneous = ("recorded_lumi", "delivered_lumi"), ("init_lumi", "end_lumi", "peak_lumi")
    texts = dict.fromkeys(integrated, lumi_text) | dict.fromkeys(instantaneous, inst_lumi_text)
    return AuditOptions(
        kind=FactsChangeKind.FACTS,
        lock_order=lock_order,
        untracked=("fetched_at", "reported"),
        json_keys=("typed",),
        formatters=texts,
    )


class OmsMirrorModel(TrackedModel):
    """A mirrored row of OMS that knows the source of each attribute. `DERIVED` names attributes computed here."""

    DERIVED: frozenset[str] = frozenset()

    fetched_at = models.DateTimeField(null=True, blank=True, help_text="When OMS last answered for this row (UTC).")
    reported = models.JSONField(default=dict, blank=True, help_text="attribute: {value, unit} as OMS reported it.")
    typed = models.JSONField(default=dict, blank=True, help_text="attribute: {by, at} where a person's value stands.")

    class Meta:
        abstract = True

    def can_undo(self, actor: Any, change: Change, _fields: Collection[str]) -> bool:
        """Return whether the actor typed the value or may change the entries of others."""
        return bool(actor.may_change_others or (actor.may_certify and change.by_id == actor.pk))

    def source_of(self, attribute: str) -> Source:
        """Return where the value of `attribute` comes from."""
        if entry := self.typed.get(attribute):
            return Source(SourceKind.TYPED, entry["by"], parse_datetime(entry["at"]))
        if getattr(self, attribute) in (None, "", RunType.UNKNOWN):
            return Source(SourceKind.NONE, at=self.fetched_at)
        kind = SourceKind.DERIVED if attribute in self.DERIVED else SourceKind.OMS
        return Source(kind, at=self.fetched_at)


class OmsFill(OmsMirrorModel):
    """One LHC fill."""

    fill_number = models.PositiveIntegerField(primary_key=True)
    era = models.TextField(null=True, blank=True)
    start_time = models.DateTimeField(null=True, blank=True)
    end_time = models.DateTimeField(null=True, blank=True)
    start_stable_beam = models.DateTimeField(null=True, blank=True)
    end_stable_beam = models.DateTimeField(null=True, blank=True)
    duration = models.FloatField(null=True, blank=True)
    fill_type_runtime = models.TextField(null=True, blank=True)
    fill_type_party1 = models.TextField(null=True, blank=True)
    fill_type_party2 = models.TextField(null=True, blank=True)
    energy = models.FloatField(null=True, blank=True)
    b_field = models.FloatField(null=True, blank=True)
    injection_scheme = models.TextField(null=True, blank=True)
    bunches_beam1 = models.IntegerField(null=True, blank=True)
    bunches_beam2 = models.IntegerField(null=True, blank=True)
    bunches_colliding = models.IntegerField(null=True, blank=True)
    bunches_target = models.IntegerField(null=True, blank=True)
    intensity_beam1 = models.FloatField(null=True, blank=True)
    intensity_beam2 = models.FloatField(null=True, blank=True)
    crossing_angle = models.FloatField(null=True, blank=True)
    beta_star_start = models.FloatField(null=True, blank=True)
    beta_star_stop = models.FloatField(null=True, blank=True)
    init_lumi = models.FloatField(null=True, blank=True)
    peak_lumi = models.FloatField(null=True, blank=True)
    peak_pileup = models.FloatField(null=True, blank=True)
    peak_specific_lumi = models.FloatField(null=True, blank=True)
    delivered_lumi = models.FloatField(null=True, blank=True)
    recorded_lumi = models.FloatField(null=True, blank=True)
    efficiency_lumi = models.FloatField(null=True, blank=True)
    efficiency_time = models.FloatField(null=True, blank=True)
    downtime = models.FloatField(null=True, blank=True)
    first_run_number = models.IntegerField(null=True, blank=True)
    last_run_number = models.IntegerField(null=True, blank=True)

    history = _mirror_history(lock_order=1)

    class Meta:
        verbose_name = "OMS fill"

    def __str__(self) -> str:
        return str(self.fill_number)


class OmsRun(OmsMirrorModel):
    """One run of the detector.

    `fill_number` is what OMS reports for the run; `fill` is set as soon as the fill itself is stored.
    `lumisections` is OMS's last_lumisection_number: the last *active* lumisection.
    """

    DERIVED = frozenset({"run_type"})

    run_number = models.PositiveIntegerField(primary_key=True)
    run_type = models.CharField(max_length=10, choices=RunType.choices, default=RunType.UNKNOWN, db_index=True)
    fill_number = models.IntegerField(null=True, blank=True)
    fill = models.ForeignKey(OmsFill, models.PROTECT, null=True, blank=True, related_name="runs")
    start_time = models.DateTimeField(null=True, blank=True)
    end_time = models.DateTimeField(null=True, blank=True)
    last_update = models.DateTimeField(null=True, blank=True)
    duration = models.FloatField(null=True, blank=True)
    era = models.TextField(null=True, blank=True)
    sequence = models.TextField(null=True, blank=True)
    stable_beam = models.BooleanField(null=True, blank=True)
    energy = models.FloatField(null=True, blank=True)
    b_field = models.FloatField(null=True, blank=True)
    lumisections = models.IntegerField(null=True, blank=True)
    delivered_lumi = models.FloatField(null=True, blank=True)
    recorded_lumi = models.FloatField(null=True, blank=True)
    init_lumi = models.FloatField(null=True, blank=True)
    end_lumi = models.FloatField(null=True, blank=True)
    fill_type_runtime = models.TextField(null=True, blank=True)
    fill_type_party1 = models.TextField(null=True, blank=True)
    fill_type_party2 = models.TextField(null=True, blank=True)
    components = models.JSONField(null=True, blank=True, help_text="Names of the detectors that took part.")
    hlt_key = models.TextField(null=True, blank=True)
    l1_hlt_mode = models.TextField(null=True, blank=True)
    l1_hlt_mode_stripped = models.TextField(null=True, blank=True)
    trigger_mode = models.TextField(null=True, blank=True)
    l1_key = models.TextField(null=True, blank=True)
    l1_key_stripped = models.TextField(null=True, blank=True)
    l1_menu = models.TextField(null=True, blank=True)
    l1_rate = models.FloatField(null=True, blank=True)
    l1_triggers_counter = models.BigIntegerField(null=True, blank=True)
    hlt_physics_counter = models.BigIntegerField(null=True, blank=True)
    hlt_physics_rate = models.FloatField(null=True, blank=True)
    hlt_physics_size = models.FloatField(null=True, blank=True)
    hlt_physics_throughput = models.FloatField(null=True, blank=True)
    initial_prescale_index = models.IntegerField(null=True, blank=True)
    clock_type = models.TextField(null=True, blank=True)
    cmssw_version = models.TextField(null=True, blank=True)
    tier0_transfer = models.BooleanField(null=True, blank=True)

    history = _mirror_history(lock_order=2)

    class Meta:
        verbose_name = "OMS run"

    def __str__(self) -> str:
        return str(self.run_number)
