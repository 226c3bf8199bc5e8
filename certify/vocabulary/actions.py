"""All that writes reasons, problems and checklists: one transaction and one change each.

As in `certify.actions`: the actor first; rights, locks, editions and rules are checked inside.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from django.core.exceptions import PermissionDenied

from audit.choices import Kind
from audit.operation import deed
from audit.tracked_model import Recorded
from certify.errors import EntryRefused
from certify.models import Checklist, NamedText
from certify.models.choices import ChecklistUse
from certify.rules.entry import Refusal
from certify.vocabulary.tree import DEEPEST, Row, depth_below, in_order, keys_below
from infrastructure.markdown import outline_of
from users.models import User

logger = logging.getLogger(__name__)
NOT_IN_TRAINING = "In training no reason or problem is added: everybody would see it. Say it in the comment."
W = TypeVar("W", bound=NamedText)
R = TypeVar("R", bound=Recorded)


class EditedMeanwhile(Exception):
    """The row is not the edition that was opened: `standing` is what stands now, `edition` its number."""

    def __init__(self, standing: Recorded, edition: int):
        super().__init__(f"{standing} was changed meanwhile.")
        self.standing, self.edition = standing, edition


@dataclass(frozen=True)
class WordSaid:
    """What a shift leader says of a reason or a problem; `parent` is the key of the one it stands below."""

    name: str
    parent: int | None = None
    description: str = ""
    what_to_do: str = ""
    is_retired: bool = False


@dataclass(frozen=True)
class ChecklistSaid:
    """What a shift leader says of a checklist; `text` is limited Markdown, `position` its place among the others."""

    title: str
    text: str
    used: str = ChecklistUse.CERTIFY
    position: int = 0
    is_retired: bool = False


def add_word(actor: User, model: type[W], name: str, description: str = "") -> W:
    """The reason or problem of this name, however it is capitalised; made if there is none yet.

    Raises `PermissionDenied`.
    """
    if not actor.may_certify:
        raise PermissionDenied("Adding a reason or a problem needs the role shifter.")
    if actor.in_training:
        raise PermissionDenied(NOT_IN_TRAINING)
    with deed(actor, Kind.WORDS):
        if known := word_named(model, name):
            return known
        word, is_new = model._default_manager.get_or_create(name=name, defaults={"description": description})
    if is_new:
        logger.info("%s added the %s %r", actor.username, model._meta.verbose_name, name)
    return word


def word_named(model: type[W], name: str) -> W | None:
    """The word of this name, however it is capitalised."""
    return model._default_manager.filter(name__iexact=name).first()


def keep_word(actor: User, model: type[W], said: WordSaid, pk: int | None = None, edition: int = 0) -> W:
    """Change the word that was opened at `edition`, or make one; retiring it retires what stands below it, too.

    Raises `PermissionDenied`, `EditedMeanwhile` and `EntryRefused`.
    """
    _check_is_leader(actor, "reasons and problems")
    with deed(actor, Kind.WORDS):
        # All of them are held: where a word may stand depends on the others, and there are a hundred at most.
        held = {row.pk: row for row in model._default_manager.select_for_update().order_by("pk")}
        word = _opened(held.get(pk), edition) if pk is not None else model()
        rows = [Row(row.pk, row.name, row.is_retired, row.parent_id) for row in held.values()]
        if refused := [*_name_is_free(held, said, pk), *_place_is_possible(rows, said, word)]:
            raise EntryRefused(refused)
        below = keys_below(rows, word.pk) if said.is_retired and not word.is_retired and word.pk else set()
        _write(word, {"name": said.name, "parent_id": said.parent} | _plain(said, "name", "parent"))
        for row in (held[key] for key in below if not held[key].is_retired):
            _write(row, {"is_retired": True})
    return word


def keep_checklist(
    actor: User | None, identifier: str, said: ChecklistSaid, edition: int = 0, *, is_new: bool = False
) -> Checklist:
    """Write the next edition of the checklist that was opened at `edition`, or the first of a new one.

    `actor` is None for the command line, whose user is trusted. Raises as `keep_word`.
    """
    if actor is not None:
        _check_is_leader(actor, "checklists")
    with deed(actor, Kind.WORDS):
        held = {row.identifier: row for row in Checklist.objects.select_for_update().order_by("pk")}
        if refused := list(_list_is_possible(held, identifier, said, is_new=is_new)):
            raise EntryRefused(refused)
        checklist = Checklist(identifier=identifier) if is_new else _opened(held.get(identifier), edition)
        _write(checklist, _plain(said))
    return checklist


def edition_of(row: Recorded) -> int:
    """How often the row has been written, by its history."""
    return type(row).history.filter(id=row.pk).count() or 1  # type: ignore[attr-defined]


def _check_is_leader(actor: User, what: str) -> None:
    if not actor.may_change_others:
        raise PermissionDenied(f"Changing {what} needs the role shift leader.")


def _opened(standing: R | None, edition: int) -> R:
    """The row as it was opened. Raises `EditedMeanwhile`, and `EntryRefused` where it is gone."""
    if standing is None:
        raise EntryRefused([Refusal("__all__", "It is there no longer. Open the list again.")])
    if (now := edition_of(standing)) != edition:
        raise EditedMeanwhile(standing, now)
    return standing


def _plain(said: Any, *but: str) -> dict[str, Any]:
    return {one.name: getattr(said, one.name) for one in fields(said) if one.name not in but}


def _write(row: Recorded, values: dict[str, Any]) -> None:
    for name, value in values.items():
        setattr(row, name, value)
    row.save()


def _name_is_free(held: dict[int, W], said: WordSaid, pk: int | None) -> Iterator[Refusal]:
    if not said.name.strip():
        yield Refusal("name", "Give it a name.")
    taken = next((row for row in held.values() if row.name.casefold() == said.name.casefold() and row.pk != pk), None)
    if taken:
        yield Refusal("name", f"“{taken.name}” is there already{', retired' if taken.is_retired else ''}.")


def _place_is_possible(rows: list[Row], said: WordSaid, word: NamedText) -> Iterator[Refusal]:
    """Where a word may stand: below one that is there and offered, not below itself, three deep at most."""
    if said.parent is None:
        return
    places = {one.pk: one for one in in_order(rows)}
    parent = places.get(said.parent)
    if parent is None:
        yield Refusal("parent", "What it should stand below is there no longer. Choose another.")
    elif word.pk in (parent.pk, *parent.above):
        yield Refusal("parent", f"“{word}” cannot stand below itself. Choose another.")
    elif parent.level + 1 + (depth_below(rows, word.pk) if word.pk else 0) > DEEPEST:
        yield Refusal("parent", f"That would be more than {DEEPEST} levels. Choose one further up.")
    elif parent.is_retired and said.parent != word.parent_id:
        yield Refusal("parent", f"“{parent.path}” is retired. Choose another, or restore it first.")


def _list_is_possible(
    held: dict[str, Checklist], identifier: str, said: ChecklistSaid, *, is_new: bool
) -> Iterator[Refusal]:
    if is_new and identifier in held:
        yield Refusal("identifier", f"There is a checklist “{identifier}” already. Choose another identifier.")
    others = (row for row in held.values() if row.identifier != identifier)
    if any(row.title.casefold() == said.title.casefold() for row in others):
        yield Refusal("title", f"There is a checklist “{said.title}” already. Choose another title.")
    if not outline_of(said.text).items:
        yield Refusal("text", "It has no item. Begin a line with - or 1. for each.")
