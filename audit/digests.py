"""Digests of the history: a chain of SHA-256 for each record, and one digest for each change with the rows it wrote.

The digest of a historical row covers its stored values and the digest before it of the same record (table and primary
key), so that savers of different records do not wait for each other; those of one record are in order by its row lock.
"""

from __future__ import annotations

from functools import cache
from hashlib import sha256
from itertools import groupby
from typing import TYPE_CHECKING, Any

from django.apps import apps as installed_apps
from django.db.models import AutoField, BigAutoField, Max, Q, prefetch_related_objects

from audit.canonical import canonical_json, canonical_row
from audit.models import Change, RecordDigest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from datetime import datetime

    from django.apps.registry import Apps
    from django.db import models

VERSION = 1  # of the canonical form
CHANGES = "change"  # table name of the digests of changes
_HEADS_AT_ONCE = 1000  # SQLite limits the parameters of a query
Record = tuple[str, int]  # table and primary key


def table_name(model: type[models.Model] | models.Model) -> str:
    """The name of a historical model or of `Change` in digests."""
    return str(model._meta.model_name)


@cache
def columns_of(model: type[models.Model]) -> tuple[str, ...]:
    """The columns that a digest covers: all of the table, and names of what its rows refer to."""
    return tuple(sorted([*(field.attname for field in model._meta.concrete_fields), *digested_names(model)]))


def digested_names(model: type[models.Model]) -> tuple[str, ...]:
    """The lookups that digests of a historical model cover; none of a model of a migration."""
    options = getattr(getattr(model, "instance_type", None), "audit_options", None)
    return options.digested_names if options else ()


@cache
def format_key(model: type[models.Model]) -> int:
    """The key of the `DigestFormat` of the present columns: 63 bits of a hash."""
    digest = sha256(canonical_json([VERSION, table_name(model), columns_of(model)]).encode())
    return int.from_bytes(digest.digest()[:8]) >> 1


def row_digest(
    model: type[models.Model], values: Mapping[str, Any], columns: Iterable[str], before: str, rows: Any = None
) -> str:
    """The digest of a stored row. `before`: the digest before it, empty for the first; `rows`: those of a change."""
    text = "\n".join((before, table_name(model), canonical_row(model, values, list(columns)), canonical_json(rows)))
    return sha256(text.encode()).hexdigest()


def write_digests(change: Change, rows: list[models.Model]) -> None:
    """Write the digests of a change and its historical rows: one query, and one for rows of records that existed.

    Names of what the rows refer to are taken from related rows that are loaded, and read otherwise.
    """
    before = _heads({_record(row) for row in rows if _may_have_rows_before(row, change)})
    digests = [
        RecordDigest(
            table=table,
            key=key,
            row=row.pk,
            change=change,
            format=format_key(type(row)),
            digest=row_digest(type(row), values, columns_of(type(row)), before.get((table, key), "")),
        )
        for row, values in _digested_values(rows)
        for table, key in [_record(row)]
    ]
    RecordDigest.objects.bulk_create([*digests, _digest_of_change(change, digests)])


def _digested_values(rows: list[models.Model]) -> Iterator[tuple[models.Model, dict[str, Any]]]:
    """Yield each historical row with the values that its digest covers: a query for each relation not yet loaded."""
    for model, its_rows in groupby(sorted(rows, key=table_name), key=type):
        names, same = digested_names(model), list(its_rows)
        prefetch_related_objects(same, *{name.rpartition("__")[0] for name in names})
        for row in same:
            yield row, {**row.__dict__, **{name: _related_value(row, name) for name in names}}


def _related_value(row: Any, name: str) -> Any:
    for part in name.split("__"):
        row = None if row is None else getattr(row, part)
    return row


def _digest_of_change(change: Change, digests: list[RecordDigest]) -> RecordDigest:
    rows = rows_of_change((digest.table, digest.row, digest.digest) for digest in digests)
    digest = row_digest(Change, change.__dict__, columns_of(Change), "", rows)
    return RecordDigest(
        table=CHANGES, key=change.pk, row=change.pk, change=change, format=format_key(Change), digest=digest
    )


def rows_of_change(rows: Iterable[tuple[str, int, str]]) -> list[list[Any]]:
    """What the digest of a change contains of its historical rows, given as (table, row, digest)."""
    return sorted([table, row, digest] for table, row, digest in rows)


def _record(row: Any) -> Record:
    return table_name(row), getattr(row, row.instance_type._meta.pk.attname)


def _may_have_rows_before(row: Any, change: Change) -> bool:
    """Whether the record may have a chain. A key that the database has just given out is new, but for an undo."""
    is_new = row.history_type == "+" and isinstance(row.instance_type._meta.pk, AutoField | BigAutoField)
    return not is_new or change.undoes_id is not None


def _heads(records: set[Record], until: datetime | None = None) -> dict[Record, str]:
    """The newest digest of each record that has one."""
    if not records:
        return {}
    keys: dict[str, list[int]] = {}
    for table, key in records:
        keys.setdefault(table, []).append(key)
    is_theirs = Q()
    for table, its_keys in keys.items():
        is_theirs |= Q(table=table, key__in=its_keys)
    theirs = RecordDigest.objects.filter(is_theirs)
    theirs = theirs if until is None else theirs.filter(change__at__lte=until)
    newest = theirs.values("table", "key").annotate(newest=Max("pk")).values("newest")
    found = RecordDigest.objects.filter(pk__in=newest).values_list("table", "key", "digest")
    return {(table, key): digest for table, key, digest in found}


def head_digests(model: Any, keys: Iterable[int], until: datetime | None = None) -> dict[int, str]:
    """The newest digest of each of these records of a model by primary key, as of a time (UTC) if one is given.

    A query for each 1,000 records.
    """
    table, in_order = table_name(model.history.model), sorted({*keys})
    heads: dict[Record, str] = {}
    for start in range(0, len(in_order), _HEADS_AT_ONCE):
        heads |= _heads({(table, key) for key in in_order[start : start + _HEADS_AT_ONCE]}, until)
    return {key: digest for (_table, key), digest in heads.items()}


def history_digest(model: Any, keys: Iterable[int], until: datetime) -> str:
    """One SHA-256 of the history of these records as of a time (UTC): of their newest digests.

    Whoever stores it elsewhere can prove later that all rows up to there are the same.
    """
    heads = head_digests(model, keys, until)
    return sha256(canonical_json(sorted(heads.items())).encode()).hexdigest()


def store_present_formats(apps: Apps = installed_apps, **_rest: Any) -> None:
    """Store the sets of columns of the installed models, after each migration and flush.

    `apps`: those of the migration, whose models have no names of what they refer to; a flush has none.
    """
    if {"digestformat", CHANGES} <= apps.get_app_config("history").models.keys():
        store_formats(installed_apps)


def store_formats(apps: Apps) -> None:
    """Store the sets of columns of the tables of history, unless they are stored."""
    registered = apps.get_app_config("history").models
    formats = registered["digestformat"]
    tables = [model for name, model in registered.items() if name == CHANGES or name.startswith("historical")]
    rows = [formats(key=format_key(model), table=table_name(model), columns=columns_of(model)) for model in tables]
    formats._base_manager.bulk_create(rows, ignore_conflicts=True)
