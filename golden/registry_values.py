"""What was read from Run Registry of other detectors for a dataset, as far as a policy names it. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from golden.contexts import REGISTRY_FIELDS
from golden.vocabulary import REGISTRY_READ

if TYPE_CHECKING:
    from datetime import datetime

READ, NOT_READ, NO_ROW = "read", "not read from Run Registry yet", "no row in Run Registry"
CLAUSE_LABEL = "read from Run Registry"
# (first, last, value), both ends included.
ValueRanges = tuple[tuple[int, int, Any], ...]


@dataclass(frozen=True)
class RegistryValues:
    """What a reading has of the variables that a policy names. `read_at` (UTC): None without a reading.

    `run`: {variable: value} of those of the whole dataset. `ranges`: {variable: ranges} of the others, and of
    `REGISTRY_READ` the lumisections that have a row in Run Registry.
    """

    read_at: datetime | None = None
    digest: str = ""
    run: dict[str, Any] = field(default_factory=dict)
    ranges: dict[str, ValueRanges] = field(default_factory=dict)

    @property
    def cuts(self) -> set[int]:
        """The lumisections from which on a value can differ from the one before."""
        return {cut for ranges in self.ranges.values() for first, last, _ in ranges for cut in (first, last + 1)}

    def values_at(self, number: int) -> tuple[Any, ...]:
        """Return the values of one lumisection in the order of `REGISTRY_FIELDS`, None where unknown."""
        if self.read_at is None:
            return (NOT_READ, *[None] * (len(REGISTRY_FIELDS) - 1))
        found = {name: _value_at(ranges, number) for name, ranges in self.ranges.items()}
        return (found.pop(REGISTRY_READ) or NO_ROW, *(found.get(name) for name in REGISTRY_FIELDS[1:]))


def _value_at(ranges: ValueRanges, number: int) -> Any:
    return next((value for first, last, value in ranges if first <= number <= last), None)
