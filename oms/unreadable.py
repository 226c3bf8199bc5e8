"""The error of a single value of OMS that cannot be read. It costs this value, not its row."""

from __future__ import annotations


class UnreadableValue(ValueError):
    """A value of OMS that cannot be read. `problem`: why, in a few words, such as "not a number"."""

    def __init__(self, attribute: str, problem: str) -> None:
        super().__init__(f"{attribute}: {problem}")
        self.attribute = attribute
        self.problem = problem
