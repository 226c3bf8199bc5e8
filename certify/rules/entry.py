"""The validation rules of entry: each issue has a sentence and the form field it belongs to.

Pure functions over a `CertificationEntry`, shared by the form and the action. Existing and imported rows may break
these rules; only new entries are validated.
"""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from certify.models.choices import Flag
from certify.models.components import Component, ComponentFlag
from certify.rules.range_rules import range_issues
from certify.rules.reference_type import has_fitting_type
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN
from certify.rules.shift_day import shift_day_errors
from oms.formatting import as_typed_text
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from oms.lumisections.segments import SegmentFacts
    from oms.models import OmsRun


@dataclass(frozen=True)
class TwinCertification:
    """The certification of express for prompt, and the reverse: flags, facts (1/pb), people, last change (UTC)."""

    pk: int
    reconstruction: str
    component_flags: dict[Component, ComponentFlag]
    run_type: str
    lumisections: int | None
    recorded_lumi: float | None
    people: str
    changed_at: dt.datetime
    comment: str = ""
    reference_run_number: int | None = None
    reference_reconstruction: str = ""
    is_stale: bool = False


@dataclass(frozen=True)
class MeasuredLumisections:
    """What was read of the lumisections of a run: `segments` and `lumis` as in `CertificationEntry`.

    `are_read`: whether OMS has answered, also that it has none.
    """

    segments: Sequence[SegmentFacts] = ()
    lumis: Sequence[float | None] = ()
    are_read: bool = False


NOT_READ = MeasuredLumisections()


@dataclass(frozen=True)
class CertificationEntry:
    """The input of the rules; unknown values are None. Luminosity in 1/pb, energy per beam in GeV.

    `repeated_reason` is the name of the reason if the comment says nothing else. `components` are the detectors in the
    run, as OMS names them; `twin` is set for express and prompt only.
    `segments`: lumisections of the run with their bits, as far as they have been read. `lumis`: recorded luminosity of
    each lumisection from the first on, None where it is unknown; empty where no rule needs it.
    `typed`: {attribute of the run: the text and unit as typed}, such as {"recorded_lumi": "7.9 1/fb"}.
    """

    run_number: int
    component_flags: dict[Component, ComponentFlag]
    run_type: str
    reference_run_type: str | None
    date: dt.date
    today: dt.date
    run_began: dt.date | None = None
    is_own_reference: bool = False
    has_reason: bool = False
    has_comment: bool = False
    repeated_reason: str = ""
    is_dataset_known: bool = True
    unticked: list[str] = field(default_factory=list)
    reconstruction: str = ""
    reference_run_number: int | None = None
    components: list[str] | None = None
    lumisections: int | None = None
    recorded_lumi: float | None = None
    delivered_lumi: float | None = None
    energy: float | None = None
    typed: dict[str, str] = field(default_factory=dict)
    twin: TwinCertification | None = None
    segments: Sequence[SegmentFacts] = ()
    lumis: Sequence[float | None] = ()


@dataclass(frozen=True)
class ValidationIssue:
    """Why an entry is invalid, and the form field of the error (`__all__` for the whole form)."""

    field: str
    sentence: str


def build_entry(
    run: OmsRun,
    reconstruction: str,
    values: Mapping[str, Any],
    *,
    is_dataset_known: bool = True,
    unticked: list[str] | None = None,
    twin: TwinCertification | None = None,
    measured: MeasuredLumisections = NOT_READ,
) -> CertificationEntry:
    """Build the entry from the run and these columns of a certification. Components without a flag are omitted."""
    today = dt.datetime.now(dt.UTC).date()
    reference = values.get("reference_runreconstruction")
    flagged = [component for component in Component if values.get(component.flag_field)]
    return CertificationEntry(
        run_number=run.run_number,
        component_flags={
            component: ComponentFlag(
                component,
                values[component.flag_field],
                bool(values.get(component.lowstat_field)),
                tuple((first, last) for first, last in values.get(component.ranges_field) or ()),
            )
            for component in flagged
        },
        reference_run_type=reference.run.run_type if reference else None,
        is_own_reference=str(reference) == f"{run.run_number} {reconstruction}",
        date=values.get("date") or today,
        today=today,
        run_began=run.start_time.date() if run.start_time else None,
        has_reason=values.get("bad_reason") is not None,
        repeated_reason=_repeated_reason(values),
        has_comment=bool((values.get("comment") or "").strip()),
        is_dataset_known=is_dataset_known,
        unticked=unticked or [],
        reconstruction=reconstruction,
        reference_run_number=reference.run_id if reference else None,
        components=run.components,
        delivered_lumi=run.delivered_lumi,
        energy=run.energy,
        typed={name: as_typed_text(entry) for name, entry in run.typed.items()},
        twin=twin,
        segments=measured.segments,
        lumis=measured.lumis,
        **verdict_facts(run),
    )


