"""A deed: all that one person does in one go. It becomes one `Change`, written in the deed's own transaction.

`with deed(actor, Kind.AMEND, why=…, run=…):` around the writing. Whatever rows are saved inside, in whatever order and
however often, each leaves one row of history, many-to-many fields included. A row that is saved where no deed is open
(admin, command, shell) is a deed by itself, of who is signed in.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models.signals import m2m_changed, pre_save
from django.utils import timezone

from audit import diff_text, snapshot
from audit.choices import Kind
from audit.middleware import request_at_hand, request_id
from audit.models import Change, Notice

NOBODY = "command"


@dataclass
class Touched:
    """A row that a deed has written. `before`: its columns as they were, None for one that was made."""

    row: models.Model
    before: snapshot.Values | None
    written: set[str] | None = field(default_factory=set)  # None: all columns
    many_before: dict[str, list[Any]] = field(default_factory=dict)
    key: Any = None
    is_gone: bool = False

    @property
    def is_made(self) -> bool:
        return self.before is None

    def was(self) -> snapshot.Values:
        """Its columns before; of a row that was made, those of one that says nothing."""
        return snapshot.values_of_nothing(type(self.row)) if self.before is None else self.before

    def values(self) -> snapshot.Values:
        """Its columns after; what was set in memory only is not among them."""
        before = self.was()
        now = snapshot.values_of(self.row, before)
        if self.written is None or self.is_made:
            return now
        return {name: now[name] if name in self.written else before[name] for name in now}


@dataclass
class Deed:
    """What is being done by whom, and the rows it has written so far."""

    actor: Any
    kind: Kind | None
    why: str = ""
    run_number: int | None = None
    undoes: Change | None = None
    touched: dict[tuple[type, Any], Touched] = field(default_factory=dict)

    def about_to_write(self, row: models.Model, *, is_new: bool = False) -> None:
        """Note the row as it is stored, if it was not noted before: one query, none for a new row."""
        if (type(row), row.pk) in self.touched:
            return
        is_new |= row._state.adding and row.pk is None
        self._note(row, None if is_new else snapshot.values_in_database(row))

    def found(self, row: models.Model) -> None:
        """Note a row that was just read and is about to be changed; saves the query."""
        if (type(row), row.pk) not in self.touched:
            self._note(row, {name: snapshot.plain(value) for name, value in snapshot.values_of(row, {}).items()})

    def _note(self, row: models.Model, before: snapshot.Values | None) -> None:
        key = row.pk if row.pk is not None else id(row)
        self.touched[type(row), key] = Touched(row, before, key=None if before is None else row.pk)

    def made(self, many: Iterable[models.Model]) -> None:
        """Note rows that were made in bulk."""
        for row in many:
            self.touched[type(row), row.pk] = Touched(row, None, written=None, key=row.pk)

    def failed(self, row: models.Model) -> None:
        """The row could not be saved: a new one is not there."""
        for key in ((type(row), id(row)), (type(row), row.pk)):
            if key in self.touched and self.touched[key].is_made and self.touched[key].key is None:
                del self.touched[key]

    def deleted(self, row: models.Model, key: Any) -> None:
        gone = self.touched[type(row), key]
        gone.key, gone.is_gone = key, True

    def wrote(self, row: models.Model, update_fields: Any) -> None:
        """The row is saved; a new one is known by its key from now on."""
        known = self.touched.pop((type(row), id(row)), None) or self.touched[type(row), row.pk]
        self.touched[type(row), row.pk] = known
        known.row, known.key = row, row.pk
        if update_fields is None:
            known.written = None
        elif known.written is not None:
            named = {*update_fields}
            known.written |= {one.attname for one in snapshot.columns(row) if {one.name, one.attname} & named}


_open: ContextVar[Deed | None] = ContextVar("deed that is being done", default=None)


@contextmanager
def deed(
    actor: Any,
    kind: Kind | None,
    *,
    why: str = "",
    run: int | None = None,
    undoes: Change | None = None,
) -> Iterator[Deed]:
    """One transaction, and one change on record for all that is written in it; inside another deed, part of that."""
    outer = _open.get()
    with transaction.atomic():
        if outer is not None:
            yield outer
            return
        done = Deed(actor, kind, why.strip(), run, undoes)
        token = _open.set(done)
        try:
            yield done
        finally:
            _open.reset(token)
        put_on_record(done)


@contextmanager
def deed_at_hand() -> Iterator[Deed]:
    """The deed that is being done, or one of its own for what is written without: by who is signed in, or a command."""
    if (open_one := _open.get()) is not None:
        yield open_one
        return
    person = getattr(request_at_hand(), "user", None)
    with deed(person if person is not None and person.is_authenticated else None, None) as alone:
        yield alone


def put_on_record(done: Deed) -> Change | None:
    """Write the change and the rows after it; nothing where nothing was changed."""
    at = timezone.now()
    told = [(one, line) for one in done.touched.values() if (line := _line(one))]
    if not told:
        return None
    change = Change.objects.create(
        at=at,
        kind=done.kind or snapshot.kept(told[0][0].row).kind,
        by=done.actor,
        by_name=_name_of(done.actor),
        why=done.why,
        request_id=request_id(request_at_hand()),
        run_number=done.run_number,
        undoes=done.undoes,
        lines=[line for _one, line in told],
    )
    _keep_rows([one for one, _line_of in told], change, at)
    _tell_owners(done, change)
    return change


def _name_of(actor: Any) -> str:
    if actor is None:
        return "nobody signed in" if request_at_hand() else NOBODY
    full = actor.get_full_name()
    return f"{full} ({actor.username})" if full and full != actor.username else str(actor.username)


def _line(one: Touched) -> dict[str, Any] | None:
    """What changed in a row, for people and for undo; None where nothing did."""
    row, is_statement = one.row, snapshot.kept(one.row).opposite is not None
    was, now = snapshot.spoken(row, one.was(), one.many_before), {}
    if not one.is_gone:
        many = {name: snapshot.keys_of(row, row._meta.get_field(name)) for name in one.many_before}  # type: ignore[arg-type]
        now = snapshot.spoken(row, one.values(), many)
    silent = snapshot.kept(row).bulky if one.is_made else ()
    names = [
        name for name in (*now, *(was.keys() - now.keys())) if was.get(name) != now.get(name) and name not in silent
    ]
    if not names and not one.is_gone and not (one.is_made and is_statement):
        return None
    line: dict[str, Any] = {"model": row._meta.label_lower, "key": one.key, "name": str(row), "fields": {}}
    if one.is_made:
        line["made" if is_statement else "new"] = True
    if one.is_gone:
        line["gone"] = True
    for name in names:
        before, after = was.get(name), now.get(name)
        line["fields"][name] = {"was": before, "is": after, "says": diff_text.said_of(row, name, before, after)}
    return line


def _keep_rows(touched: Iterable[Touched], change: Change, at: datetime) -> None:
    """The rows after the change, in the history tables of their models."""
    after: dict[Any, list[models.Model]] = {}
    for one in touched:
        after.setdefault(snapshot.history_of(type(one.row)), []).append(_after(one, change, at))
    for model, kept in after.items():
        if len(kept) > 1:
            model._default_manager.bulk_create(kept)
        else:
            kept[0].save(force_insert=True)


def _after(one: Touched, change: Change, at: datetime) -> models.Model:
    has_many = snapshot.many_to_many(one.row) and not one.is_gone and (one.many_before or not one.is_made)
    many = snapshot.keys_of_many(one.row) if has_many else {}
    values = one.values()
    of_model = {field.attname: snapshot.from_plain(field, values[field.attname]) for field in snapshot.columns(one.row)}
    of_model[one.row._meta.pk.attname] = one.key
    return snapshot.history_of(type(one.row))(
        **of_model,
        many=many,
        change=change,
        history_date=at,
        history_type="-" if one.is_gone else "+" if one.is_made else "~",
        history_user_id=change.by_id,
    )


def _tell_owners(done: Deed, change: Change) -> None:
    """Whose rows were changed by somebody else gets a notice; what a command filled in is told to nobody."""
    if done.actor is None:
        return
    owners = set()
    for one in done.touched.values():
        if (owner := snapshot.kept(one.row).owner) and one.before is not None:
            owners |= {one.before[owner], getattr(one.row, owner)}
    others = owners - {None, change.by_id}
    for person in sorted(others):
        Notice.objects.create(change=change, person_id=person)


def watch_many_to_many() -> None:
    """Connect to the many-to-many fields of all models that are kept; called once, when the apps are ready."""
    for model in apps.get_models():
        if not hasattr(model, "kept"):
            continue
        pre_save.connect(_mark_loaded, sender=model, dispatch_uid=f"history loaded {model._meta.label}")
        for of_many in snapshot.many_to_many(model):
            through: Any = of_many.remote_field.through
            m2m_changed.connect(_many_changed(of_many), sender=through, weak=False, dispatch_uid=f"history {of_many}")


def _mark_loaded(instance: models.Model, raw: bool, **_rest: Any) -> None:
    if raw:
        instance.__dict__["_is_loaded"] = True


def _many_changed(of_many: models.ManyToManyField) -> Any:
    """Notes the keys before the first change; a change without a deed is one when it is over."""

    def changed(instance: models.Model, action: str, reverse: bool, **_rest: Any) -> None:
        if "_is_loaded" in instance.__dict__:  # by loaddata, which brings its history along
            return
        if reverse:
            raise NotImplementedError(f"Set {of_many} from the row that has it: history is kept there.")
        if action.startswith("pre_"):
            done = _open.get() or _left_open(instance)
            done.about_to_write(instance)
            known = done.touched[type(instance), instance.pk]
            known.many_before.setdefault(of_many.name, snapshot.keys_of(instance, of_many))
        elif _open.get() is None and (alone := instance.__dict__.pop("_deed_left_open", None)):
            put_on_record(alone)

    return changed


def _left_open(instance: models.Model) -> Deed:
    """A deed for one change of a many-to-many field, kept on the instance from before it to after it."""
    person = getattr(request_at_hand(), "user", None)
    alone = Deed(person if person is not None and person.is_authenticated else None, None)
    instance.__dict__["_deed_left_open"] = alone
    return alone
