"""The rules of entry, each once: what is refused, with its sentence and the field it stands beside.

Pure functions over an `Entry`, so that the form, the action and the tests share them. Old and imported rows may break
these rules; only what a person enters now is held against them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from certify.models.choices import Component, Flag
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN
from oms.choices import RunType
from oms.models import OmsRun


@dataclass(frozen=True)
class Judgement:
    """A shifter's word on one component."""

    component: Component
    flag: str
    lowstat: bool

    @property
    def is_bad(self) -> bool:
        """Bad, and not excused by low statistics."""
        return self.flag == Flag.BAD and not self.lowstat

    @property
    def words(self) -> str:
        """As people read it: the flag, and whether statistics were low."""
        return f"{self.flag}{', low' if self.lowstat else ''}"


@dataclass(frozen=True)
class Counterpart:
    """The other one of express and prompt as it stands certified: judgements, frozen facts (1/pb), who, when (UTC)."""

    pk: int
    reconstruction: str
    judgements: dict[Component, Judgement]
    run_type: str
    lumisections: int | None
    recorded_lumi: float | None
    who: str
    when: dt.datetime


@dataclass(frozen=True)
class Entry:
    """Everything the rules look at; what nobody knows is None. Luminosity in 1/pb.

    `components` are the detectors that took part; `counterpart` is given for express and prompt only.
    """

    run_number: int
    judgements: dict[Component, Judgement]
    run_type: str
    reference_run_type: str | None
    date: dt.date
    today: dt.date
    run_began: dt.date | None = None
    is_own_reference: bool = False
    has_reason: bool = False
    has_comment: bool = False
    is_dataset_known: bool = True
    unticked: list[str] = field(default_factory=list)
    reconstruction: str = ""
    reference_run_number: int | None = None
    components: list[str] | None = None
    lumisections: int | None = None
    recorded_lumi: float | None = None
    counterpart: Counterpart | None = None


@dataclass(frozen=True)
class Refusal:
    """Why an entry is not taken, and the form field it stands beside."""

    field: str
    sentence: str


def entry_of(
    run: OmsRun,
    reconstruction: str,
    values: Mapping[str, Any],
    *,
    is_dataset_known: bool = True,
    unticked: list[str] | None = None,
    counterpart: Counterpart | None = None,
) -> Entry:
    """The entry that these columns of a certification make on this run; absent columns are judged by no rule."""
    today = dt.datetime.now(dt.UTC).date()
    reference = values.get("reference_runreconstruction")
    judged = [one for one in Component if values.get(one.value)]
    return Entry(
        run_number=run.run_number,
        judgements={one: Judgement(one, values[one.value], bool(values.get(f"{one.value}_lowstat"))) for one in judged},
        run_type=run.run_type,
        reference_run_type=reference.run.run_type if reference else None,
        is_own_reference=str(reference) == f"{run.run_number} {reconstruction}",
        date=values.get("date") or today,
        today=today,
        run_began=run.start_time.date() if run.start_time else None,
        has_reason=values.get("bad_reason") is not None,
        has_comment=bool((values.get("comment") or "").strip()),
        is_dataset_known=is_dataset_known,
        unticked=unticked or [],
        reconstruction=reconstruction,
        reference_run_number=reference.run_id if reference else None,
        components=run.components,
        lumisections=run.lumisections,
        recorded_lumi=run.recorded_lumi,
        counterpart=counterpart,
    )


def is_run_number(number: int) -> bool:
    """Whether a run can have this number."""
    return FIRST_RUN <= number <= LAST_RUN


def refusals(entry: Entry) -> list[Refusal]:
    """All reasons why this entry cannot be taken; empty when it can."""
    return [refusal for rule in _RULES for refusal in rule(entry)]


def _run_number_is_possible(entry: Entry) -> Iterator[Refusal]:
    if not is_run_number(entry.run_number):
        yield Refusal("__all__", f"Run numbers go from {FIRST_RUN} to {LAST_RUN}. Open a run within them.")


def in_a_row(names: list[str]) -> str:
    """Names as in a sentence: Pixel, Strip and Tracking."""
    return " and ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)


def _bad_has_reason_and_comment(entry: Entry) -> Iterator[Refusal]:
    bad = [judgement.component.label for judgement in entry.judgements.values() if judgement.is_bad]
    if bad and not entry.has_reason:
        yield Refusal("bad_reason", f"{in_a_row(bad)}: bad needs a reason. Choose or add one.")
    if bad and not entry.has_comment:
        yield Refusal("comment", f"{in_a_row(bad)}: bad needs a comment. Say what was seen.")


def _tracking_needs_strip(entry: Entry) -> Iterator[Refusal]:
    tracking, strip = entry.judgements.get(Component.TRACKING), entry.judgements.get(Component.STRIP)
    if tracking and strip and tracking.flag == Flag.GOOD and strip.is_bad:
        yield Refusal("tracking", "Tracking cannot be good while Strip is bad. Change one of them.")


def _excluded_has_no_statistics(entry: Entry) -> Iterator[Refusal]:
    for judgement in entry.judgements.values():
        if judgement.flag == Flag.EXCLUDED and judgement.lowstat:
            name = judgement.component.label
            yield Refusal(
                f"{judgement.component.value}_lowstat",
                f"{name} is excluded, so it has no statistics to be low. Untick low or change the flag.",
            )


def _reference_is_of_the_same_type(entry: Entry) -> Iterator[Refusal]:
    known = {RunType.COLLISIONS, RunType.COSMICS}
    types = {entry.run_type, entry.reference_run_type}
    if types == known:
        yield Refusal(
            "reference_runreconstruction",
            f"The reference is a {entry.reference_run_type} run and this one is {entry.run_type}. "
            "Choose a reference of the same type.",
        )


def _reference_is_another(entry: Entry) -> Iterator[Refusal]:
    if entry.is_own_reference:
        yield Refusal("reference_runreconstruction", "A run is not its own reference. Choose another.")


def _date_is_possible(entry: Entry) -> Iterator[Refusal]:
    if entry.date > entry.today + dt.timedelta(days=1):
        yield Refusal("date", f"The date is later than tomorrow (today is {entry.today} UTC). Give the shift day.")
    if entry.run_began and entry.date < entry.run_began:
        yield Refusal("date", f"The run began on {entry.run_began} (UTC). Give that day or a later one.")


def _dataset_was_shown(entry: Entry) -> Iterator[Refusal]:
    if not entry.is_dataset_known:
        yield Refusal("dataset", "Run Registry did not name this dataset for the run. Open the form again.")


def _checklists_are_ticked(entry: Entry) -> Iterator[Refusal]:
    for identifier in entry.unticked:
        yield Refusal(f"checklist_{identifier}", "Go through this list and tick it.")


_RULES = [
    _run_number_is_possible,
    _bad_has_reason_and_comment,
    _tracking_needs_strip,
    _excluded_has_no_statistics,
    _reference_is_of_the_same_type,
    _reference_is_another,
    _date_is_possible,
    _dataset_was_shown,
    _checklists_are_ticked,
]
