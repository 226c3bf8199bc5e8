"""What a form was opened with, signed, so that a save is held against what was shown and asks nobody again."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.core import signing

if TYPE_CHECKING:
    from django.http import QueryDict

    from certify.models import TrackerCertification

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


def posted_form_context(data: QueryDict, certification: TrackerCertification) -> FormContext | None:
    """What the sent form was opened with, if that was the same reconstruction of the same run."""
    sent = read_form_context(data.get("ticket", ""))
    is_of_it = sent and (sent.run_number, sent.reconstruction) == (
        certification.run_number,
        certification.reconstruction,
    )
    return sent if is_of_it else None


def form_context_of(certification: TrackerCertification) -> FormContext:
    """What a certification was made with, as the context of the form that changes it."""
    registry = certification.facts.get("registry", {})
    name = certification.dataset.name if certification.dataset else ""
    return FormContext(
        run_number=certification.run_number,
        reconstruction=certification.reconstruction,
        registry="found" if certification.is_dataset_verified else "unreachable",
        datasets=[name] if name and certification.is_dataset_verified else [],
        registry_states={name: registry.get("state")},
        asked_at=registry.get("asked_at") or "",
        is_complete=certification.external_info_complete,
        training_of=certification.training_of,
    )
