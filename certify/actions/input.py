"""The input of the actions on certifications, and its comparison with an existing certification."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from certify.facts.snapshot import SECONDS_TO_SAVE
from certify.models.choices import CertificationState
from certify.models.components import PROBLEM_FIELDS, Component, ComponentFlag, flag_columns

if TYPE_CHECKING:
    import datetime as dt

    from certify.facts.snapshot import TypedValues
    from certify.models import BadReason, RunReconstruction, TrackerCertification
    from users.models import User


@dataclass(frozen=True)
class CertificationInput:
    """What the shifter entered: the fields of a certification without its facts.

    `confirmed`: codes of the ticked confirmations; only required ones are stored. `problems`: vocabulary terms by name
    of the relation.
    """

    component_flags: tuple[ComponentFlag, ...]
    trackermap: str
    reference: RunReconstruction
    date: dt.date
    bad_reason: BadReason | None = None
    comment: str = ""
    confirmed: list[str] = field(default_factory=list)
    problems: dict[str, list[Any]] = field(default_factory=dict)
    like_express: bool = False

    @classmethod
    def from_columns(cls, **values: Any) -> CertificationInput:
        """Build from flags, low-statistics values and ranges by column name (default False, none), and other fields."""
        component_flags = tuple(
            ComponentFlag(
                component,
                values.pop(component.flag_field),
                values.pop(component.lowstat_field, False),
                tuple(values.pop(component.ranges_field, ())),
            )
            for component in Component
        )
        return cls(component_flags, **values)

    def columns(self) -> dict[str, Any]:
        """Return {column: value} of the certification, without relations to many rows."""
        plain = ("trackermap", "date", "bad_reason", "comment", "confirmed")
        return {
            **flag_columns(self.component_flags),
            **{name: getattr(self, name) for name in plain},
            "reference_runreconstruction": self.reference,
        }


@dataclass(frozen=True)
class CertificationContext:
    """The context of an input besides the facts of OMS: dataset, typed facts, and the answer of Run Registry.

    `checklists`: {identifier, title, edition} of each checklist, and `open` if its flag was set beside it, empty for a
    change; the action adds by whom. `gone_through`, `opened_checklists`: (identifier, edition) to store for the shift
    day, opened ones for `shift_run_type`. `seconds_to_save`: from the display of the form, None if unknown. `shown`:
    the facts that the form showed, None if unknown. `training_of`: key of the user whose practice it is, or None.
    `lumisections_seen`: what the action found; if it is set before, they count as seen although they were not read.
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
    gone_through: list[tuple[str, int]] = field(default_factory=list)
    opened_checklists: list[tuple[str, int]] = field(default_factory=list)
    shift_run_type: str = ""
    seconds_to_save: int | None = None
    shown: dict[str, Any] | None = None
    training_of: int | None = None
    lumisections_seen: bool = False

    def entry_facts(self, username: str) -> dict[str, Any]:
        """Return what a new certification freezes of its form: the checklists with who, and the seconds to save."""
        checklists = [{**checklist, "by": username} for checklist in self.checklists]
        return {"checklists": checklists, SECONDS_TO_SAVE: self.seconds_to_save}


def is_resubmission(
    certification: TrackerCertification,
    actor: User,
    run_number: int,
    reconstruction: str,
    data: CertificationInput,
    context: CertificationContext,
) -> bool:
    """Whether this input is the one that created the certification, submitted again, and it is still live."""
    is_same_target = (certification.user_id, certification.run_number, certification.reconstruction) == (
        actor.pk,
        run_number,
        reconstruction,
    )
    is_live = certification.state == CertificationState.LIVE
    return is_same_target and is_live and has_same_content(certification, data, context)


def has_same_content(
    certification: TrackerCertification,
    data: CertificationInput,
    context: CertificationContext,
    *,
    ignore_confirmed: bool = False,
) -> bool:
    """Whether the certification has the same input, dataset and typed facts.

    `ignore_confirmed`: also if the input lacks confirmations, which another tab was asked for.
    """
    columns = data.columns()
    has_same_columns = set(certification.confirmed) <= set(columns.pop("confirmed")) or ignore_confirmed
    has_same_columns &= all(getattr(certification, name) == value for name, value in columns.items())
    has_same_problems = all(
        set(getattr(certification, name).all()) == set(data.problems.get(name, [])) for name in PROBLEM_FIELDS
    )
    has_same_dataset = (certification.dataset.name if certification.dataset else "") == context.dataset
    return has_same_columns and has_same_problems and has_same_dataset and _has_typed_facts(certification, context)


def was_saved_in_another_tab(
    actor: User, current: TrackerCertification, data: CertificationInput, context: CertificationContext
) -> bool:
    """Whether this person has saved the same content already."""
    is_own = current.updated_by_id == actor.pk and current.state == CertificationState.LIVE
    return is_own and has_same_content(current, data, context, ignore_confirmed=True)


def _has_typed_facts(certification: TrackerCertification, context: CertificationContext) -> bool:
    """Whether the facts stored with the certification have all typed values."""
    run_values = dict(context.typed_run)
    fill_values = dict(context.typed_fill)
    if "fill_number" in fill_values:
        run_values["fill_number"] = fill_values.pop("fill_number")
    return all(
        certification.facts[part].get(name) == typed["value"]
        for part, values in (("run", run_values), ("fill", fill_values))
        for name, typed in values.items()
    )
