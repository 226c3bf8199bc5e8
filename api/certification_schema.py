"""A certification in the API: the fields of the exports with the same names, and the facts frozen with it."""

import datetime as dt
from typing import Any

from ninja import Field, Schema
from pydantic import create_model

from certify.models.choices import CertificationState, Flag, Reconstruction, TrackerMap, Verdict
from certify.models.components import Component
from oms.choices import RunType

Ranges = list[tuple[int, int]]
_RANGES_HELP = "bad lumisections of the component where it is good otherwise: [[first, last]], both included"


def _fields_of(component: Component) -> dict[str, Any]:
    return {
        component.flag_field: (Flag, Field(description=f"flag of {component.label}")),
        component.lowstat_field: (bool, Field(description="whether its statistics were low")),
        component.ranges_field: (Ranges, Field(description=_RANGES_HELP)),
        component.problems_field: (list[str], Field(description="names of its problems")),
    }


_Components: Any = create_model(
    "Components",
    __base__=Schema,
    **{name: field for component in Component for name, field in _fields_of(component).items()},
)


class Certification(_Components):
    """A person's certification of one reconstruction of one run."""

    id: int
    run_number: int
    reconstruction: Reconstruction
    run_type: RunType
    dataset: str | None = Field(description="dataset of Run Registry; null if it named none")
    is_dataset_verified: bool = Field(description="whether Run Registry knew the dataset")
    reference_run_number: int
    reference_reconstruction: Reconstruction
    is_reference: bool = Field(description="whether it is a reference itself")
    fill_number: int | None
    run_start_time_utc: dt.datetime | None
    lumisections: int | None = Field(description="last active lumisection")
    recorded_lumi_per_pb: float | None
    verdict: Verdict
    lumisections_out: int = Field(description="lumisections that its ranges take out")
    lumi_out_per_pb: float | None = Field(description="luminosity in them; null unless it is known of all")
    like_express: bool = Field(description="whether its flags are those of the express certification, not judged")
    trackermap: TrackerMap
    bad_reason: str | None
    comment: str
    date: dt.date = Field(description="shift day (UTC)")
    user: str = Field(description="account name of the shifter")
    external_info_complete: bool = Field(description="whether Run Registry and OMS both answered")
    lumisections_seen: bool = Field(description="whether it was saved with the detector bits, or they came later")
    confirmed: list[str] = Field(description="codes of the questions that were confirmed")
    is_stale: bool = Field(description="whether a fact on which it rests has changed since")
    stale: list[str] = Field(description="the facts that have, with both values")
    stale_since_utc: dt.datetime | None
    state: CertificationState
    withdrawn_by: str | None
    withdrawn_at_utc: dt.datetime | None
    withdrawn_reason: str
    version: int = Field(description="grows by one with each change")
    created_at_utc: dt.datetime
    updated_at_utc: dt.datetime
    updated_by: str | None = Field(description="account name of who changed it last, null if nobody else did")
    change_reason: str
    facts: dict[str, Any] = Field(description="all facts as they were when it was saved, with their sources")


class CertificationList(Schema):
    """A page of certifications."""

    items: list[Certification]
    next: str | None = Field(description="address of the next page; null on the last one")


class CertificationVersions(Schema):
    """All versions of a certification."""

    items: list[Certification] = Field(description="oldest first; run, fill and names are the current ones")
