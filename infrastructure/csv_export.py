"""CSV that spreadsheets open without running formulas."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

# A spreadsheet takes a cell that begins with one of these for a formula.
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n")
_UNESCAPED = {int, float, bool, type(None)}  # most cells; a call for each would take half of the time
LIST_SEPARATOR = "; "  # several words in a cell


class _Echo:
    """What csv.writer writes to: each line is handed on at once."""

    def write(self, line: str) -> str:
        return line


def escape_cell(value: Any) -> Any:
    """A value as CSV shows it; text that a spreadsheet would take for a formula gets a leading apostrophe."""
    if isinstance(value, str):
        return f"'{value}" if _needs_escape(value) else value
    if isinstance(value, list):
        return escape_cell(LIST_SEPARATOR.join(value))
    return value.isoformat() if hasattr(value, "isoformat") else value


def _needs_escape(text: str) -> bool:
    """Whether to escape the text. Escaped texts are escaped again, so that `unescape_cell` is the exact reverse."""
    return text.lstrip("'").startswith(_FORMULA_STARTS)


def unescape_cell(text: str) -> str:
    """The text of a cell that `escape_cell` wrote."""
    return text[1:] if text.startswith("'") and _needs_escape(text) else text


def csv_rows(heading: Iterable[str], rows: Iterable[Iterable[Any]]) -> Iterator[str]:
    """The heading, then a line for each row."""
    writer = csv.writer(_Echo())
    yield writer.writerow(heading)
    for row in rows:
        yield writer.writerow([value if type(value) in _UNESCAPED else escape_cell(value) for value in row])
