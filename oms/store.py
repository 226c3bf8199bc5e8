"""Write what OMS said into the mirror: one locked read and one upsert per table, however many rows."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from datetime import datetime
from typing import Any, TypeVar

from django.db import transaction

from oms.facts import FillFacts, RunFacts
from oms.models import OmsFill, OmsRun

Row = TypeVar("Row", OmsRun, OmsFill)


def keep_runs(facts: Iterable[RunFacts], asked_at: datetime) -> dict[int, OmsRun]:
    """The runs as they stand after OMS's answer of `asked_at` (UTC), by number; `fill` as it was before."""
    return _keep(OmsRun, {one.run_number: one for one in facts}, asked_at)


def keep_fills(facts: Iterable[FillFacts], asked_at: datetime) -> dict[int, OmsFill]:
    """The fills as they stand after OMS's answer of `asked_at` (UTC), by number."""
    return _keep(OmsFill, {one.fill_number: one for one in facts}, asked_at)


def _keep(model: type[Row], facts: dict[int, Any], asked_at: datetime) -> dict[int, Row]:
    return _upsert(model, facts, asked_at) if facts else {}


@transaction.atomic
def _upsert(model: type[Row], facts: dict[int, Any], asked_at: datetime) -> dict[int, Row]:
    rows = {row.pk: row for row in model.objects.select_for_update().filter(pk__in=facts)}
    for number, one in facts.items():
        rows[number] = _said(rows.get(number) or model(pk=number), one, asked_at)
    key = model._meta.pk.attname
    said = {column.name for column in fields(next(iter(facts.values())))} - {key}
    links = {"fill"} if model is OmsRun else set()
    model.objects.bulk_create(
        rows.values(), update_conflicts=True, unique_fields=[key], update_fields=sorted(said | links | {"fetched_at"})
    )
    return rows


def _said(row: Row, facts: RunFacts | FillFacts, asked_at: datetime) -> Row:
    """The row with OMS's word in every attribute that nobody typed."""
    reported = dict(facts.reported)
    for name in (column.name for column in fields(facts) if column.name != "reported"):
        value = getattr(facts, name)
        if name not in row.typed:
            setattr(row, name, value)
        elif name not in reported and value is not None:
            reported[name] = {"value": value if isinstance(value, int | float | str) else str(value), "unit": ""}
    row.reported = reported
    row.fetched_at = asked_at
    if isinstance(row, OmsRun) and row.fill_id != row.fill_number:
        row.fill = None  # another fill than before: linked again when that one is known
    return row
