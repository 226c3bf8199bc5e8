"""What a shifter said and what it rests on, as the actions take it; and whether a record says just that already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from certify.models.choices import CertificationState
from certify.models.components import PROBLEM_FIELDS, Component, ComponentFlag, flag_columns

if TYPE_CHECKING:
    import datetime as dt

    from certify.facts.snapshot import TypedValues
    from certify.models import BadReason, RunReconstruction, TrackerCertification
    from users.models import User


@dataclass(frozen=True)
class CertificationInput:
    """What the shifter said: the fields of a certification by name, without its facts.

    `confirmed` are the codes of the questions that were confirmed; of these, only what is asked is kept.
    """

    component_flags: tuple[ComponentFlag, ...]
    trackermap: str
    reference: RunReconstruction
    date: dt.date
    bad_reason: BadReason | None = None
    comment: str = ""
    confirmed: list[str] = field(default_factory=list)
    problems: dict[str, list[Any]] = field(default_factory=dict)

    @classmethod
    def from_columns(cls, **values: Any) -> CertificationInput:
        """From flags and ticks by the names of their columns, and the rest as here. A tick left out is not set."""
        component_flags = tuple(
            ComponentFlag(one, values.pop(one.flag_field), values.pop(one.lowstat_field, False)) for one in Component
        )
        return cls(component_flags, **values)

    def columns(self) -> dict[str, Any]:
        """The certification's own columns."""
        plain = ("trackermap", "date", "bad_reason", "comment", "confirmed")
        return {
            **flag_columns(self.component_flags),
            **{name: getattr(self, name) for name in plain},
            "reference_runreconstruction": self.reference,
        }


@dataclass(frozen=True)
class CertificationContext:
    """What a decision rests on besides the mirror of OMS: dataset, typed facts, and what Run Registry said when.

    `checklists`: those that were ticked, by identifier, title and edition, to which who ticked them is added; none when
    a certification is changed.
    `shown`: the facts that the form showed, None where it does not say. `training_of`: whose practice it is (key).
    """

    dataset: str = ""
    is_dataset_known: bool = True
    is_dataset_verified: bool = True
    is_complete: bool = False
    typed_run: TypedValues = field(default_factory=dict)
    typed_fill: TypedValues = field(default_factory=dict)
    registry: dict[str, Any] = field(default_factory=dict)
    unticked: list[str] = field(default_factory=list)
    checklists: list[dict[str, Any]] = field(default_factory=list)
    shown: dict[str, Any] | None = None
    training_of: int | None = None


def is_resubmission(
    certification: TrackerCertification,
    actor: User,
    run_number: int,
    reconstruction: str,
    data: CertificationInput,
    context: CertificationContext,
) -> bool:
    """Whether this is the save that made the record, sent once more, and the record still stands."""
    is_of = (certification.user_id, certification.run_number, certification.reconstruction) == (
        actor.pk,
        run_number,
        reconstruction,
    )
    return is_of and certification.state == CertificationState.LIVE and has_same_content(certification, data, context)


def has_same_content(
    certification: TrackerCertification, data: CertificationInput, context: CertificationContext
) -> bool:
    """Whether the record has just this decision, on this dataset and these typed facts."""
    columns = data.columns()
    has_same_columns = set(certification.confirmed) <= set(columns.pop("confirmed"))
    has_same_columns &= all(getattr(certification, name) == value for name, value in columns.items())
    has_same_problems = all(
        set(getattr(certification, name).all()) == set(data.problems.get(name, [])) for name in PROBLEM_FIELDS
    )
    has_same_dataset = (certification.dataset.name if certification.dataset else "") == context.dataset
    return has_same_columns and has_same_problems and has_same_dataset and _has_typed_facts(certification, context)


def _has_typed_facts(certification: TrackerCertification, context: CertificationContext) -> bool:
    """Whether all that was typed by hand is among the facts the record froze."""
    of_run = dict(context.typed_run)
    of_fill = dict(context.typed_fill)
    if "fill_number" in of_fill:
        of_run["fill_number"] = of_fill.pop("fill_number")
    asked = (("run", of_run), ("fill", of_fill))
    return all(
        certification.facts[part].get(name) == given["value"] for part, typed in asked for name, given in typed.items()
    )
