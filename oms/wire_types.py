"""Facts of a run and of a fill as parsed from OMS. The names are those of the columns of `OmsRun` and `OmsFill`.

Units: luminosity 1/pb, instantaneous 10^34 cm^-2 s^-1, energy GeV, field T, times UTC, duration s. None: not reported.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from oms.choices import RunType

if TYPE_CHECKING:
    from datetime import datetime

RawValues = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class RunFacts:
    """One run. `run_type` is derived (rules: "Run type"); `raw_values` is {attribute: {value, unit}} as sent by OMS."""

    run_number: int
    run_type: RunType = RunType.UNKNOWN
    fill_number: int | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    last_update: datetime | None = None
    duration: float | None = None
    era: str | None = None
    sequence: str | None = None
    stable_beam: bool | None = None
    energy: float | None = None
    b_field: float | None = None
    lumisections: int | None = None
    delivered_lumi: float | None = None
    recorded_lumi: float | None = None
    init_lumi: float | None = None
    end_lumi: float | None = None
    fill_type_runtime: str | None = None
    fill_type_party1: str | None = None
    fill_type_party2: str | None = None
    components: list[str] | None = None
    hlt_key: str | None = None
    l1_hlt_mode: str | None = None
    l1_hlt_mode_stripped: str | None = None
    trigger_mode: str | None = None
    l1_key: str | None = None
    l1_key_stripped: str | None = None
    l1_menu: str | None = None
    l1_rate: float | None = None
    l1_triggers_counter: int | None = None
    hlt_physics_counter: int | None = None
    hlt_physics_rate: float | None = None
    hlt_physics_size: float | None = None
    hlt_physics_throughput: float | None = None
    initial_prescale_index: int | None = None
    clock_type: str | None = None
    cmssw_version: str | None = None
    tier0_transfer: bool | None = None
    raw_values: RawValues = field(default_factory=dict)


@dataclass(frozen=True)
class FillFacts:
    """One LHC fill. `raw_values` is {attribute: {value, unit}} as sent by OMS."""

    fill_number: int
    era: str | None = None
    start_time: datetime | None = None
    end_time: datetime | None = None
    start_stable_beam: datetime | None = None
    end_stable_beam: datetime | None = None
    duration: float | None = None
    fill_type_runtime: str | None = None
    fill_type_party1: str | None = None
    fill_type_party2: str | None = None
    energy: float | None = None
    b_field: float | None = None
    injection_scheme: str | None = None
    bunches_beam1: int | None = None
    bunches_beam2: int | None = None
    bunches_colliding: int | None = None
    bunches_target: int | None = None
    intensity_beam1: float | None = None
    intensity_beam2: float | None = None
    crossing_angle: float | None = None
    beta_star_start: float | None = None
    beta_star_stop: float | None = None
    init_lumi: float | None = None
    peak_lumi: float | None = None
    peak_pileup: float | None = None
    peak_specific_lumi: float | None = None
    delivered_lumi: float | None = None
    recorded_lumi: float | None = None
    efficiency_lumi: float | None = None
    efficiency_time: float | None = None
    downtime: float | None = None
    first_run_number: int | None = None
    last_run_number: int | None = None
    raw_values: RawValues = field(default_factory=dict)
