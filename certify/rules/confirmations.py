"""The questions of entry, each once: what is odd, but may be meant. It is saved when the person confirms it.

Pure functions over a `CertificationEntry`. A confirmation belongs to one save: a change
asks again.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from typing import TYPE_CHECKING

from certify.models.choices import ConfirmationCode, Flag, Reconstruction
from certify.models.components import Component, ComponentFlag, Prerequisite
from certify.rules.entry import CertificationEntry, TwinCertification, ValidationIssue, good_components
from certify.rules.fact_comparison import WITH_TWIN, FactDiff, compare_facts
from oms.choices import RunType
from oms.formatting import lumi_text
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

CHECKBOX_PREFIX = "confirm_"
CHECKBOX_VALUE_PREFIX = "to-"
MAX_REFERENCE_DISTANCE = 6000  # runs
_TWIN_RECONSTRUCTIONS = (Reconstruction.EXPRESS, Reconstruction.PROMPT)


@dataclass(frozen=True)
class Confirmation:
    """A question that stands, the field it is about, and its sentence."""

    code: ConfirmationCode
    field: str
    sentence: str

    @property
    def checkbox_name(self) -> str:
        """Name of its box in the form."""
        return f"{CHECKBOX_PREFIX}{self.code.value}"

    @property
    def checkbox_value(self) -> str:
        """What the box sends: it tells this sentence from another one of the same code."""
        return f"{CHECKBOX_VALUE_PREFIX}{blake2b(self.sentence.encode(), digest_size=6).hexdigest()}"


def required_confirmations(entry: CertificationEntry) -> list[Confirmation]:
    """All that is asked of this entry, in the order of `ConfirmationCode`; empty when it is plain."""
    return [asked for rule in _RULES for asked in rule(entry)]


def missing_confirmations(asked: Collection[Confirmation], confirmed: Collection[str]) -> list[ValidationIssue]:
    """What of it the person has not confirmed, as reasons why the entry is not taken."""
    open_ones = [one for one in asked if one.code not in confirmed]
    return [ValidationIssue(one.checkbox_name, f"{one.sentence} Tick to confirm, or change it.") for one in open_ones]


def compare_with_twin(entry: CertificationEntry, twin: TwinCertification) -> list[FactDiff]:
    """The twin (before) beside this entry (after): the flags, as text, and the facts that the verdict rests on.

    What one of the two does not know differs from nothing.
    """
    facts = compare_facts(verdict_facts(twin), verdict_facts(entry), WITH_TWIN)
    return [*(_compare_flags(one, entry, twin) for one in Component), *facts]


def _prerequisite_is_not_good(entry: CertificationEntry) -> Iterator[Confirmation]:
    """What is refused is not asked, nor what does not count for the run type, or only may."""
    for one in good_components(entry):
        for prerequisite in one.declaration.prerequisites:
            other = entry.component_flags.get(prerequisite.component)
            counts = prerequisite.component.counts_for(entry.run_type)
            if other and counts and other.flag != Flag.GOOD and not (prerequisite.is_required and other.is_bad):
                what = f"{other.component.label} is {_lack_text(prerequisite, other)}"
                yield Confirmation(prerequisite.confirmation, one.flag_field, f"{one.label} is good while {what}.")


def _lack_text(prerequisite: Prerequisite, other: ComponentFlag) -> str:
    return "bad with low statistics" if prerequisite.is_required and other.flag == Flag.BAD else other.flag


def _detector_was_absent(entry: CertificationEntry) -> Iterator[Confirmation]:
    if not entry.components:
        return
    absent = [one for one in Component if _is_flagged(entry, one) and _has_no_detector(one, entry.components)]
    if absent:
        names = " and ".join(dict.fromkeys(one.declaration.oms_detector for one in absent))
        said = ", ".join(f"{one.label} is {entry.component_flags[one].flag}" for one in absent)
        were = "were" if " and " in names else "was"
        yield Confirmation(ConfirmationCode.ABSENT, absent[0].value, f"{said}, but {names} {were} not in the run.")


def _has_no_detector(component: Component, took_part: Collection[str]) -> bool:
    detector = component.declaration.oms_detector
    return bool(detector) and detector not in took_part


def _is_flagged(entry: CertificationEntry, component: Component) -> bool:
    component_flag = entry.component_flags.get(component)
    return component_flag is not None and component_flag.flag in (Flag.GOOD, Flag.BAD)


def _lumi_fits_the_type(entry: CertificationEntry) -> Iterator[Confirmation]:
    recorded = entry.recorded_lumi or 0
    if entry.run_type == RunType.COSMICS and recorded > 0:
        yield Confirmation(
            ConfirmationCode.LUMI, "recorded_lumi", f"The run is cosmics, but {lumi_text(recorded)} were recorded."
        )
    if entry.run_type == RunType.COLLISIONS and recorded <= 0:
        yield Confirmation(
            ConfirmationCode.LUMI, "recorded_lumi", "The run is collisions, but has no recorded luminosity."
        )


def _reference_is_newer(entry: CertificationEntry) -> Iterator[Confirmation]:
    number = entry.reference_run_number
    if number is not None and number > entry.run_number and entry.reconstruction in _TWIN_RECONSTRUCTIONS:
        sentence = f"The reference {number} is newer than the run."
        yield Confirmation(ConfirmationCode.REF_NEWER, "reference_runreconstruction", sentence)


def _reference_is_old(entry: CertificationEntry) -> Iterator[Confirmation]:
    number = entry.reference_run_number
    if number is not None and entry.run_number - number > MAX_REFERENCE_DISTANCE:
        sentence = (
            f"The reference {number} is {entry.run_number - number} runs older, more than {MAX_REFERENCE_DISTANCE}."
        )
        yield Confirmation(ConfirmationCode.REF_OLD, "reference_runreconstruction", sentence)


def _types_are_known(entry: CertificationEntry) -> Iterator[Confirmation]:
    types = {"run": entry.run_type, "reference": entry.reference_run_type}
    unknown = " and of the ".join(name for name, kind in types.items() if kind == RunType.UNKNOWN)
    if unknown:
        sentence = f"The run type of the {unknown} is unknown."
        yield Confirmation(ConfirmationCode.REF_TYPE, "reference_runreconstruction", sentence)


def _twin_agrees(entry: CertificationEntry) -> Iterator[Confirmation]:
    other = entry.twin
    if other is None or entry.reconstruction not in _TWIN_RECONSTRUCTIONS:
        return
    if found := [row for row in compare_with_twin(entry, other) if row.is_different]:
        otherwise = "; ".join(f"{row.short_label} {row.before_text}, here {row.after_text}" for row in found)
        name = Reconstruction(other.reconstruction).label
        yield Confirmation(ConfirmationCode.COUNTERPART, "counterpart", f"{name} says otherwise: {otherwise}.")


def _compare_flags(component: Component, entry: CertificationEntry, twin: TwinCertification) -> FactDiff:
    here, there = entry.component_flags.get(component), twin.component_flags[component]
    is_different = here is not None and here != there
    label = str(component.label)
    return FactDiff(component.value, label, label, there.text, here.text if here else None, is_different)


_RULES = [
    _prerequisite_is_not_good,
    _detector_was_absent,
    _lumi_fits_the_type,
    _reference_is_newer,
    _reference_is_old,
    _types_are_known,
    _twin_agrees,
]
