"""The confirmations of entry: unusual values that are saved only if the person confirms them.

Pure functions over a `CertificationEntry`. A confirmation is valid for one save; a later change needs a new one.
"""

from __future__ import annotations

from dataclasses import dataclass
from hashlib import blake2b
from math import isclose
from typing import TYPE_CHECKING

from certify.models.choices import ConfirmationCode, Flag, Reconstruction
from certify.models.components import Component, ComponentFlag, Prerequisite
from certify.rules.detector_bits import detectors_much_off, detectors_of, judged_components
from certify.rules.entry import CertificationEntry, TwinCertification, ValidationIssue, good_components
from certify.rules.fact_comparison import WITH_TWIN, FactDiff, compare_facts
from certify.rules.range_rules import accepted_ranges, ranges_left, unshared_ranges
from infrastructure.number_ranges import format_ranges
from oms.choices import RunType
from oms.formatting import lumi_text
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

CHECKBOX_PREFIX = "confirm_"
CHECKBOX_VALUE_PREFIX = "to-"
MAX_REFERENCE_DISTANCE = 6000  # runs
MIN_ENERGY, MAX_ENERGY = 400, 7500  # GeV per beam, collisions
MAX_RUN_LUMI = 1500  # 1/pb, recorded in one run
MAX_RECORDED_SHARE = 1.05  # of the delivered luminosity
_TWIN_RECONSTRUCTIONS = (Reconstruction.EXPRESS, Reconstruction.PROMPT)


@dataclass(frozen=True)
class Confirmation:
    """A required confirmation: its code, the form field it belongs to, and its sentence."""

    code: ConfirmationCode
    field: str
    sentence: str

    @property
    def checkbox_name(self) -> str:
        """Name of its checkbox in the form."""
        return f"{CHECKBOX_PREFIX}{self.code.value}"

    @property
    def checkbox_value(self) -> str:
        """Submitted value of its checkbox. It depends on the sentence, so that another sentence is not confirmed."""
        return f"{CHECKBOX_VALUE_PREFIX}{blake2b(self.sentence.encode(), digest_size=6).hexdigest()}"


def required_confirmations(entry: CertificationEntry) -> list[Confirmation]:
    """Return the confirmations that this entry needs, in the order of `ConfirmationCode`."""
    return [confirmation for rule in _RULES for confirmation in rule(entry)]


def missing_confirmations(required: Collection[Confirmation], confirmed: Collection[str]) -> list[ValidationIssue]:
    """Return an issue for each required confirmation whose code is not in `confirmed`."""
    return [
        ValidationIssue(confirmation.checkbox_name, f"{confirmation.sentence} Tick to confirm, or change it.")
        for confirmation in required
        if confirmation.code not in confirmed
    ]


def compare_with_twin(entry: CertificationEntry, twin: TwinCertification) -> list[FactDiff]:
    """Compare the twin (before) with this entry (after): the flags as text, and the facts that the verdict depends on.

    A value that one of the two does not have is not a difference.
    """
    facts = compare_facts(verdict_facts(twin), verdict_facts(entry), WITH_TWIN)
    return [*(_compare_flags(component, entry, twin) for component in Component), *facts]


def _prerequisite_is_not_good(entry: CertificationEntry) -> Iterator[Confirmation]:
    """Skip what is invalid anyway, and what does not count, or may not count, for the run type."""
    for component in good_components(entry):
        for prerequisite in component.declaration.prerequisites:
            other = entry.component_flags.get(prerequisite.component)
            counts = prerequisite.component.counts_for(entry.run_type)
            if other and counts and other.flag != Flag.GOOD and not (prerequisite.is_required and other.is_bad):
                reason = f"{other.component.label} is {_lack_text(prerequisite, other)}"
                sentence = f"{component.label} is good while {reason}."
                yield Confirmation(prerequisite.confirmation, component.flag_field, sentence)


def _lack_text(prerequisite: Prerequisite, other: ComponentFlag) -> str:
    return "bad with low statistics" if prerequisite.is_required and other.flag == Flag.BAD else other.flag


def _detector_was_absent(entry: CertificationEntry) -> Iterator[Confirmation]:
    if not entry.components:
        return
    absent = [name for name in Component if _is_flagged(entry, name) and _has_no_detector(name, entry.components)]
    if absent:
        names = " and ".join(dict.fromkeys(component.declaration.oms_detector for component in absent))
        flags = ", ".join(f"{component.label} is {entry.component_flags[component].flag}" for component in absent)
        verb = "were" if " and " in names else "was"
        yield Confirmation(ConfirmationCode.ABSENT, absent[0].value, f"{flags}, but {names} {verb} not in the run.")


def _has_no_detector(component: Component, detectors: Collection[str]) -> bool:
    detector = component.declaration.oms_detector
    return bool(detector) and detector not in detectors


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
    unknown = " and of the ".join(name for name, run_type in types.items() if run_type == RunType.UNKNOWN)
    if unknown:
        sentence = f"The run type of the {unknown} is unknown."
        yield Confirmation(ConfirmationCode.REF_TYPE, "reference_runreconstruction", sentence)


