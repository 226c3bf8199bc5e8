"""What comes of asking an outside service: found, missing, or unreachable with a reason and an advice for a person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from infrastructure.http.errors import RemoteError

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """The service answered with this value, at `asked_at` (UTC)."""

    value: T
    asked_at: datetime


@dataclass(frozen=True)
class ExplainedResult:
    """An answer of the `service` that gave nothing: the `reason`, without a full stop, and what to do next."""

    service: str
    reason: str
    advice: str
    asked_at: datetime

    @property
    def sentence(self) -> str:
        """The reason and the advice."""
        return f"{self.reason}. {self.advice}"


@dataclass(frozen=True)
class Missing(ExplainedResult):
    """The service answered that it has no such thing."""


@dataclass(frozen=True)
class Unreachable(ExplainedResult):
    """The service gave no usable answer."""

    @classmethod
    def from_error(cls, error: RemoteError, asked_at: datetime) -> Unreachable:
        """The error as an answer."""
        return cls(error.service, error.reason, error.advice, asked_at)


def explanations(*answers: object) -> list[str]:
    """What those of the answers that gave nothing have to say, each once."""
    return list(dict.fromkeys(answer.sentence for answer in answers if isinstance(answer, ExplainedResult)))
