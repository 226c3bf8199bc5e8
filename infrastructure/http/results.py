"""Results of a request to an outside service: found, missing, or unreachable, with a reason and an advice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from datetime import datetime

    from infrastructure.http.errors import RemoteError

T = TypeVar("T")


@dataclass(frozen=True)
class Found(Generic[T]):
    """The service answered with this value, at `asked_at` (UTC). `left_out`: parts of the answer that are unusable."""

    value: T
    asked_at: datetime
    left_out: tuple[str, ...] = ()


@dataclass(frozen=True)
class ExplainedResult:
    """A result without a value: the `reason`, without a full stop, and what to do next."""

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
    """The service answered that it does not have the data."""


@dataclass(frozen=True)
class Unreachable(ExplainedResult):
    """The service gave no usable answer."""

    @classmethod
    def from_error(cls, error: RemoteError, asked_at: datetime) -> Unreachable:
        """The error as an answer."""
        return cls(error.service, error.reason, error.advice, asked_at)


def explanations(*answers: object) -> list[str]:
    """The distinct reasons and advice of the results without a value."""
    return list(dict.fromkeys(answer.sentence for answer in answers if isinstance(answer, ExplainedResult)))
