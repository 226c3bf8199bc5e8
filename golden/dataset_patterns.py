"""Patterns of dataset names, as Run Registry reads them: a subset of SIMILAR TO of SQL.

`%` is any text, `_` any character, `(A|B)` one of several texts. The whole name has to match, upper and lower case are
different.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

MAX_PATTERN_LENGTH = 150
MAX_WILDCARDS, MAX_GROUPS = 3, 3  # matching takes time that grows with each
_UNSUPPORTED = frozenset("*+?{}[]\\^$")


class PatternInvalid(ValueError):
    """A text is no pattern of dataset names. The message says where and what to write instead."""


@dataclass(frozen=True)
class DatasetPattern:
    """A pattern, `text`, that is valid."""

    text: str
    expression: re.Pattern[str]

    def matches(self, name: str) -> bool:
        """Whether the whole name fits the pattern."""
        return self.expression.fullmatch(name) is not None


def parse_pattern(text: str) -> DatasetPattern:
    """Return the pattern. Raises `PatternInvalid`."""
    if not text:
        raise PatternInvalid("The dataset pattern is empty. Write the name of a dataset, such as /PromptReco/%.")
    if text != text.strip():
        raise PatternInvalid("The dataset pattern begins or ends with a blank. Write the whole name.")
    if len(text) > MAX_PATTERN_LENGTH:
        raise PatternInvalid(f"The dataset pattern has {len(text)} characters; at most {MAX_PATTERN_LENGTH} fit.")
    if text.count("%") > MAX_WILDCARDS or text.count("(") > MAX_GROUPS:
        raise PatternInvalid(f"The dataset pattern has more than {MAX_WILDCARDS} signs % or {MAX_GROUPS} parentheses.")
    return DatasetPattern(text, re.compile("".join(_expression_parts(text)), re.DOTALL))


def _expression_parts(text: str) -> Iterable[str]:
    """Yield the regular expression of each character. Raises `PatternInvalid`."""
    depth = 0
    for position, character in enumerate(text, 1):
        if character in _UNSUPPORTED or not character.isprintable():
            raise PatternInvalid(f"{character!r} at character {position} is not supported. Use %, _ and (A|B) only.")
        depth += {"(": 1, ")": -1}.get(character, 0)
        if depth not in (0, 1):
            raise PatternInvalid(f"The parenthesis at character {position} has no partner or is inside another.")
        if character == "|" and not depth:
            raise PatternInvalid(f"The | at character {position} is outside of parentheses. Write (A|B).")
        yield _EXPRESSIONS.get(character) or re.escape(character)
    if depth:
        raise PatternInvalid("A parenthesis is not closed. Write (A|B).")


_EXPRESSIONS = {"%": ".*", "_": ".", "(": "(?:", ")": ")", "|": "|"}


def pattern_name(text: str) -> str:
    """Return a short form for file names: `PromptReco-Collisions2018A` of `/PromptReco/Collisions2018A/DQM`."""
    return re.sub(r"[^A-Za-z0-9]+", "-", text.removesuffix("/DQM")).strip("-") or "all"
