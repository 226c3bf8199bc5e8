"""Writes facts of OMS into the mirror, with one locking read and one upsert per table."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from django.db import transaction

from oms.choices import RunType
from oms.models import OmsFill, OmsRun
from oms.signals import facts_changed
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from oms.client import FetchResult
    from oms.wire_types import FillFacts, RunFacts

Row = TypeVar("Row", OmsRun, OmsFill)


@dataclass(frozen=True)
class StoredRows:
    """The written runs by number, and the written and the previously known fills by number."""

    runs: dict[int, OmsRun]
    fills: dict[int, OmsFill]


def store_facts(
    runs: FetchResult[RunFacts], fills: FetchResult[FillFacts], known_fills: dict[int, OmsFill]
) -> StoredRows:
    """Store the fills and then the runs, linked to their fills, in one transaction.

    Without facts no query is made. Sends `facts_changed` for the runs whose facts of the verdict changed.
    """
    if not runs.facts and not fills.facts:
        return StoredRows({}, known_fills)
    with transaction.atomic():
        all_fills = known_fills | _upsert(OmsFill, fills, {})
        return StoredRows(_upsert(OmsRun, runs, all_fills), all_fills)


def _upsert(model: type[Row], read: FetchResult[Any], fills: dict[int, OmsFill]) -> dict[int, Row]:
    """Lock, merge and write the rows ordered by number, so that concurrent workers cannot deadlock."""
    if not read.facts:
        return {}
    rows = {row.pk: row for row in model.objects.select_for_update().filter(pk__in=read.facts).order_by("pk")}
    before = {number: _verdict_facts(row) for number, row in rows.items()}
    for number, facts in read.facts.items():
        rows[number] = _merge_facts(rows.get(number) or model(pk=number), facts, read.asked_at)
    _set_fills(rows.values(), fills)
    key = model._meta.pk.attname
    columns = {column.name for column in fields(next(iter(read.facts.values())))} - {key, "raw_values"}
    links = {"fill"} if model is OmsRun else set()
    model.objects.bulk_create(
        [rows[number] for number in sorted(rows)],
        update_conflicts=True,
        unique_fields=[key],
        update_fields=sorted(columns | links | {"fetched_at", "reported"}),
    )
    if changed := [
        row for number, row in rows.items() if _verdict_facts(row) != before.get(number, _verdict_facts(row))
    ]:
        facts_changed.send(sender=model, rows=changed)
    return rows


def _verdict_facts(row: OmsRun | OmsFill) -> dict[str, Any]:
    """Return the values that a verdict depends on. No value of a fill is among them."""
    return verdict_facts(row) if isinstance(row, OmsRun) else {}


def _set_fills(rows: Iterable[Any], fills: dict[int, OmsFill]) -> None:
    """Set `fill` of each run to its fill, or to None if it is not known."""
    for row in rows:
        if isinstance(row, OmsRun):
            row.fill = fills.get(row.fill_number or 0)


def _merge_facts(row: Row, facts: RunFacts | FillFacts, asked_at: datetime) -> Row:
    """Set all attributes that are not typed to the values of OMS. Values for typed ones go to `reported`."""
    reported = dict(facts.raw_values) | _run_type_by_dataset(row, facts)
    for name in (column.name for column in fields(facts) if column.name != "raw_values"):
        value = reported[name]["value"] if name == "run_type" in reported else getattr(facts, name)
        if name not in row.typed:
            setattr(row, name, value)
        elif name not in reported and value is not None:
            reported[name] = {"value": value if isinstance(value, int | float | str) else str(value), "unit": ""}
    row.reported = reported
    row.fetched_at = asked_at
    return row


def _run_type_by_dataset(row: Row, facts: RunFacts | FillFacts) -> dict[str, Any]:
    """Return the entry of a run type that the name of a dataset decides, while OMS decides none."""
    entry = row.reported.get("run_type", {})
    return {"run_type": entry} if "dataset" in entry and getattr(facts, "run_type", "") == RunType.UNKNOWN else {}