def detector_was_off(entry: CertificationEntry) -> Iterator[Confirmation]:
    """Yield at most one confirmation: of good components whose detectors were off in many lumisections."""
    if off := detectors_much_off(entry):
        detectors = {times.detector for times in off}
        affected = next(name for name in judged_components(entry) if detectors.intersection(detectors_of([name])))
        yield Confirmation(ConfirmationCode.DCS, affected.flag_field, " ".join(times.sentence for times in off))


def _ranges_leave_most(entry: CertificationEntry) -> Iterator[Confirmation]:
    ranged = [flag.component for flag in entry.component_flags.values() if accepted_ranges(flag, entry.lumisections)]
    left = [row for component in ranged if (row := ranges_left(component, entry)).is_less_than_half]
    if left:
        sentences = " ".join(row.sentence for row in left)
        yield Confirmation(ConfirmationCode.RANGES_MOST, left[0].component.flag_field, sentences)


def _ranges_reach_what_requires_them(entry: CertificationEntry) -> Iterator[Confirmation]:
    for component, ranges in unshared_ranges(entry).items():
        required = " and ".join(row.component.label for row in component.declaration.prerequisites if row.is_required)
        sentence = f"{component.label} is good in {format_ranges(ranges)}, where {required} is bad."
        yield Confirmation(ConfirmationCode.RANGE_TRACKING, component.flag_field, sentence)


def _typed_values_are_usual(entry: CertificationEntry) -> Iterator[Confirmation]:
    sentences = [*_odd_energy(entry), *_odd_recorded_lumi(entry), *_odd_recorded_share(entry)]
    if sentences:
        yield Confirmation(ConfirmationCode.TYPED_ODD, "recorded_lumi", " ".join(sentences))


def _odd_energy(entry: CertificationEntry) -> Iterator[str]:
    energy = entry.energy if "energy" in entry.typed else None
    is_collisions = entry.run_type == RunType.COLLISIONS
    if is_collisions and energy is not None and not MIN_ENERGY <= energy <= MAX_ENERGY:
        text = f"{energy:g} GeV ({energy / 1000:g} TeV)"
        yield f"The typed energy per beam is {text}, outside {MIN_ENERGY} to {MAX_ENERGY} GeV."


def _odd_recorded_lumi(entry: CertificationEntry) -> Iterator[str]:
    recorded, as_typed = entry.recorded_lumi, entry.typed.get("recorded_lumi")
    if recorded is not None and as_typed is not None and recorded > MAX_RUN_LUMI:
        text = f"{as_typed} is {lumi_text(recorded)}"
        yield f"The typed recorded luminosity {text}, more than {MAX_RUN_LUMI} /pb in one run."


def _odd_recorded_share(entry: CertificationEntry) -> Iterator[str]:
    recorded, delivered = entry.recorded_lumi, entry.delivered_lumi
    if recorded is None or delivered is None or not entry.typed.keys() & {"recorded_lumi", "delivered_lumi"}:
        return
    limit = MAX_RECORDED_SHARE * delivered
    if recorded > limit and not isclose(recorded, limit):
        of_detector, of_lhc = lumi_text(recorded, [delivered]), lumi_text(delivered, [recorded])
        yield f"The recorded luminosity, {of_detector}, is more than 5 % above the delivered {of_lhc}."


def _bad_says_where(entry: CertificationEntry) -> Iterator[Confirmation]:
    if entry.repeated_reason and any(component_flag.is_bad for component_flag in entry.component_flags.values()):
        sentence = (
            f"The comment only repeats the reason “{entry.repeated_reason}”. Add the lumisections or the place, unless "
            "the whole run is bad."
        )
        yield Confirmation(ConfirmationCode.WHERE, "comment", sentence)


def _twin_agrees(entry: CertificationEntry) -> Iterator[Confirmation]:
    other = entry.twin
    is_judged = len(entry.component_flags) == len(Component)  # nobody sees the twin before they have judged
    if other is None or not is_judged or entry.reconstruction not in _TWIN_RECONSTRUCTIONS:
        return
    if diffs := [diff for diff in compare_with_twin(entry, other) if diff.is_different]:
        diff_text = "; ".join(f"{diff.short_label} {diff.before_text}, here {diff.after_text}" for diff in diffs)
        name = Reconstruction(other.reconstruction).label
        yield Confirmation(ConfirmationCode.COUNTERPART, "counterpart", f"{name} differs: {diff_text}.")


def _compare_flags(component: Component, entry: CertificationEntry, twin: TwinCertification) -> FactDiff:
    entry_flag, twin_flag = entry.component_flags.get(component), twin.component_flags[component]
    is_different = entry_flag is not None and entry_flag != twin_flag
    label = str(component.label)
    entry_text = entry_flag.text if entry_flag else None
    return FactDiff(component.value, label, label, twin_flag.text, entry_text, is_different)


_RULES = [
    _prerequisite_is_not_good,
    _detector_was_absent,
    _lumi_fits_the_type,
    _reference_is_newer,
    _reference_is_old,
    _types_are_known,
    detector_was_off,
    _ranges_leave_most,
    _ranges_reach_what_requires_them,
    _typed_values_are_usual,
    _bad_says_where,
    _twin_agrees,
]
