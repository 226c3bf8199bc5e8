"""Words below each other, three deep: their order, their level, and the path that leads to each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

DEEPEST = 3
BETWEEN = " › "


@dataclass(frozen=True)
class Row:
    """A word as stored: its key, name, whether it is retired, and the key of the one it stands below."""

    pk: int
    name: str
    is_retired: bool
    parent: int | None


@dataclass(frozen=True)
class Word:
    """A word in its place: `above` are the keys from the top to the one it stands below, `path` names them all."""

    pk: int
    name: str
    is_retired: bool
    above: tuple[int, ...]
    path: str

    @property
    def level(self) -> int:
        """1 at the top."""
        return len(self.above) + 1


def in_order(rows: Iterable[Row]) -> list[Word]:
    """The words, each followed by those below it, by name.

    One whose parent is not among them stands at the top; so does one of a ring, which only the database could make.
    """
    known = {row.pk: row for row in sorted(rows, key=lambda one: one.name.casefold())}
    below: dict[int | None, list[Row]] = {}
    for row in known.values():
        below.setdefault(row.parent if row.parent in known else None, []).append(row)
    placed = list(_branch(below.get(None, []), below, (), ""))
    lost = known.keys() - {word.pk for word in placed}
    return placed + [Word(row.pk, row.name, row.is_retired, (), row.name) for row in known.values() if row.pk in lost]


def _branch(rows: list[Row], below: dict[int | None, list[Row]], above: tuple[int, ...], path: str) -> Iterator[Word]:
    for row in rows:
        here = f"{path}{BETWEEN}{row.name}" if path else row.name
        yield Word(row.pk, row.name, row.is_retired, above, here)
        yield from _branch(below.get(row.pk, []), below, (*above, row.pk), here)


def keys_below(rows: Iterable[Row], pk: int) -> set[int]:
    """The keys of all words below this one."""
    return {word.pk for word in in_order(rows) if pk in word.above}


def depth_below(rows: Iterable[Row], pk: int) -> int:
    """How many levels hang below this word: 0 where nothing does."""
    return max((len(word.above) - word.above.index(pk) for word in in_order(rows) if pk in word.above), default=0)
