"""Actions that write reasons, problems and checklists. Each is one transaction and one operation in the history.

As in `certify.actions`, permissions, editions and rules are checked inside, on locked rows.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any, TypeVar

from django.core.exceptions import PermissionDenied

from audit.operation import operation
from audit.tracked_model import TrackedModel
from certify.errors import EntryInvalid
from certify.models import Checklist, VocabularyTerm
from certify.models.choices import ChecklistUse, ReviewChangeKind
from certify.rules.entry import ValidationIssue
from certify.vocabulary.tree import MAX_DEPTH, TermRow, descendant_keys, in_tree_order, subtree_depth
from infrastructure.markdown import parse_outline
from infrastructure.names import clean_name, name_key

if TYPE_CHECKING:
    from collections.abc import Iterator

    from users.models import User

logger = logging.getLogger(__name__)
NOT_IN_TRAINING = "In training no reason or problem is added: everybody would see it. Say it in the comment."
TermT = TypeVar("TermT", bound=VocabularyTerm)
TrackedT = TypeVar("TrackedT", bound=TrackedModel)


class EditedMeanwhile(Exception):
    """The row was saved since the form was opened. `existing` is the current row, `edition` its edition number."""

    def __init__(self, existing: TrackedModel, edition: int):
        super().__init__(f"{existing} was changed meanwhile.")
        self.existing, self.edition = existing, edition


@dataclass(frozen=True)
class TermInput:
    """Input for a reason or a problem. `parent` is the primary key of its parent term."""

    name: str
    parent: int | None = None
    description: str = ""
    what_to_do: str = ""
    is_retired: bool = False


@dataclass(frozen=True)
class ChecklistInput:
    """Input for a checklist. `text` is limited Markdown, `position` determines the order of the checklists."""

    title: str
    text: str
    used: str = ChecklistUse.CERTIFY
    position: int = 0
    is_retired: bool = False


def add_term(actor: User, model: type[TermT], name: str, description: str = "") -> TermT:
    """Return the reason or problem with an equal-looking name (ignoring case), created if it does not exist.

    Raises `PermissionDenied` below the role shifter and in training.
    """
    if not actor.may_certify:
        raise PermissionDenied("Adding a reason or a problem needs the role shifter.")
    if actor.in_training:
        raise PermissionDenied(NOT_IN_TRAINING)
    with operation(actor, ReviewChangeKind.VOCABULARY):
        if existing := term_named(model, name):
            return existing
        term, is_new = model._default_manager.get_or_create(
            name=clean_name(name), defaults={"description": description}
        )
    if is_new:
        logger.info("%s added the %s %r", actor.username, model._meta.verbose_name, name)
    return term


def term_named(model: type[TermT], name: str) -> TermT | None:
    """Return the term with an equal-looking name (ignoring case), or None."""
    key = name_key(name)
    return next((term for term in model._default_manager.all() if name_key(term.name) == key), None)


def save_term(actor: User, model: type[TermT], data: TermInput, pk: int | None = None, edition: int = 0) -> TermT:
    """Change the term `pk` that was opened at `edition`, or create one. Retiring a term retires its descendants, too.

    Raises `PermissionDenied` below the role shift leader, `EditedMeanwhile` and `EntryInvalid`.
    """
    _check_is_shift_leader(actor, "reasons and problems")
    with operation(actor, ReviewChangeKind.VOCABULARY):
        # All terms of the model are locked, because valid parents depend on the others. There are a hundred at most.
        locked = {row.pk: row for row in model._default_manager.select_for_update().order_by("pk")}
        term = _check_edition(locked.get(pk), edition) if pk is not None else model()
        rows = [TermRow(row.pk, row.name, row.is_retired, row.parent_id) for row in locked.values()]
        if issues := [*_name_issues(locked, data, pk), *_parent_issues(rows, data, term)]:
            raise EntryInvalid(issues)
        descendants = descendant_keys(rows, term.pk) if data.is_retired and not term.is_retired and term.pk else set()
        _set_and_save(
            term, {"name": clean_name(data.name), "parent_id": data.parent} | _field_values(data, "name", "parent")
        )
        for row in (locked[key] for key in descendants if not locked[key].is_retired):
            _set_and_save(row, {"is_retired": True})
    return term


def save_checklist(
    actor: User | None, identifier: str, data: ChecklistInput, edition: int = 0, *, is_new: bool = False
) -> Checklist:
    """Save the next edition of the checklist that was opened at `edition`, or the first edition of a new one.

    `actor` is None for management commands, which are trusted. Raises the same exceptions as `save_term`.
    """
    if actor is not None:
        _check_is_shift_leader(actor, "checklists")
    with operation(actor, ReviewChangeKind.VOCABULARY):
        locked = {row.identifier: row for row in Checklist.objects.select_for_update().order_by("pk")}
        if issues := list(_checklist_issues(locked, identifier, data, is_new=is_new)):
            raise EntryInvalid(issues)
        checklist = Checklist(identifier=identifier) if is_new else _check_edition(locked.get(identifier), edition)
        _set_and_save(checklist, _field_values(data))
    return checklist


def current_edition(row: TrackedModel) -> int:
    """Return the number of saves of the row, from its history."""
    return type(row).history.filter(id=row.pk).count() or 1  # type: ignore[attr-defined]


def _check_is_shift_leader(actor: User, label: str) -> None:
    if not actor.may_change_others:
        raise PermissionDenied(f"Changing {label} needs the role shift leader.")


def _check_edition(existing: TrackedT | None, edition: int) -> TrackedT:
    """Return the row if its edition is `edition`. Raises `EditedMeanwhile`, or `EntryInvalid` if it does not exist."""
    if existing is None:
        raise EntryInvalid([ValidationIssue("__all__", "It is there no longer. Open the list again.")])
    if (current := current_edition(existing)) != edition:
        raise EditedMeanwhile(existing, current)
    return existing


def _field_values(data: Any, *exclude: str) -> dict[str, Any]:
    return {field.name: getattr(data, field.name) for field in fields(data) if field.name not in exclude}


def _set_and_save(row: TrackedModel, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def _name_issues(terms: dict[int, TermT], data: TermInput, pk: int | None) -> Iterator[ValidationIssue]:
    if not clean_name(data.name):
        yield ValidationIssue("name", "Give it a name.")
    if pk in terms and name_key(terms[pk].name) == name_key(data.name):  # the name stays, whatever it looks like
        return
    others = (term for term in terms.values() if term.pk != pk)
    if same := next((term for term in others if name_key(term.name) == name_key(data.name)), None):
        yield ValidationIssue("name", f"“{same.name}” is there already{', retired' if same.is_retired else ''}.")


def _parent_issues(rows: list[TermRow], data: TermInput, term: VocabularyTerm) -> Iterator[ValidationIssue]:
    """Yield the issues of the parent: it must exist and be offered, not be a descendant, and not be too deep."""
    if data.parent is None:
        return
    nodes = {node.pk: node for node in in_tree_order(rows)}
    parent = nodes.get(data.parent)
    if parent is None:
        yield ValidationIssue("parent", "The entry to put it below no longer exists. Choose another.")
    elif term.pk in (parent.pk, *parent.ancestors):
        yield ValidationIssue("parent", f"“{term}” cannot be placed below itself. Choose another.")
    elif parent.level + 1 + (subtree_depth(rows, term.pk) if term.pk else 0) > MAX_DEPTH:
        yield ValidationIssue("parent", f"That would be more than {MAX_DEPTH} levels. Choose one further up.")
    elif parent.is_retired and data.parent != term.parent_id:
        yield ValidationIssue("parent", f"“{parent.path}” is retired. Choose another, or restore it first.")


def _checklist_issues(
    checklists: dict[str, Checklist], identifier: str, data: ChecklistInput, *, is_new: bool
) -> Iterator[ValidationIssue]:
    if is_new and identifier in checklists:
        yield ValidationIssue("identifier", f"There is a checklist “{identifier}” already. Choose another identifier.")
    others = (row for row in checklists.values() if row.identifier != identifier)
    if any(name_key(row.title) == name_key(data.title) for row in others):
        yield ValidationIssue("title", f"There is a checklist “{data.title}” already. Choose another title.")
    if not parse_outline(data.text).items:
        yield ValidationIssue("text", "It has no item. Begin a line with - or 1. for each.")
