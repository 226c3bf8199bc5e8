"""Policies and golden files in the API."""

import datetime as dt
from typing import Any

from ninja import Field, Schema

from api.schemas import page_schema


class PolicyItem(Schema):
    """A version of a policy. A version never changes."""

    id: int
    name: str
    version: int
    logic: Any = Field(description="json-logic in the vocabulary of Run Registry")
    dataset_pattern: str
    layout: str = Field(description="layout of its files")
    stale: str = Field(description="whether stale certifications count: counts, or left_out")
    made_by: str | None = Field(description="account name")
    made_at_utc: dt.datetime
    reason: str


class GoldenFileItem(Schema):
    """A file of good runs, as it was made. It never changes."""

    id: int
    name: str
    policy: str
    policy_version: int
    as_of_utc: dt.datetime = Field(description="the time whose certifications, lumisections and policy it rests on")
    layout: str
    sha256: str = Field(description="SHA-256 of its bytes")
    made_by: str | None = Field(description="account name")
    made_at_utc: dt.datetime


class GoldenFileDetails(GoldenFileItem):
    """A file of good runs with its manifest."""

    manifest: dict[str, Any] = Field(description="policy, counts, luminosity in and out, certifications with versions")


PolicyList = page_schema("PolicyList", PolicyItem)
GoldenFileList = page_schema("GoldenFileList", GoldenFileItem)
