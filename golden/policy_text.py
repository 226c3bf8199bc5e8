"""Reads the JSON of a policy that a person typed or a program sent, whatever it contains."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

MAX_TEXT_LENGTH = 50_000  # characters
_MAX_BRACKETS = 200  # the policy itself is limited to less


@dataclass(frozen=True)
class PolicyIssue:
    """Why a policy is refused: `path` is the place in its JSON, such as `$.and[2].==[0]`; `message` says what to do."""

    path: str
    message: str

    def __str__(self) -> str:
        return self.message if self.path == "$" else f"{self.path}: {self.message}"


class PolicyInvalid(ValueError):
    """A policy is refused, with its `issues`."""

    def __init__(self, issues: list[PolicyIssue]) -> None:
        super().__init__("; ".join(map(str, issues)))
        self.issues = issues


def read_logic(text: str) -> Any:
    """Return the value of a JSON text. Raises `PolicyInvalid` with the place of what is wrong."""
    if len(text) > MAX_TEXT_LENGTH:
        raise _invalid(f"The logic has {len(text)} characters; at most {MAX_TEXT_LENGTH} fit. Shorten it.")
    if not text.strip():
        raise _invalid("The logic is empty. Write a rule.")
    if _depth(text) > _MAX_BRACKETS:
        raise _invalid(f"The brackets are more than {_MAX_BRACKETS} deep. Use fewer levels.")
    try:
        return json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
    except json.JSONDecodeError as error:
        raise _invalid(f"This is not JSON: {error.msg} in line {error.lineno}, column {error.colno}.") from None
    except ValueError as error:
        raise _invalid(f"This is not JSON: {str(error)[:200]}") from None


def _invalid(message: str) -> PolicyInvalid:
    return PolicyInvalid([PolicyIssue("$", message)])


def _depth(text: str) -> int:
    """Return how deep the brackets are, those in strings included."""
    depth = deepest = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}":
            depth -= 1
    return deepest


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    content = dict(pairs)
    if len(content) < len(pairs):
        raise ValueError("An object has the same key twice. Use each key once.")
    return content


def _refuse_constant(name: str) -> Any:
    raise ValueError(f"{name} is no number of JSON. Write a number.")
