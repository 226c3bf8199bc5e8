"""All that writes reasons, problems and checklists: one transaction and one change each.

As in `certify.actions`: the actor first; rights, locks, editions and rules are checked inside.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied

from audit.choices import ChangeKind
from audit.operation import operation
from audit.tracked_model import TrackedModel
from certify.errors import EntryInvalid
from certify.models import Checklist, VocabularyTerm
from certify.models.choices import ChecklistUse
from certify.rules.entry import ValidationIssue
from certify.vocabulary.tree import MAX_DEPTH, TermRow, descendant_keys, in_tree_order, subtree_depth
from infrastructure.markdown import parse_outline
from users.models import User

logger = logging.getLogger(__name__)
NOT_IN_TRAINING = "In training no reason or problem is added: everybody would see it. Say it in the comment."
TermT = TypeVar("TermT", bound=VocabularyTerm)
TrackedT = TypeVar("TrackedT", bound=TrackedModel)


class EditedMeanwhile(Exception):
    """The row is not the edition that was opened: `existing` is what stands now, `edition` its number."""

    def __init__(self, existing: TrackedModel, edition: int):
        super().__init__(f"{existing} was changed meanwhile.")
        self.existing, self.edition = existing, edition


@dataclass(frozen=True)
class TermInput:
    """What a shift leader says of a reason or a problem; `parent` is the key of the one it stands below."""

    name: str
    parent: int | None = None
    description: str = ""
    what_to_do: str = ""
    is_retired: bool = False


@dataclass(frozen=True)
class ChecklistInput:
    """What a shift leader says of a checklist; `text` is limited Markdown, `position` its place among the others."""

    title: str
    text: str
    used: str = ChecklistUse.CERTIFY
    position: int = 0
    is_retired: bool = False


def add_term(actor: User, model: type[TermT], name: str, description: str = "") -> TermT:
    """The reason or problem of this name, however it is capitalised; made if there is none yet.

    Raises `PermissionDenied`.
    """
    if not actor.may_certify:
        raise PermissionDenied("Adding a reason or a problem needs the role shifter.")
    if actor.in_training:
        raise PermissionDenied(NOT_IN_TRAINING)
    with operation(actor, ChangeKind.VOCABULARY):
        if known := term_named(model, name):
            return known
        word, is_new = model._default_manager.get_or_create(name=name, defaults={"description": description})
    if is_new:
        logger.info("%s added the %s %r", actor.username, model._meta.verbose_name, name)
    return word


def term_named(model: type[TermT], name: str) -> TermT | None:
    """The word of this name, however it is capitalised."""
    return model._default_manager.filter(name__iexact=name).first()


def save_term(actor: User, model: type[TermT], data: TermInput, pk: int | None = None, edition: int = 0) -> TermT:
    """Change the word that was opened at `edition`, or make one; retiring it retires what stands below it, too.

    Raises `PermissionDenied`, `EditedMeanwhile` and `EntryInvalid`.
    """
    _check_is_shift_leader(actor, "reasons and problems")
    with operation(actor, ChangeKind.VOCABULARY):
        # All of them are held: where a word may stand depends on the others, and there are a hundred at most.
        held = {row.pk: row for row in model._default_manager.select_for_update().order_by("pk")}
        word = _check_edition(held.get(pk), edition) if pk is not None else model()
        rows = [TermRow(row.pk, row.name, row.is_retired, row.parent_id) for row in held.values()]
        if refused := [*_name_issues(held, data, pk), *_parent_issues(rows, data, word)]:
            raise EntryInvalid(refused)
        below = descendant_keys(rows, word.pk) if data.is_retired and not word.is_retired and word.pk else set()
        _set_and_save(word, {"name": data.name, "parent_id": data.parent} | _field_values(data, "name", "parent"))
        for row in (held[key] for key in below if not held[key].is_retired):
            _set_and_save(row, {"is_retired": True})
    return word


def save_checklist(
    actor: User | None, identifier: str, data: ChecklistInput, edition: int = 0, *, is_new: bool = False
) -> Checklist:
    """Write the next edition of the checklist that was opened at `edition`, or the first of a new one.

    `actor` is None for the command line, whose user is trusted. Raises as `save_term`.
    """
    if actor is not None:
        _check_is_shift_leader(actor, "checklists")
    with operation(actor, ChangeKind.VOCABULARY):
        held = {row.identifier: row for row in Checklist.objects.select_for_update().order_by("pk")}
        if refused := list(_checklist_issues(held, identifier, data, is_new=is_new)):
            raise EntryInvalid(refused)
        checklist = Checklist(identifier=identifier) if is_new else _check_edition(held.get(identifier), edition)
        _set_and_save(checklist, _field_values(data))
    return checklist


def current_edition(row: TrackedModel) -> int:
    """How often the row has been written, by its history."""
    return type(row).history.filter(id=row.pk).count() or 1  # type: ignore[attr-defined]


def _check_is_shift_leader(actor: User, label: str) -> None:
    if not actor.may_change_others:
        raise PermissionDenied(f"Changing {label} needs the role shift leader.")


def _check_edition(existing: TrackedT | None, edition: int) -> TrackedT:
    """The row as it was opened. Raises `EditedMeanwhile`, and `EntryInvalid` where it is gone."""
    if existing is None:
        raise EntryInvalid([ValidationIssue("__all__", "It is there no longer. Open the list again.")])
    if (now := current_edition(existing)) != edition:
        raise EditedMeanwhile(existing, now)
    return existing


def _field_values(data: Any, *but: str) -> dict[str, Any]:
    return {one.name: getattr(data, one.name) for one in fields(data) if one.name not in but}


def _set_and_save(row: TrackedModel, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def _name_issues(held: dict[int, TermT], data: TermInput, pk: int | None) -> Iterator[ValidationIssue]:
    if not data.name.strip():
        yield ValidationIssue("name", "Give it a name.")
    taken = next((row for row in held.values() if row.name.casefold() == data.name.casefold() and row.pk != pk), None)
    if taken:
        yield ValidationIssue("name", f"“{taken.name}” is there already{', retired' if taken.is_retired else ''}.")


def _parent_issues(rows: list[TermRow], data: TermInput, term: VocabularyTerm) -> Iterator[ValidationIssue]:
    """Where a word may stand: below one that is there and offered, not below itself, three deep at most."""
    if data.parent is None:
        return
    places = {one.pk: one for one in in_tree_order(rows)}
    parent = places.get(data.parent)
    if parent is None:
        yield ValidationIssue("parent", "The entry to put it below no longer exists. Choose another.")
    elif term.pk in (parent.pk, *parent.ancestors):
        yield ValidationIssue("parent", f"“{term}” cannot be placed below itself. Choose another.")
    elif parent.level + 1 + (subtree_depth(rows, term.pk) if term.pk else 0) > MAX_DEPTH:
        yield ValidationIssue("parent", f"That would be more than {MAX_DEPTH} levels. Choose one further up.")
    elif parent.is_retired and data.parent != term.parent_id:
        yield ValidationIssue("parent", f"“{parent.path}” is retired. Choose another, or restore it first.")


def _checklist_issues(
    held: dict[str, Checklist], identifier: str, data: ChecklistInput, *, is_new: bool
) -> Iterator[ValidationIssue]:
    if is_new and identifier in held:
        yield ValidationIssue("identifier", f"There is a checklist “{identifier}” already. Choose another identifier.")
    others = (row for row in held.values() if row.identifier != identifier)
    if any(row.title.casefold() == data.title.casefold() for row in others):
        yield ValidationIssue("title", f"There is a checklist “{data.title}” already. Choose another title.")
    if not parse_outline(data.text).items:
        yield ValidationIssue("text", "It has no item. Begin a line with - or 1. for each.")
