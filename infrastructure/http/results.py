"""What comes of asking an outside service: found, missing, or unreachable with a sentence for a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """The service answered with this value, at `asked_at` (UTC)."""

    value: T
    asked_at: datetime


class ExplainedResult:
    """An answer with a sentence for a person."""

    sentence: str

    @property
    def happened(self) -> str:
        """What happened alone, for pages on which what to do next is another thing."""
        return self.sentence.split(". ", 1)[0].removesuffix(".") + "."


@dataclass(frozen=True)
class Missing(ExplainedResult):
    """The service answered that it has no such thing."""

    service: str
    sentence: str
    asked_at: datetime


@dataclass(frozen=True)
class Unreachable(ExplainedResult):
    """The service gave no usable answer; `sentence` says what happened and what to do next."""

    service: str
    sentence: str
    asked_at: datetime


def explanations(*answers: object) -> list[str]:
    """What those of the answers that gave nothing have to say, each sentence once."""
    return list(dict.fromkeys(answer.sentence for answer in answers if isinstance(answer, ExplainedResult)))
