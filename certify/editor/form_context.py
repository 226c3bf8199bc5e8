"""The signed context of an open form: a save validates against it without queries to OMS or Run Registry."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

from django.core import signing

if TYPE_CHECKING:
    from django.http import QueryDict

    from certify.models import TrackerCertification

_SALT = "certify.ticket"
_TRAINING_KEY = "practice_of"  # signed name of `training_of`; forms that are open during an update have it


@dataclass(frozen=True)
class FormContext:
    """The run and reconstruction of a form, and the answer of Run Registry about them.

    `registry`: "found", "missing" or "unreachable". `datasets`: names of the datasets of the reconstruction.
    `registry_states`: their Tracker states; `registry_classes`: the class of the run, where it has one;
    `registry_flags`: their status by component. `asked_at`: time of the answer (ISO, UTC). `is_complete`: whether OMS
    answered, too. `shown`: the facts of the verdict that the form showed, None if unknown. `training_of`: primary key
    of the user whose practice it is, or None.
    """

    run_number: int
    reconstruction: str
    registry: str
    datasets: list[str] = field(default_factory=list)
    registry_states: dict[str, str | None] = field(default_factory=dict)
    registry_classes: dict[str, str] = field(default_factory=dict)
    registry_flags: dict[str, dict[str, str]] = field(default_factory=dict)
    asked_at: str = ""
    is_complete: bool = False
    shown: dict[str, Any] | None = None
    training_of: int | None = None

    def signed(self) -> str:
        """Return the context as signed text for a hidden field."""
        content = asdict(self)
        content[_TRAINING_KEY] = content.pop("training_of")
        return signing.dumps(content, salt=_SALT, compress=True)

    def accepts_dataset(self, dataset: str) -> bool:
        """Whether this dataset may be certified. An empty one may only if Run Registry has no dataset."""
        if self.registry == "unreachable":
            return True
        return dataset in self.datasets if self.datasets else not dataset

    def is_dataset_verified(self, dataset: str) -> bool:
        """Whether Run Registry gave this dataset."""
        return dataset in self.datasets

    def registry_facts(self, dataset: str) -> dict[str, Any]:
        """Return what Run Registry answered about this dataset, as stored with a certification."""
        facts = {"state": self.registry_states.get(dataset), "asked_at": self.asked_at}
        others = {"class": self.registry_classes.get(dataset), "flags": self.registry_flags.get(dataset)}
        return facts | {name: value for name, value in others.items() if value}


def read_form_context(text: str) -> FormContext | None:
    """Return the context from the text of `signed`, or None if the text is invalid."""
    try:
        return FormContext(**_by_field_name(signing.loads(text, salt=_SALT)))
    except (AttributeError, signing.BadSignature, TypeError, ValueError):
        return None


def _by_field_name(content: dict[str, Any]) -> dict[str, Any]:
    """Return the signed values by field name."""
    return {"training_of" if name == _TRAINING_KEY else name: value for name, value in content.items()}


def posted_form_context(data: QueryDict, certification: TrackerCertification) -> FormContext | None:
    """Return the context of the submitted form, or None if it is not of the same run and reconstruction."""
    sent = read_form_context(data.get("ticket", ""))
    is_same_target = sent and (sent.run_number, sent.reconstruction) == (
        certification.run_number,
        certification.reconstruction,
    )
    return sent if is_same_target else None


def form_context_of(certification: TrackerCertification) -> FormContext:
    """Return the context of the form that changes a certification, from its stored facts."""
    registry = certification.facts.get("registry", {})
    name = certification.dataset.name if certification.dataset else ""
    return FormContext(
        run_number=certification.run_number,
        reconstruction=certification.reconstruction,
        registry="found" if certification.is_dataset_verified else "unreachable",
        datasets=[name] if name and certification.is_dataset_verified else [],
        registry_states={name: registry.get("state")},
        registry_classes={name: registry["class"]} if registry.get("class") else {},
        registry_flags={name: registry.get("flags") or {}},
        asked_at=registry.get("asked_at") or "",
        is_complete=certification.external_info_complete,
        training_of=certification.training_of,
    )
