"""What a form was opened with, signed, so that a save is held against what was shown and asks nobody again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from django.core import signing

_SALT = "certify.ticket"
_TRAINING_KEY = "practice_of"  # the name of `training_of` in what is signed: forms are open while the server changes


@dataclass(frozen=True)
class FormContext:
    """The run and reconstruction shown, and what Run Registry said of them.

    `registry` is found, missing or unreachable; `datasets` are the names it gave for the reconstruction;
    `registry_states` their Tracker states; `asked_at` (ISO, UTC) when; `is_complete` whether OMS answered too;
    `shown` the facts of the verdict as the form showed them, None where it does not say;
    `training_of` whose practice it is (key), None where it counts.
    """

    run_number: int
    reconstruction: str
    registry: str
    datasets: list[str] = field(default_factory=list)
    registry_states: dict[str, str | None] = field(default_factory=dict)
    asked_at: str = ""
    is_complete: bool = False
    shown: dict[str, Any] | None = None
    training_of: int | None = None

    def signed(self) -> str:
        """The form context as text for a hidden field."""
        content = asdict(self)
        content[_TRAINING_KEY] = content.pop("training_of")
        return signing.dumps(content, salt=_SALT, compress=True)

    def accepts_dataset(self, dataset: str) -> bool:
        """Whether this dataset may be certified with this form context; none only where Run Registry named none."""
        if self.registry == "unreachable":
            return True
        return dataset in self.datasets if self.datasets else not dataset

    def is_dataset_verified(self, dataset: str) -> bool:
        """Whether Run Registry itself named the dataset."""
        return dataset in self.datasets


def read_form_context(text: str) -> FormContext | None:
    """The form context that `signed` made, or None when it is not one of ours."""
    try:
        return FormContext(**_by_field_name(signing.loads(text, salt=_SALT)))
    except (AttributeError, signing.BadSignature, TypeError, ValueError):
        return None


def _by_field_name(content: dict[str, Any]) -> dict[str, Any]:
    """What was signed, each value under the name of its field."""
    return {"training_of" if name == _TRAINING_KEY else name: value for name, value in content.items()}
