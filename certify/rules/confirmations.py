"""The questions of entry, each once: what is odd, but may be meant. It is saved when the person confirms it.

Pure functions over an `Entry`. A confirmation belongs to one save: a change
asks again.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from hashlib import blake2b

from certify.models.choices import Component, Flag, Question, Reconstruction
from certify.rules.entry import Counterpart, Entry, Refusal
from oms.choices import RunType
from oms.formatting import lumi_text

PREFIX = "confirm_"
MARK = "to-"
FURTHEST_REFERENCE = 6000  # runs
MOST_LUMI_APART = 0.11  # of the larger recorded luminosity
# What OMS calls the detector that a component is judged with. Tracks are made in the Strip detector; without Pixel
# they still are, and Tracking good without Pixel has a question of its own.
_DETECTORS = {Component.PIXEL: "PIXEL", Component.STRIP: "TRACKER", Component.TRACKING: "TRACKER"}
_AT_ONCE = (Reconstruction.EXPRESS, Reconstruction.PROMPT)


@dataclass(frozen=True)
class Asked:
    """A question that stands, the field it is about, and its sentence."""

    code: Question
    field: str
    sentence: str

    @property
    def box(self) -> str:
        """Name of its box in the form."""
        return f"{PREFIX}{self.code.value}"

    @property
    def mark(self) -> str:
        """What the box sends: it tells this sentence from another one of the same code."""
        return f"{MARK}{blake2b(self.sentence.encode(), digest_size=6).hexdigest()}"


@dataclass(frozen=True)
class Difference:
    """What two certifications of a run say otherwise: a name in small letters, and the words of each."""

    what: str
    here: str
    there: str


def questions(entry: Entry) -> list[Asked]:
    """All that is asked of this entry, in the order of `Question`; empty when it is plain."""
    return [asked for rule in _RULES for asked in rule(entry)]


def unconfirmed(asked: Collection[Asked], confirmed: Collection[str]) -> list[Refusal]:
    """What of it the person has not confirmed, as reasons why the entry is not taken."""
    open_ones = [one for one in asked if one.code not in confirmed]
    return [Refusal(one.box, f"{one.sentence} Tick to confirm, or change it.") for one in open_ones]


def differences(entry: Entry, other: Counterpart) -> list[Difference]:
    """Where this entry and the counterpart differ. What one of them does not know differs from nothing."""
    return [*_judged_otherwise(entry, other), *_facts_otherwise(entry, other)]


def _strip_is_excused(entry: Entry) -> Iterator[Asked]:
    strip = entry.judgements.get(Component.STRIP)
    if strip is None or not _is_tracking_good(entry) or strip.flag == Flag.GOOD or strip.is_bad:
        return
    what = "excluded" if strip.flag == Flag.EXCLUDED else "bad with low statistics"
    yield Asked(Question.STRIP_LOWSTAT, "tracking", f"Tracking is good while Strip is {what}.")


def _pixel_is_missing(entry: Entry) -> Iterator[Asked]:
    pixel = entry.judgements.get(Component.PIXEL)
    if entry.run_type == RunType.COLLISIONS and pixel and pixel.flag != Flag.GOOD and _is_tracking_good(entry):
        yield Asked(Question.PIXEL, "tracking", f"Tracking is good while Pixel is {pixel.flag}.")


def _is_tracking_good(entry: Entry) -> bool:
    tracking = entry.judgements.get(Component.TRACKING)
    return tracking is not None and tracking.flag == Flag.GOOD


def _detector_was_absent(entry: Entry) -> Iterator[Asked]:
    if not entry.components:
        return
    absent = [one for one in Component if _is_judged(entry, one) and _DETECTORS[one] not in entry.components]
    if absent:
        names = " and ".join(dict.fromkeys(_DETECTORS[one] for one in absent))
        said = ", ".join(f"{one.label} is {entry.judgements[one].flag}" for one in absent)
        were = "were" if " and " in names else "was"
        yield Asked(Question.ABSENT, absent[0].value, f"{said}, but {names} {were} not in the run.")


def _is_judged(entry: Entry, component: Component) -> bool:
    judgement = entry.judgements.get(component)
    return judgement is not None and judgement.flag in (Flag.GOOD, Flag.BAD)


def _lumi_fits_the_type(entry: Entry) -> Iterator[Asked]:
    recorded = entry.recorded_lumi or 0
    if entry.run_type == RunType.COSMICS and recorded > 0:
        yield Asked(Question.LUMI, "recorded_lumi", f"The run is cosmics, but {lumi_text(recorded)} were recorded.")
    if entry.run_type == RunType.COLLISIONS and recorded <= 0:
        yield Asked(Question.LUMI, "recorded_lumi", "The run is collisions, but has no recorded luminosity.")


def _reference_is_newer(entry: Entry) -> Iterator[Asked]:
    number = entry.reference_run_number
    if number is not None and number > entry.run_number and entry.reconstruction in _AT_ONCE:
        sentence = f"The reference {number} is newer than the run."
        yield Asked(Question.REF_NEWER, "reference_runreconstruction", sentence)


def _reference_is_old(entry: Entry) -> Iterator[Asked]:
    number = entry.reference_run_number
    if number is not None and entry.run_number - number > FURTHEST_REFERENCE:
        sentence = f"The reference {number} is {entry.run_number - number} runs older, more than {FURTHEST_REFERENCE}."
        yield Asked(Question.REF_OLD, "reference_runreconstruction", sentence)


def _types_are_known(entry: Entry) -> Iterator[Asked]:
    types = {"run": entry.run_type, "reference": entry.reference_run_type}
    unknown = " and of the ".join(name for name, kind in types.items() if kind == RunType.UNKNOWN)
    if unknown:
        sentence = f"The run type of the {unknown} is unknown."
        yield Asked(Question.REF_TYPE, "reference_runreconstruction", sentence)


def _counterpart_agrees(entry: Entry) -> Iterator[Asked]:
    other = entry.counterpart
    if other is None or entry.reconstruction not in _AT_ONCE:
        return
    if found := differences(entry, other):
        otherwise = "; ".join(f"{_name(one.what)} {one.there}, here {one.here}" for one in found)
        name = Reconstruction(other.reconstruction).label
        yield Asked(Question.COUNTERPART, "counterpart", f"{name} says otherwise: {otherwise}.")


def _name(what: str) -> str:
    return Component(what).label if what in Component.values else what


def _judged_otherwise(entry: Entry, other: Counterpart) -> Iterator[Difference]:
    for component in Component:
        here, there = entry.judgements.get(component), other.judgements[component]
        if here and (here.flag, here.lowstat) != (there.flag, there.lowstat):
            yield Difference(component.value, here.words, there.words)


def _facts_otherwise(entry: Entry, other: Counterpart) -> Iterator[Difference]:
    types = (entry.run_type, other.run_type)
    if RunType.UNKNOWN not in types and types[0] != types[1]:
        yield Difference("run type", *types)
    counts = (entry.lumisections, other.lumisections)
    if None not in counts and counts[0] != counts[1]:
        yield Difference("lumisections", str(counts[0]), str(counts[1]))
    here, there = entry.recorded_lumi, other.recorded_lumi
    if here is not None and there is not None and abs(here - there) > MOST_LUMI_APART * max(abs(here), abs(there)):
        yield Difference("recorded", lumi_text(here), lumi_text(there))


_RULES = [
    _strip_is_excused,
    _pixel_is_missing,
    _detector_was_absent,
    _lumi_fits_the_type,
    _reference_is_newer,
    _reference_is_old,
    _types_are_known,
    _counterpart_agrees,
]
