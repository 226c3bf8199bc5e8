"""What else the API returns. Names have their units: _per_pb is 1/pb, _gev GeV, _t tesla, _s seconds, times in UTC."""

from datetime import date, datetime
from typing import Any

from ninja import Field, Schema
from pydantic import create_model

from certify.models.choices import Reconstruction, Verdict
from oms.choices import RunType
from oms.lumisections import bits
from oms.lumisections.models import LumisectionSource


class Error(Schema):
    """A refused request."""

    error: str = Field(description="one sentence: what is wrong, then what to do")


class RunItem(Schema):
    """A run as OMS gives it, with the values that people typed where OMS gave none."""

    run_number: int
    run_type: RunType
    fill_number: int | None
    start_time_utc: datetime | None
    end_time_utc: datetime | None
    duration_s: float | None
    era: str | None
    stable_beam: bool | None
    energy_gev: float | None = Field(description="energy of a beam")
    b_field_t: float | None
    lumisections: int | None = Field(description="last active lumisection")
    delivered_lumi_per_pb: float | None
    recorded_lumi_per_pb: float | None
    fill_type_runtime: str | None
    fill_type_party1: str | None
    components: list[str] | None = Field(description="detectors that took part")
    hlt_key: str | None
    l1_hlt_mode: str | None
    typed: list[str] = Field(description="names of the values that a person typed")
    fetched_at_utc: datetime | None = Field(description="when OMS was read last")


_BITS: Any = dict.fromkeys(bits.NAMES, (bool | None, ...))
_Bits: Any = create_model("Bits", __base__=Schema, **_BITS)


class SegmentItem(_Bits):
    """Consecutive lumisections with equal detector bits: true, false, or null where OMS gave none."""

    first: int
    last: int = Field(description="included")
    recorded_lumi_per_pb: float | None = Field(description="sum over those of which it is known")
    unknown_lumis: int = Field(description="number of the active lumisections of which it is not")


class RunSegments(Schema):
    """The lumisections of a run, as they were read last."""

    run_number: int
    source: LumisectionSource
    read_at_utc: datetime = Field(description="when these values were first given")
    checked_at_utc: datetime = Field(description="when they were given last")
    last: int = Field(description="last lumisection; 0 if OMS has none")
    last_active: int | None
    problems: list[str] = Field(description="what is odd about the rows of OMS")
    segments: list[SegmentItem]


class Successor(Schema):
    """The reference that replaced a retired one."""

    run_number: int
    reconstruction: Reconstruction


class Reference(Schema):
    """A reference run, current or retired."""

    id: int
    run_number: int
    reconstruction: Reconstruction
    is_current: bool
    run_type: RunType
    fill_number: int | None
    era: str | None
    b_field_t: float | None
    energy_gev: float | None
    start_time_utc: datetime | None
    reason: str = Field(description="why it is a reference, or why it was retired")
    by: str | None = Field(description="account name")
    since_utc: datetime | None
    successor: Successor | None
    verdict: Verdict | None = Field(description="verdict of its own live certification")
    use_count: int = Field(description="live certifications that rest on it")
    last_used: date | None = Field(description="their latest shift day")


def page_schema(name: str, item: Any) -> type[Schema]:
    """Return the schema of a page of these items."""
    next_field = Field(description="address of the next page; null on the last one")
    fields: Any = {"items": (list[item], ...), "next": (str | None, next_field)}
    return create_model(name, __base__=Schema, __doc__="A page.", **fields)


RunList = page_schema("RunList", RunItem)
SegmentList = page_schema("SegmentList", RunSegments)
ReferenceList = page_schema("ReferenceList", Reference)
