"""An audited operation: everything that one person writes at once. It creates one `Change`, in one transaction.

Write rows inside `with operation(actor, kind, reason=…, run=…):`. Each row that is saved inside creates one historical
row, in whatever order and however often it is saved, many-to-many fields included. A row that is saved outside any
operation (admin, command, shell) is an operation by itself, of the signed-in user.
"""

from __future__ import annotations

from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast

from django.apps import apps
from django.db import models, transaction
from django.db.models.signals import m2m_changed, pre_save
from django.utils import timezone

from audit import diff_text, snapshot
from audit.digests import write_digests
from audit.middleware import current_request, request_id
from audit.models import Change, Notice

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from audit.tracked_model import TrackedModel

COMMAND_ACTOR = "command"


@dataclass
class TrackedRow:
    """A row that an operation has written. `before`: the previous values of its columns, None for a created row."""

    row: models.Model
    before: snapshot.Values | None
    written: set[str] | None = field(default_factory=set)  # None: all columns
    related_keys_before: dict[str, list[Any]] = field(default_factory=dict)
    key: Any = None
    is_deleted: bool = False

    @property
    def is_created(self) -> bool:
        return self.before is None

    def values_before(self) -> snapshot.Values:
        """The values of the columns before; of a created row, the defaults."""
        return snapshot.default_values(type(self.row)) if self.before is None else self.before

    def values_after(self) -> snapshot.Values:
        """The values of the columns after, without values that were set in memory but not saved."""
        before = self.values_before()
        now = snapshot.column_values(self.row, before)
        if self.written is None or self.is_created:
            return now
        return {name: now[name] if name in self.written else before[name] for name in now}


@dataclass
class AuditOperation:
    """An open operation: actor, kind of change, and the rows that it has written so far."""

    actor: Any
    kind: str | None
    reason: str = ""
    run_number: int | None = None
    undoes: Change | None = None
    tracked_rows: dict[tuple[type, Any], TrackedRow] = field(default_factory=dict)

    def track(self, row: models.Model, *, is_new: bool = False) -> None:
        """Record the stored values of the row, unless recorded before: one query, none for a new row."""
        if (type(row), row.pk) in self.tracked_rows:
            return
        is_new |= row._state.adding and row.pk is None
        self._add(row, None if is_new else snapshot.stored_values(row))

    def track_loaded(self, row: models.Model) -> None:
        """Record a row that was just read and is about to be changed, without a query."""
        if (type(row), row.pk) not in self.tracked_rows:
            self._add(
                row, {name: snapshot.to_json_value(value) for name, value in snapshot.column_values(row, {}).items()}
            )

    def _add(self, row: models.Model, before: snapshot.Values | None) -> None:
        key = row.pk if row.pk is not None else id(row)
        self.tracked_rows[type(row), key] = TrackedRow(row, before, key=None if before is None else row.pk)

    def track_created(self, many: Iterable[models.Model]) -> None:
        """Record rows that were created in bulk."""
        for row in many:
            self.tracked_rows[type(row), row.pk] = TrackedRow(row, None, written=None, key=row.pk)

    def discard_failed(self, row: models.Model) -> None:
        """The row could not be saved: a new row is no longer tracked."""
        for key in ((type(row), id(row)), (type(row), row.pk)):
            if key in self.tracked_rows and self.tracked_rows[key].is_created and self.tracked_rows[key].key is None:
                del self.tracked_rows[key]

    def mark_deleted(self, row: models.Model, key: Any) -> None:
        gone = self.tracked_rows[type(row), key]
        gone.key, gone.is_deleted = key, True

    def mark_saved(self, row: models.Model, update_fields: Any) -> None:
        """The row is saved; a new row is tracked by its key from now on."""
        known = self.tracked_rows.pop((type(row), id(row)), None) or self.tracked_rows[type(row), row.pk]
        self.tracked_rows[type(row), row.pk] = known
        known.row, known.key = row, row.pk
        if update_fields is None:
            known.written = None
        elif known.written is not None:
            named = {*update_fields}
            known.written |= {
                column.attname for column in snapshot.columns(row) if {column.name, column.attname} & named
            }


