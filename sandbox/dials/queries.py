"""Queries of DIALS: filters, `fields`, and paging by cursor."""

from __future__ import annotations

import base64
import binascii
import json
import operator
import re
from collections import deque
from dataclasses import dataclass, field
from itertools import islice
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlencode

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Key = tuple[int, ...]
DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE = 10, 500
NUMBER, NUMBERS, TEXT, PATTERN, BOOLEAN = "number", "numbers", "text", "pattern", "boolean"


class InvalidParameters(ValueError):
    """Parameters are invalid: {name: [text]}, the response with status 400."""

    def __init__(self, errors: dict[str, list[str]]) -> None:
        super().__init__(errors)
        self.errors = errors


class InvalidPattern(ValueError):
    """A regular expression is invalid, which DIALS answers with status 500."""


class InvalidCursor(ValueError):
    """The cursor is invalid."""


_TESTS: dict[str, Callable[[Any, Any], bool]] = {
    "": operator.eq,
    "__lte": operator.le,
    "__gte": operator.ge,
    "__in": lambda value, wanted: value in wanted,
    "__regex": lambda value, wanted: bool(wanted.search(value)),
}


@dataclass
class Selection:
    """The filters of a query by parameter. All must match."""

    values: dict[str, Any] = field(default_factory=dict)

    def accepts(self, name: str, value: Any) -> bool:
        """Return whether the filters of this attribute accept its value."""
        values = self.values
        return all(test(value, values[name + end]) for end, test in _TESTS.items() if name + end in values)


def _number(text: str) -> float:
    try:
        number = float(text)
    except ValueError:
        raise ValueError("Enter a number.") from None
    if number != number or number in (float("inf"), float("-inf")):
        raise ValueError("Enter a number.")
    return number


def _pattern(text: str) -> re.Pattern[str]:
    try:
        return re.compile(text)
    except re.error:
        raise InvalidPattern from None


_PARSERS: dict[str, Callable[[str], Any]] = {
    NUMBER: _number,
    NUMBERS: lambda text: {_number(part) for part in text.split(",")},
    TEXT: str,
    PATTERN: _pattern,
    BOOLEAN: lambda text: {"true": True, "false": False}.get(text.lower()),
}


def parse_selection(parameters: Mapping[str, str], known: Mapping[str, str]) -> Selection:
    """Parse the filters that a resource knows; all others have no effect. Raises `InvalidParameters`."""
    selection, errors = Selection(), {}
    for name, parameter_type in known.items():
        text = parameters.get(name, "")
        if not text:
            continue
        try:
            value = _PARSERS[parameter_type](text)
        except InvalidPattern:
            raise
        except ValueError as wrong:
            errors[name] = [str(wrong)]
            continue
        if value is not None:
            selection.values[name] = value
    if errors:
        raise InvalidParameters(errors)
    return selection


@dataclass(frozen=True)
class Cursor:
    """The position of a page: the key before its first row, or (`is_reverse`) after its last."""

    position: Key
    is_reverse: bool = False

    def token(self) -> str:
        """Return the text of the parameter `next_token`."""
        fields = {"r": "1"} if self.is_reverse else {}
        text = urlencode(fields | {"p": json.dumps([str(part) for part in self.position])})
        return base64.b64encode(text.encode()).decode()


def parse_cursor(text: str | None, length: int) -> Cursor | None:
    """Parse `next_token` for keys of this length. Raises `InvalidCursor`."""
    if not text:
        return None
    try:
        fields = parse_qs(base64.b64decode(text.encode("ascii")).decode("ascii"))
        position = tuple(int(part) for part in json.loads(fields["p"][0]))
    except (binascii.Error, ValueError, KeyError, TypeError):
        raise InvalidCursor from None
    if len(position) != length:
        raise InvalidCursor
    return Cursor(position, fields.get("r", ["0"])[0] == "1")


def page_size(text: str | None) -> int:
    """Return the number of rows of a page: 10 for none or an invalid number, at most 500."""
    size = int(text) if text and text.isdigit() else 0
    return min(size, MAX_PAGE_SIZE) or DEFAULT_PAGE_SIZE


@dataclass(frozen=True)
class PageOfKeys:
    """The keys of a page, and the cursors of its neighbours."""

    keys: list[Key]
    following: Cursor | None
    previous: Cursor | None


def page_of(scan: Callable[[Key | None], Iterable[Key]], cursor: Cursor | None, size: int) -> PageOfKeys:
    """Return a page. `scan` yields the keys in order that come after a key, or all."""
    if cursor and cursor.is_reverse:
        return _page_before(scan, cursor, size)
    found = list(islice(scan(cursor.position if cursor else None), size + 1))
    keys = found[:size]
    following = Cursor(keys[-1]) if len(found) > size else None
    return PageOfKeys(keys, following, Cursor(keys[0], is_reverse=True) if cursor and keys else None)


def _page_before(scan: Callable[[Key | None], Iterable[Key]], cursor: Cursor, size: int) -> PageOfKeys:
    found: deque[Key] = deque(maxlen=size + 1)
    for key in scan(None):
        if key >= cursor.position:
            break
        found.append(key)
    keys = list(found)[-size:]
    previous = Cursor(keys[0], is_reverse=True) if len(found) > size else None
    return PageOfKeys(keys, Cursor(keys[-1]) if keys else None, previous)
