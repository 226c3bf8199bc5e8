"""Problems of files that cannot be imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LISTED = 20
_MAX_QUOTED = 60  # characters of a cell in a sentence


class NotImportable(Exception):
    """The file cannot be imported, and nothing was stored.

    `problems` has a sentence for each, with its line or entry and its column; the text lists the first `MAX_LISTED`.
    """

    def __init__(self, problems: str | Sequence[str]) -> None:
        self.problems = [problems] if isinstance(problems, str) else list(problems)
        listed = self.problems[:MAX_LISTED]
        if hidden := len(self.problems) - len(listed):
            listed.append(f"… and {hidden} more. Correct these first.")
        super().__init__("\n".join(listed))


def quote(text: str) -> str:
    """Quote the beginning of a cell for a sentence; invisible and broken characters are written as escapes."""
    return repr(text if len(text) <= _MAX_QUOTED else f"{text[:_MAX_QUOTED]}…")
