"""Words below each other, three deep: their order, their level, and the path that leads to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

MAX_DEPTH = 3
PATH_SEPARATOR = " › "


@dataclass(frozen=True)
class TermRow:
    """A word as stored: its key, name, whether it is retired, and the key of the one it stands below."""

    pk: int
    name: str
    is_retired: bool
    parent: int | None


@dataclass(frozen=True)
class TermNode:
    """A word in its place: `ancestors` are the keys from the top to the one it stands below, `path` names them all."""

    pk: int
    name: str
    is_retired: bool
    ancestors: tuple[int, ...]
    path: str

    @property
    def level(self) -> int:
        """1 at the top."""
        return len(self.ancestors) + 1


def in_tree_order(rows: Iterable[TermRow]) -> list[TermNode]:
    """The words, each followed by those below it, by name.

    One whose parent is not among them stands at the top; so does one of a ring, which only the database could make.
    """
    known = {row.pk: row for row in sorted(rows, key=lambda one: one.name.casefold())}
    below: dict[int | None, list[TermRow]] = {}
    for row in known.values():
        below.setdefault(row.parent if row.parent in known else None, []).append(row)
    placed = list(_walk(below.get(None, []), below, (), ""))
    lost = known.keys() - {word.pk for word in placed}
    return placed + [
        TermNode(row.pk, row.name, row.is_retired, (), row.name) for row in known.values() if row.pk in lost
    ]


def _walk(
    rows: list[TermRow], below: dict[int | None, list[TermRow]], ancestors: tuple[int, ...], path: str
) -> Iterator[TermNode]:
    for row in rows:
        here = f"{path}{PATH_SEPARATOR}{row.name}" if path else row.name
        yield TermNode(row.pk, row.name, row.is_retired, ancestors, here)
        yield from _walk(below.get(row.pk, []), below, (*ancestors, row.pk), here)


def descendant_keys(rows: Iterable[TermRow], pk: int) -> set[int]:
    """The keys of all words below this one."""
    return {word.pk for word in in_tree_order(rows) if pk in word.ancestors}


def subtree_depth(rows: Iterable[TermRow], pk: int) -> int:
    """How many levels hang below this word: 0 where nothing does."""
    return max(
        (len(word.ancestors) - word.ancestors.index(pk) for word in in_tree_order(rows) if pk in word.ancestors),
        default=0,
    )
