"""Undo of a change: a new change that restores every field of it, if none of them was changed since.

A creation is undone by `AuditOptions.reverse_create`; a deleted row is created again with its key. A field with another
value by now blocks the undo, and its later changes are named.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, models

from audit import diff_text, snapshot
from audit.choices import AuditChangeKind
from audit.models import AuditOptions, Change
from audit.operation import operation
from audit.signals import rows_restored

if TYPE_CHECKING:
    from audit.tracked_model import TrackedModel


class ReasonMissing(Exception):
    """An undo needs a reason."""


class UndoBlocked(Exception):
    """Fields have changed since: `plan` contains the fields and the later changes."""

    def __init__(self, plan: UndoPlan) -> None:
        super().__init__("Not undone: it was changed since.")
        self.plan = plan


@dataclass(frozen=True)
class UndoStep:
    """The undo of one row: the values to set, and the fields that block it."""

    line: dict[str, Any]
    row: TrackedModel
    target: snapshot.Values
    now: snapshot.Values
    blocked: list[str]

    @property
    def diff_lines(self) -> diff_text.DiffLines:
        """Lines of (label, now, after the undo), without those with the same text, such as an empty list and none.

        Long texts are cut, so they are included even if their beginnings are the same.
        """
        names = snapshot.in_field_order(type(self.row), self.target)
        named = [(name, self.now.get(name), self.target[name]) for name in names]
        diffs = [diff_text.field_diff(self.row, name, now, value) for name, now, value in named if now != value]
        return [
            line for lines in diffs for line in lines if line[1] != line[2] or len(line[1]) >= diff_text.MAX_TEXT_LENGTH
        ]

    @property
    def conflicts(self) -> diff_text.DiffLines:
        """Lines of (label, value to restore, current value) of the fields that block the undo."""
        return [
            line
            for name in self.blocked
            for line in diff_text.field_diff(self.row, name, self.target.get(name), self.now.get(name))
        ]


@dataclass(frozen=True)
class UndoPlan:
    """The undo of a change. `later_changes`: the changes that block it, newest first. `refusal`: another reason."""

    change: Change
    steps: list[UndoStep]
    later_changes: list[Change]
    refusal: str = ""

    @property
    def is_blocked(self) -> bool:
        return bool(self.refusal) or any(step.blocked for step in self.steps)

    def is_allowed_to(self, actor: Any) -> bool:
        """Whether this person may make the opposite change of each row."""
        return bool(self.steps) and all(
            step.row.can_undo(actor, self.change, [] if step.line.get("made") else step.line["fields"])
            for step in self.steps
        )


def plan_undo(change: Change, actor: Any, reason: str = "", *, is_locking: bool = False) -> UndoPlan:
    """Plan the undo of a change on the current rows, with locks if `is_locking`."""
    lines = sorted(change.lines, key=lambda line: _options(line).lock_order)
    steps = [step for line in lines if (step := _plan_step(line, actor, reason, is_locking))]
    refused = "" if len(steps) == len(lines) and lines else "There is nothing to undo: what it was about is not there."
    return UndoPlan(change, steps, _later_changes(change, steps), refused)


def undo_change(actor: Any, change: Change, reason: str) -> Change:
    """Undo a change and return the new change. Raises `ReasonMissing`, `PermissionDenied` and `UndoBlocked`."""
    if not reason.strip():
        raise ReasonMissing
    try:
        with operation(actor, AuditChangeKind.UNDO, reason=reason, run=change.run_number, undoes=change) as done:
            plan = plan_undo(change, actor, reason.strip(), is_locking=True)
            if not plan.is_allowed_to(actor):
                raise PermissionDenied("Only who may make the opposite change can undo this one.")
            if plan.is_blocked:
                raise UndoBlocked(plan)
            for step in plan.steps:
                if not step.line.get("gone"):
                    done.track_loaded(step.row)
                _apply_step(step, actor, reason.strip())
            rows_restored.send(Change, rows=[step.row for step in plan.steps])
    except IntegrityError:
        raise UndoBlocked(UndoPlan(change, [], [], _conflict_text(change))) from None
    return Change.objects.filter(undoes=change)[0]


def _options(line: dict[str, Any]) -> AuditOptions:
    return snapshot.audit_options(apps.get_model(line["model"]))


def _conflict_text(change: Change) -> str:
    """The message for rows that cannot be restored because of a database constraint."""
    labels = dict.fromkeys(label for line in change.lines if (label := _options(line).conflict_label))
    return f"Something else has taken its place{''.join(f': {label}' for label in labels)}, or its name."


def _plan_step(line: dict[str, Any], actor: Any, reason: str, is_locking: bool) -> UndoStep | None:
    model: Any = apps.get_model(line["model"])
    stored = model._base_manager.select_for_update(of=("self",)) if is_locking else model._base_manager
    row = stored.filter(pk=line["key"]).first()
    if line.get("gone"):
        was = {name: change["was"] for name, change in line["fields"].items()}
        return UndoStep(line, model(pk=line["key"]), was, {}, []) if row is None else None
    if row is None:
        return None
    now = snapshot.audited_values(row, snapshot.column_values(row, {}), snapshot.all_related_keys(row))
    # A field that was tracked at the time and is untracked now is not set back.
    target = {name: change["was"] for name, change in line["fields"].items() if name not in _options(line).untracked}
    expected = _expected_values(line, model, now)
    if line.get("made"):
        target = snapshot.audit_options(model).reverse_create(actor, reason)  # type: ignore[misc]
    return UndoStep(line, row, target, now, [name for name, value in expected.items() if now.get(name) != value])


def _expected_values(line: dict[str, Any], model: Any, now: snapshot.Values) -> snapshot.Values:
    """Values that the row must still have: those of the change; of a created row, defaults in all other fields."""
    recorded = {name: change["is"] for name, change in line["fields"].items() if name not in _options(line).untracked}
    if not line.get("made"):
        return recorded
    nothing = snapshot.audited_values(
        model, snapshot.default_values(model), {name.name: [] for name in snapshot.many_to_many(model)}
    )
    silent = snapshot.audit_options(model).omit_on_create
    return {
        name: value for name, value in (nothing | recorded).items() if name not in silent and name in {*now, *recorded}
    }


def _later_changes(change: Change, steps: list[UndoStep]) -> list[Change]:
    """The later changes of the blocked fields."""
    blocked = {(step.line["model"], step.line["key"]): set(step.blocked) for step in steps if step.blocked}
    keys: set[int] = set()
    for model_name, key in blocked:
        keys |= set(changes_of(apps.get_model(model_name), key).filter(pk__gt=change.pk).values_list("pk", flat=True))
    later = Change.objects.filter(pk__in=keys) if keys else []
    return [candidate for candidate in later if any(_touches(line, blocked) for line in candidate.lines)]


def _touches(line: dict[str, Any], blocked: dict[tuple[str, Any], set[str]]) -> bool:
    fields = blocked.get((line["model"], line["key"]), set())
    return bool(fields & line["fields"].keys())


def changes_of(model: Any, key: Any) -> models.QuerySet[Change]:
    """The changes of a row, newest first."""
    name = model._meta.pk.attname
    return Change.objects.filter(pk__in=model.history.filter(**{name: key}).values("change_id"))


def _apply_step(step: UndoStep, actor: Any, reason: str) -> None:
    """Restore the row and save it, then its many-to-many fields."""
    many = snapshot.restore_values(step.row, step.target)
    step.row.touch(actor, reason, step.target)
    step.row.save(force_insert=bool(step.line.get("gone")))
    for name, keys in many.items():
        getattr(step.row, name).set(keys)