_open_operation: ContextVar[AuditOperation | None] = ContextVar("open operation", default=None)


@contextmanager
def operation(
    actor: Any,
    kind: str | None,
    *,
    reason: str = "",
    run: int | None = None,
    undoes: Change | None = None,
) -> Iterator[AuditOperation]:
    """One transaction and one recorded change for all rows written in it; a nested operation joins the outer one."""
    outer = _open_operation.get()
    with transaction.atomic():
        if outer is not None:
            yield outer
            return
        done = AuditOperation(actor, kind, reason.strip(), run, undoes)
        token = _open_operation.set(done)
        try:
            yield done
        finally:
            _open_operation.reset(token)
        write_audit_entry(done)


@contextmanager
def current_operation() -> Iterator[AuditOperation]:
    """The open operation, or else a new one of the signed-in user or a command."""
    if (outer := _open_operation.get()) is not None:
        yield outer
        return
    person = getattr(current_request(), "user", None)
    with operation(person if person is not None and person.is_authenticated else None, None) as single:
        yield single


def write_audit_entry(done: AuditOperation) -> Change | None:
    """Write the change and its historical rows; nothing if no value changed."""
    at = timezone.now()
    changed = [(tracked_row, line) for tracked_row in done.tracked_rows.values() if (line := _change_line(tracked_row))]
    if not changed:
        return None
    change = Change.objects.create(
        at=at,
        kind=done.kind or snapshot.audit_options(changed[0][0].row).kind,
        by=done.actor,
        by_name=_actor_name(done.actor),
        why=done.reason,
        request_id=request_id(current_request()),
        run_number=done.run_number,
        undoes=done.undoes,
        lines=[line for _, line in changed],
    )
    write_digests(change, _write_historical_rows([tracked_row for tracked_row, _ in changed], change, at))
    for tracked_row, _ in changed:
        cast("TrackedModel", tracked_row.row).recorded_change = change
    _notify_owners(done, change)
    return change


def _actor_name(actor: Any) -> str:
    if actor is None:
        return "nobody signed in" if current_request() else COMMAND_ACTOR
    full = actor.get_full_name()
    return f"{full} ({actor.username})" if full and full != actor.username else str(actor.username)


def _change_line(tracked_row: TrackedRow) -> dict[str, Any] | None:
    """The changes of a row, as text and as stored values; None if nothing changed."""
    row, is_statement = tracked_row.row, snapshot.audit_options(tracked_row.row).reverse_create is not None
    was, now = snapshot.audited_values(row, tracked_row.values_before(), tracked_row.related_keys_before), {}
    if not tracked_row.is_deleted:
        many = {name: snapshot.related_keys(row, row._meta.get_field(name)) for name in tracked_row.related_keys_before}  # type: ignore[arg-type]
        now = snapshot.audited_values(row, tracked_row.values_after(), many)
    silent = snapshot.audit_options(row).omit_on_create if tracked_row.is_created else ()
    names = [
        name for name in (*now, *(was.keys() - now.keys())) if was.get(name) != now.get(name) and name not in silent
    ]
    if not names and not tracked_row.is_deleted and not (tracked_row.is_created and is_statement):
        return None
    line: dict[str, Any] = {"model": row._meta.label_lower, "key": tracked_row.key, "name": str(row), "fields": {}}
    if tracked_row.is_created:
        line["made" if is_statement else "new"] = True
    if tracked_row.is_deleted:
        line["gone"] = True
    for name in names:
        before, after = was.get(name), now.get(name)
        line["fields"][name] = {"was": before, "is": after, "says": diff_text.field_diff(row, name, before, after)}
    return line