def _repeated_reason(values: Mapping[str, Any]) -> str:
    """Return the name of the reason if the comment is that name, or is still empty and will begin with it."""
    reason, comment = values.get("bad_reason"), (values.get("comment") or "").strip().rstrip(".:")
    is_repeated = reason is not None and comment.casefold() in ("", reason.name.casefold())
    return reason.name if reason is not None and is_repeated else ""


def is_run_number(number: int) -> bool:
    """Whether `number` is in the range of run numbers."""
    return FIRST_RUN <= number <= LAST_RUN


def validate(entry: CertificationEntry) -> list[ValidationIssue]:
    """Return all issues of this entry; an empty list if it is valid."""
    return [issue for rule in _RULES for issue in rule(entry)]


def _run_number_is_possible(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    if not is_run_number(entry.run_number):
        yield ValidationIssue("__all__", f"Run numbers go from {FIRST_RUN} to {LAST_RUN}. Open a run within them.")


def join_names(names: list[str], conjunction: str = "and") -> str:
    """Join names as in a sentence: "A, B and C"."""
    return f" {conjunction} ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _bad_has_reason_and_comment(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    bad = [component_flag.component.label for component_flag in entry.component_flags.values() if component_flag.is_bad]
    if bad and not entry.has_reason:
        yield ValidationIssue("bad_reason", f"{join_names(bad)}: bad needs a reason. Choose or add one.")
    if bad and not entry.has_comment:
        yield ValidationIssue("comment", f"{join_names(bad)}: bad needs a comment. Say what was seen.")


def good_components(entry: CertificationEntry) -> Iterator[Component]:
    """Return the components whose flag is good."""
    return (
        component for component, component_flag in entry.component_flags.items() if component_flag.flag == Flag.GOOD
    )


def _good_has_what_it_requires(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    for component in good_components(entry):
        for prerequisite in component.declaration.prerequisites:
            other = entry.component_flags.get(prerequisite.component)
            if prerequisite.is_required and other and other.is_bad:
                sentence = f"{component.label} cannot be good while {other.component.label} is bad. Change one of them."
                yield ValidationIssue(component.flag_field, sentence)


def _excluded_has_no_statistics(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    for component_flag in entry.component_flags.values():
        if component_flag.flag == Flag.EXCLUDED and component_flag.lowstat:
            name = component_flag.component.label
            yield ValidationIssue(
                component_flag.component.lowstat_field,
                f"{name} is excluded, so it has no statistics to be low. Untick low or change the flag.",
            )


def _ranges_are_possible(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    yield from (ValidationIssue(name, sentence) for name, sentence in range_issues(entry))


def _reference_is_of_the_same_type(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    if not has_fitting_type(entry.run_type, entry.reference_run_type):
        yield ValidationIssue(
            "reference_runreconstruction",
            f"The reference is a {entry.reference_run_type} run and this one is {entry.run_type}. "
            "Choose a reference of the same type.",
        )


def _reference_is_another(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    if entry.is_own_reference:
        yield ValidationIssue("reference_runreconstruction", "A run is not its own reference. Choose another.")


def _date_is_possible(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    for sentence in shift_day_errors(entry.date, entry.today, entry.run_began):
        yield ValidationIssue("date", sentence)


def _dataset_was_shown(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    if not entry.is_dataset_known:
        yield ValidationIssue("dataset", "Run Registry did not name this dataset for the run. Open the form again.")


def _checklists_are_ticked(entry: CertificationEntry) -> Iterator[ValidationIssue]:
    for identifier in entry.unticked:
        yield ValidationIssue(f"checklist_{identifier}", "Go through this list and tick it.")


_RULES = [
    _run_number_is_possible,
    _bad_has_reason_and_comment,
    _good_has_what_it_requires,
    _excluded_has_no_statistics,
    _ranges_are_possible,
    _reference_is_of_the_same_type,
    _reference_is_another,
    _date_is_possible,
    _dataset_was_shown,
    _checklists_are_ticked,
]
