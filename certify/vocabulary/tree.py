"""Tree of vocabulary terms, at most three levels deep: order, level and path of each term."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_DEPTH = 3
PATH_SEPARATOR = " › "


@dataclass(frozen=True)
class TermRow:
    """A stored term. `parent` is the primary key of its parent."""

    pk: int
    name: str
    is_retired: bool
    parent: int | None


@dataclass(frozen=True)
class TermNode:
    """A term in the tree. `ancestors` are primary keys from the top to its parent, `path` contains all names."""

    pk: int
    name: str
    is_retired: bool
    ancestors: tuple[int, ...]
    path: str

    @property
    def level(self) -> int:
        """Return the level, 1 at the top."""
        return len(self.ancestors) + 1


def in_tree_order(rows: Iterable[TermRow]) -> list[TermNode]:
    """Return the terms sorted by name, each followed by its descendants.

    A term with an unknown parent is at the top, as are those in a cycle, which forms cannot create.
    """
    by_key = {row.pk: row for row in sorted(rows, key=lambda row: row.name.casefold())}
    children: dict[int | None, list[TermRow]] = {}
    for row in by_key.values():
        children.setdefault(row.parent if row.parent in by_key else None, []).append(row)
    nodes = list(_walk(children.get(None, []), children, (), ""))
    in_cycles = by_key.keys() - {node.pk for node in nodes}
    return nodes + [
        TermNode(row.pk, row.name, row.is_retired, (), row.name) for row in by_key.values() if row.pk in in_cycles
    ]


def _walk(
    rows: list[TermRow], children: dict[int | None, list[TermRow]], ancestors: tuple[int, ...], parent_path: str
) -> Iterator[TermNode]:
    for row in rows:
        path = f"{parent_path}{PATH_SEPARATOR}{row.name}" if parent_path else row.name
        yield TermNode(row.pk, row.name, row.is_retired, ancestors, path)
        yield from _walk(children.get(row.pk, []), children, (*ancestors, row.pk), path)


def descendant_keys(rows: Iterable[TermRow], pk: int) -> set[int]:
    """Return the primary keys of all descendants of a term."""
    return {node.pk for node in in_tree_order(rows) if pk in node.ancestors}


def subtree_depth(rows: Iterable[TermRow], pk: int) -> int:
    """Return the number of levels below a term, 0 without children."""
    return max(
        (len(node.ancestors) - node.ancestors.index(pk) for node in in_tree_order(rows) if pk in node.ancestors),
        default=0,
    )