def _write_historical_rows(tracked_rows: Iterable[TrackedRow], change: Change, at: datetime) -> list[models.Model]:
    """Write the rows as they are after the change to the history tables of their models, and return them."""
    after: dict[Any, list[models.Model]] = {}
    for tracked_row in tracked_rows:
        model = snapshot.history_model(type(tracked_row.row))
        after.setdefault(model, []).append(_historical_row(tracked_row, change, at))
    for model, historical_rows in after.items():
        if len(historical_rows) > 1:
            model._default_manager.bulk_create(historical_rows)
        else:
            historical_rows[0].save(force_insert=True)
    return [row for historical_rows in after.values() for row in historical_rows]


def _historical_row(tracked_row: TrackedRow, change: Change, at: datetime) -> models.Model:
    row, after = tracked_row.row, tracked_row.values_after()
    is_many_known = bool(tracked_row.related_keys_before) or not tracked_row.is_created
    has_many = snapshot.many_to_many(row) and not tracked_row.is_deleted and is_many_known
    many = snapshot.all_related_keys(row) if has_many else {}
    values = {field.attname: snapshot.from_json_value(field, after[field.attname]) for field in snapshot.columns(row)}
    values[row._meta.pk.attname] = tracked_row.key
    historical = snapshot.history_model(type(row))(
        **values,
        many=many,
        change=change,
        history_date=at,
        history_type="-" if tracked_row.is_deleted else "+" if tracked_row.is_created else "~",
        history_user_id=change.by_id,
    )
    return snapshot.with_related(historical, row)


def _notify_owners(done: AuditOperation, change: Change) -> None:
    """Create a notice for each owner whose rows somebody else changed; changes by a command create none."""
    if done.actor is None:
        return
    owners = set()
    for tracked_row in done.tracked_rows.values():
        if (owner := snapshot.audit_options(tracked_row.row).owner) and tracked_row.before is not None:
            owners |= {tracked_row.before[owner], getattr(tracked_row.row, owner)}
    others = owners - {None, change.by_id}
    for person in sorted(others):
        Notice.objects.create(change=change, person_id=person)


def watch_many_to_many() -> None:
    """Connect to the many-to-many fields of all models with history; called once, when the apps are ready."""
    for model in apps.get_models():
        if not hasattr(model, "audit_options"):
            continue
        pre_save.connect(_mark_fixture_row, sender=model, dispatch_uid=f"history loaded {model._meta.label}")
        for of_many in snapshot.many_to_many(model):
            through: Any = of_many.remote_field.through
            m2m_changed.connect(
                _many_to_many_receiver(of_many), sender=through, weak=False, dispatch_uid=f"history {of_many}"
            )


def _mark_fixture_row(instance: models.Model, raw: bool, **_rest: Any) -> None:
    if raw:
        instance.__dict__["_is_loaded"] = True


def _many_to_many_receiver(of_many: models.ManyToManyField[Any, Any]) -> Any:
    """A receiver that records the keys before the first change. A change outside any operation is one of its own."""

    def changed(instance: models.Model, action: str, reverse: bool, **_rest: Any) -> None:
        if "_is_loaded" in instance.__dict__:  # by loaddata, which brings its history along
            return
        if reverse:
            raise NotImplementedError(f"Set {of_many} from the row that has it: history is kept there.")
        if action.startswith("pre_"):
            done = _open_operation.get() or _pending_operation_of(instance)
            done.track(instance)
            known = done.tracked_rows[type(instance), instance.pk]
            known.related_keys_before.setdefault(of_many.name, snapshot.related_keys(instance, of_many))
        elif _open_operation.get() is None and (alone := instance.__dict__.pop("_pending_operation", None)):
            write_audit_entry(alone)

    return changed


def _pending_operation_of(instance: models.Model) -> AuditOperation:
    """An operation for one change of a many-to-many field, stored on the instance until the change is complete."""
    person = getattr(current_request(), "user", None)
    alone = AuditOperation(person if person is not None and person.is_authenticated else None, None)
    instance.__dict__["_pending_operation"] = alone
    return alone
