"""What a form was opened with, signed, so that a save is held against what was shown and asks nobody again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.core import signing

_SALT = "certify.ticket"


@dataclass(frozen=True)
class Ticket:
    """The run and reconstruction shown, and what Run Registry said of them.

    `registry` is found, missing or unreachable; `datasets` are the names it gave for the reconstruction;
    `registry_states` their Tracker states; `asked_at` (ISO, UTC) when; `is_complete` whether OMS answered too;
    `shown` the facts of the verdict as the form showed them, None where it does not say;
    `practice_of` whose practice it is (key), None where it counts.
    """

    run_number: int
    reconstruction: str
    registry: str
    datasets: list[str] = field(default_factory=list)
    registry_states: dict[str, str | None] = field(default_factory=dict)
    asked_at: str = ""
    is_complete: bool = False
    shown: dict[str, Any] | None = None
    practice_of: int | None = None

    def signed(self) -> str:
        """The ticket as text for a hidden field."""
        return signing.dumps(asdict(self), salt=_SALT, compress=True)

    def knows(self, dataset: str) -> bool:
        """Whether this dataset may be certified with this ticket; none only where Run Registry named none."""
        if self.registry == "unreachable":
            return True
        return dataset in self.datasets if self.datasets else not dataset

    def has_verified(self, dataset: str) -> bool:
        """Whether Run Registry itself named the dataset."""
        return dataset in self.datasets


def read_ticket(text: str) -> Ticket | None:
    """The ticket that `signed` made, or None when it is not one of ours."""
    try:
        return Ticket(**signing.loads(text, salt=_SALT))
    except (signing.BadSignature, TypeError, ValueError):
        return None
