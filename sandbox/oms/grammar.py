"""Query grammar of OMS: filter, sort, page, fields and include."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]
Pairs = Iterable[tuple[str, str]]

DEFAULT_LIMIT = 10
_FILTER = re.compile(r"filter\[(?P<attribute>[^\]]*)\](?:\[(?P<operator>[^\]]*)\])?$")
_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$")
_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    "EQ": operator.eq, "NEQ": operator.ne, "LT": operator.lt, "GT": operator.gt, "LE": operator.le, "GE": operator.ge,
}  # fmt: skip
OPERATORS = (*_COMPARISONS, "LIKE", "CT")


class InvalidQuery(ValueError):
    """The query is invalid. The text is the detail of the response with status 400."""


@dataclass(frozen=True)
class Condition:
    """One filter. All filters of a query must match."""

    attribute: str
    operator: str
    value: Any

    def matches(self, row: Row) -> bool:
        value = row[self.attribute]
        if self.value is None or value is None:
            return self._matches_null(value)
        if self.operator in ("LIKE", "CT"):
            return self._contains(value)
        value, wanted = _comparable_values(value, self.value, self.attribute)
        return _COMPARISONS[self.operator](value, wanted)

    def _matches_null(self, value: Any) -> bool:
        """Null equals only null and does not match any other comparison."""
        if self.value is None:
            return (value is None) == (self.operator == "EQ") if self.operator in ("EQ", "NEQ") else False
        return False

    def _contains(self, value: Any) -> bool:
        if isinstance(value, list):
            return str(self.value) in value
        text, wanted = str(value), str(self.value)
        if self.operator == "CT" or "%" not in wanted:
            return wanted.lower() in text.lower()
        pattern = ".*".join(re.escape(part) for part in wanted.split("%"))
        return re.fullmatch(pattern, text, re.IGNORECASE | re.DOTALL) is not None


def _comparable_values(value: Any, wanted: Any, attribute: str) -> tuple[Any, Any]:
    """Convert both values to the type of the attribute. Raises `InvalidQuery`."""
    if isinstance(value, bool):
        if str(wanted).lower() not in ("true", "false"):
            raise InvalidQuery(f"Cannot parse {wanted!r} as a boolean for {attribute}")
        return value, str(wanted).lower() == "true"
    if isinstance(value, int | float):
        if not _NUMBER.match(str(wanted)):
            raise InvalidQuery(f"Cannot parse {wanted!r} as a number for {attribute}")
        return value, float(wanted)
    return (",".join(value), str(wanted)) if isinstance(value, list) else (value, str(wanted))


@dataclass
class Query:
    """A parsed query."""

    conditions: list[Condition] = field(default_factory=list)
    sort: list[tuple[str, bool]] = field(default_factory=list)
    fields: list[str] | None = None
    include: frozenset[str] = frozenset()
    offset: int = 0
    limit: int = DEFAULT_LIMIT


def _integer(name: str, text: str, minimum: int) -> int:
    if not text.isdigit() or int(text) < minimum:
        raise InvalidQuery(f"Parameter {name} is {text!r}, not a number of at least {minimum}")
    return int(text)


def _comma_separated(text: str) -> list[str]:
    return [item.strip() for item in text.split(",") if item.strip()]


def _parse_condition(name: str, value: str) -> Condition:
    match = _FILTER.match(name)
    if not match:
        raise InvalidQuery(f"Cannot parse parameter {name!r}")
    symbol = (match["operator"] or "EQ").upper()
    if symbol not in OPERATORS:
        raise InvalidQuery(f"Unknown operator {match['operator']!r}")
    return Condition(match["attribute"], symbol, None if value == "null" else value)


def parse_query(pairs: Pairs) -> Query:
    """Parse the query parameters. Raises `InvalidQuery`."""
    query = Query()
    for name, value in pairs:
        if name.startswith("filter"):
            query.conditions.append(_parse_condition(name, value))
        elif name == "sort":
            query.sort = [(item.lstrip("-"), item.startswith("-")) for item in _comma_separated(value)]
        elif name == "fields":
            query.fields = _comma_separated(value)
        elif name == "include":
            query.include = frozenset(_comma_separated(value))
        elif name == "page[offset]":
            query.offset = _integer(name, value, 0)
        elif name == "page[limit]":
            query.limit = _integer(name, value, 1)
        elif not name.startswith("group["):
            raise InvalidQuery(f"Unknown parameter {name!r}")
    return query


def validate_query(query: Query, attributes: frozenset[str]) -> Query:
    """Return the query if all its attributes exist. Raises `InvalidQuery`."""
    named = [condition.attribute for condition in query.conditions] + [name for name, _ in query.sort]
    for name in [*named, *(query.fields or [])]:
        if name not in attributes:
            raise InvalidQuery(f"Unknown attribute {name!r}")
    return query


def _sort_key(name: str) -> Callable[[Row], tuple[bool, Any]]:
    def key(row: Row) -> tuple[bool, Any]:
        value = row[name]
        return (value is not None, ",".join(value) if isinstance(value, list) else value if value is not None else 0)

    return key


def _sorted_by(rows: list[Row], name: str, *, descending: bool) -> list[Row]:
    """Sort by one attribute, nulls last in both directions."""
    known = [row for row in rows if row[name] is not None]
    unknown = [row for row in rows if row[name] is None]
    return sorted(known, key=_sort_key(name), reverse=descending) + unknown


def select_rows(rows: Iterable[Row], query: Query, primary: list[str]) -> list[Row]:
    """Return the matching rows in the requested order, by default newest primary key first."""
    matching = [row for row in rows if all(condition.matches(row) for condition in query.conditions)]
    order = query.sort or [(name, True) for name in primary]
    for name, descending in reversed(order):
        matching = _sorted_by(matching, name, descending=descending)
    return matching
