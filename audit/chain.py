"""Finds rows of the history that were changed, removed or inserted past CertHelper, by their digests. Reads only.

It is found wherever the digests do not fit any more. Somebody who can write to the database and computes all later
digests anew is not found, but by a head digest that is stored elsewhere (`audit.digests.head_digests`).
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain
from typing import TYPE_CHECKING, Any

from django.db.models import Exists, OuterRef, Subquery

from audit import snapshot
from audit.canonical import canonical_json
from audit.digests import CHANGES, columns_of, digested_names, row_digest, rows_of_change, table_name
from audit.models import Change, DigestFormat, RecordDigest

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

CHUNK = 500  # records, or changes
_CHANGES_IN_MEMORY = 20  # one of an import has the values of hundreds of rows
_ATTEMPTS = 3  # to read a record and its newest row while nobody saves it
CHANGED = "it was changed after it was written, or the row before it was removed"
CHANGED_OR_RENAMED = f"{CHANGED}, or a name that it refers to was changed"
INSERTED = "it was not written by CertHelper: it has no digest"
REMOVED = "it was removed"
DELETED_WITHOUT_HISTORY = "the record was deleted without history, or its newest row was removed"
BACK_WITHOUT_HISTORY = "the record exists, although this row deleted it"


@dataclass(frozen=True)
class BrokenRow:
    """A row that is not as it was written. `row`: its history ID, or the key of a change; `at`: UTC; `by`: a name."""

    label: str  # of the model of the record, or of `Change`
    key: int
    row: int
    at: datetime | None
    by: str
    problem: str

    def __str__(self) -> str:
        at = f"{self.at:%Y-%m-%d %H:%M:%S} UTC" if self.at else "unknown time"
        row = "" if self.label == Change._meta.label_lower else f", history row {self.row}"
        return f"{self.label} {self.key}{row} ({at}, by {self.by or 'unknown'}): {self.problem}."


@dataclass
class CheckedCount:
    """How much a check has read."""

    records: int = 0
    rows: int = 0


def broken_rows(
    model: Any, keys: Collection[int] | None = None, count: CheckedCount | None = None
) -> Iterator[BrokenRow]:
    """The broken rows of the history of a model, of all its records or those with these primary keys.

    Reads 500 records at a time. A record that differs from its newest row is named by that row.
    """
    count, table = count or CheckedCount(), _Table(model)
    for chunk in table.chunks(keys):
        newest: dict[int, dict[str, Any]] = {}
        yield from table.broken_in(chunk, newest, count)
        yield from table.differing(newest)
        count.records += len(newest)
    yield from table.removed(keys)


def broken_changes(keys: Collection[int] | None = None, count: CheckedCount | None = None) -> Iterator[BrokenRow]:
    """The changes, all or those with these keys, that are not as they were written, rows of theirs included.

    Finds a historical row that was removed with its digest.
    """
    count, formats = count or CheckedCount(), _formats(Change)
    digest = RecordDigest.objects.filter(table=CHANGES, key=OuterRef("pk"), row=OuterRef("pk"))
    for chunk in _key_chunks(Change.objects.order_by("pk"), "pk", keys):
        rows = _rows_by_change(chunk)
        changes = Change.objects.filter(pk__in=chunk).order_by("pk").annotate(**_stored(digest))
        named = changes.values(*columns_of(Change), "stored_digest", "stored_format")
        for values in named.iterator(_CHANGES_IN_MEMORY):
            count.records, count.rows = count.records + 1, count.rows + 1
            problem = _problem(Change, values, formats, [""], rows_of_change(rows.get(values["id"], [])))
            if problem:
                label, key = Change._meta.label_lower, values["id"]
                yield BrokenRow(label, key, key, values["at"], values["by_name"], problem)


def _rows_by_change(changes: list[int]) -> dict[int, list[tuple[str, int, str]]]:
    rows: dict[int, list[tuple[str, int, str]]] = {}
    of_rows = RecordDigest.objects.filter(change_id__in=changes).exclude(table=CHANGES)
    for change, table, row, digest in of_rows.values_list("change_id", "table", "row", "digest"):
        rows.setdefault(change, []).append((table, row, digest))
    return rows


def _stored(digest: Any) -> dict[str, Subquery]:
    return {
        "stored_digest": Subquery(digest.values("digest")[:1]),
        "stored_format": Subquery(digest.values("format")[:1]),
    }


def _formats(model: Any) -> dict[int, list[str]]:
    return dict(DigestFormat.objects.filter(table=table_name(model)).values_list("key", "columns"))


def _key_chunks(rows: Any, column: str, keys: Collection[int] | None) -> Iterator[list[int]]:
    """Yield up to 500 keys at a time, in ascending order."""
    if keys is not None:
        in_order = sorted(keys)
        yield from (in_order[start : start + CHUNK] for start in range(0, len(in_order), CHUNK))
        return
    chunk = [-1]
    while chunk := list(
        rows.filter(**{f"{column}__gt": chunk[-1]}).order_by(column).values_list(column, flat=True).distinct()[:CHUNK]
    ):
        yield chunk


def _problem(
    model: Any, values: dict[str, Any], formats: dict[int, list[str]], before: Iterable[str], rows: Any = None
) -> str:
    """What is wrong with a row, given the digests that may be before it; empty if nothing is."""
    if values["stored_digest"] is None:
        return INSERTED
    columns = formats.get(values["stored_format"], [])
    if missing := [name for name in columns if name not in values]:
        return f"it cannot be checked: its columns {', '.join(missing)} are not stored any more"
    is_whole = any(row_digest(model, values, columns, digest, rows) == values["stored_digest"] for digest in before)
    return "" if is_whole and columns else CHANGED_OR_RENAMED if digested_names(model) else CHANGED


class _Table:
    """The history of one model."""

    def __init__(self, model: Any) -> None:
        self.model, self.history = model, snapshot.history_model(model)
        self.name, self.key = table_name(self.history), model._meta.pk.attname
        self.rows: Any = self.history._default_manager.order_by(self.key, "history_id")
        self.digests = RecordDigest.objects.filter(table=self.name)
        self.formats = _formats(self.history)

    def chunks(self, keys: Collection[int] | None) -> Iterator[list[int]]:
        return _key_chunks(self.rows, self.key, keys)

    def broken_in(self, keys: list[int], newest: dict[int, dict[str, Any]], count: CheckedCount) -> Iterator[BrokenRow]:
        """The broken rows of these records; adds the newest row of each to `newest`."""
        digest = self.digests.filter(key=OuterRef(self.key), row=OuterRef("history_id"))
        rows = self.rows.filter(**{f"{self.key}__in": keys}).annotate(**_stored(digest))
        for values in rows.values(*columns_of(self.history), "stored_digest", "stored_format").iterator(CHUNK):
            before, count.rows = newest.get(values[self.key]), count.rows + 1
            newest[values[self.key]] = values
            if problem := _problem(self.history, values, self.formats, self._digests_before(values, before)):
                yield self._broken(values, problem)

    def _digests_before(self, values: dict[str, Any], before: dict[str, Any] | None) -> Iterator[str]:
        """The digest of the row before it, then, if it does not fit, of one that was removed meanwhile."""
        yield (before or {}).get("stored_digest") or ""
        earlier = self.digests.filter(key=values[self.key], row__lt=values["history_id"]).order_by("-row")
        yield from earlier.values_list("digest", flat=True)[:1]

    def removed(self, keys: Collection[int] | None) -> Iterator[BrokenRow]:
        """The rows of which only the digest is left."""
        stored = self.history._default_manager.filter(history_id=OuterRef("row"))
        removed = self.digests.filter(~Exists(stored)).select_related("change").order_by("key", "row")
        parts = [removed] if keys is None else [removed.filter(key__in=chunk) for chunk in self.chunks(keys)]
        for digest in chain.from_iterable(part.iterator(CHUNK) for part in parts):
            label, change = self.model._meta.label_lower, digest.change
            yield BrokenRow(label, digest.key, digest.row, change.at, change.by_name, REMOVED)

    def differing(self, newest: dict[int, dict[str, Any]]) -> Iterator[BrokenRow]:
        """The records that are not as their newest row has them."""
        live = self._live_rows(newest)
        for key, values in newest.items():
            problem, row = self._difference(values, live.get(key)), values
            for _attempt in range(_ATTEMPTS if problem else 0):  # it may have been saved meanwhile
                row = self.rows.filter(**{self.key: key}).values(*columns_of(self.history)).last() or row
                if not (problem := self._difference(row, self._live_rows([key]).get(key))):
                    break
            if problem:
                yield self._broken(row, problem)

    def _live_rows(self, keys: Collection[int]) -> dict[int, dict[str, Any]]:
        names = [field.attname for field in snapshot.columns(self.model)]
        rows = self.model._base_manager.filter(pk__in=keys).values(*names)
        found = {values[self.key]: {**values, "many": {}} for values in rows}
        for field in snapshot.many_to_many(self.model):
            through: Any = field.remote_field.through
            mine, other = f"{field.m2m_field_name()}_id", f"{field.m2m_reverse_field_name()}_id"
            pairs = through._base_manager.filter(**{f"{mine}__in": keys}).order_by(other)
            for key, related in pairs.values_list(mine, other):
                if key in found:
                    found[key]["many"].setdefault(field.name, []).append(related)
        return found

    def _difference(self, values: dict[str, Any], live: dict[str, Any] | None) -> str:
        is_deleted = values["history_type"] == "-"
        if live is None:
            return "" if is_deleted else DELETED_WITHOUT_HISTORY
        if is_deleted:
            return BACK_WITHOUT_HISTORY
        recorded, now = self._comparable(values), self._comparable(live)
        if recorded == now:
            return ""
        differing = [
            name
            for name in snapshot.in_field_order(self.model, recorded.keys() | now.keys())
            if canonical_json(recorded.get(name)) != canonical_json(now.get(name))
        ]
        return f"the record has other values than its newest row: {', '.join(differing)}" if differing else ""

    def _comparable(self, values: dict[str, Any]) -> snapshot.Values:
        """The values that nothing changes without a historical row; of a mirror of OMS, what is typed."""
        options = snapshot.audit_options(self.model)
        many = {field.name: [] for field in snapshot.many_to_many(self.model)} | (values["many"] or {})
        audited = snapshot.audited_values(self.model, values, many)
        if options.json_keys:
            return {name: value for name, value in audited.items() if "." in name}
        stored = {field.name: snapshot.to_json_value(values[field.attname]) for field in snapshot.columns(self.model)}
        without_history = {*options.changed_without_history, *options.changed_by_migration}
        return {name: value for name, value in (stored | audited).items() if name not in without_history}

    def _broken(self, values: dict[str, Any], problem: str) -> BrokenRow:
        by = Change.objects.filter(pk=values["change_id"]).values_list("by_name", flat=True).first()
        label, row = self.model._meta.label_lower, values["history_id"]
        return BrokenRow(label, values[self.key], row, values["history_date"], by or "", problem)
