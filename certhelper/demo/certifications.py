"""The certifications of April 2018, from `certifications.csv` in this folder; the facts come from OMS.

The source names run, reconstruction, reference and dataset, but no flags. They are derived: good where the golden JSON
has the run. That file begins with run 315257, after all of these, and never has cosmics; for those the share of active
lumisections in which the detector was ready decides.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path

from certify.actions.certify import certify_run
from certify.actions.input import CertificationContext, CertificationInput
from certify.models import BadReason, RunReconstruction, TrackerCertification
from certify.models.choices import ConfirmationCode, Flag, Reconstruction, TrackerMap
from certify.models.components import Component
from certify.references.actions import adopt_reference
from certify.vocabulary.fixtures.reasons import DETECTOR_OFF
from infrastructure.http.budget import Budget
from oms.mirror import runs_for_page
from oms.models import OmsRun
from users.models import User

SOURCE = Path(__file__).with_name("certifications.csv")
OWNERS = ("shifter", "shifter2", "leader", "expert")
ADOPTER = "leader"
# Reference runs that the file names and that were certified before it begins.
REFERENCES = {
    314575: [Reconstruction.PROMPT],
    314768: [Reconstruction.EXPRESS, Reconstruction.PROMPT],
    314811: [Reconstruction.EXPRESS, Reconstruction.PROMPT],
    315189: [Reconstruction.EXPRESS, Reconstruction.PROMPT],
}
READY_SHARE = 0.5
FETCH_S = 30


class OmsUnavailable(Exception):
    """OMS did not return the facts; the text has the reason and what to do."""


@dataclass(frozen=True)
class DemoCertification:
    """One line of the file. `ready`: lumisections by component, None where the detector was not in the run."""

    run: int
    reconstruction: str
    reference_run: int
    reference_reconstruction: str
    dataset: str
    golden: int
    active: int
    ready: dict[Component, int | None]

    @property
    def key(self) -> tuple[int, str]:
        return (self.run, self.reconstruction)

    def flag(self, ready: int | None) -> Flag:
        """The flag of a component that was ready for this many of the active lumisections."""
        if not ready:
            return Flag.EXCLUDED
        return Flag.GOOD if self.golden or ready >= READY_SHARE * self.active else Flag.BAD

    @property
    def flags(self) -> dict[str, Flag]:
        """By column. A component without counts follows the one that it requires: Tracking has no detector."""
        return {component.flag_field: self.flag(self.ready.get(_judged_by(component))) for component in Component}

    @property
    def comment(self) -> str:
        if Flag.BAD not in self.flags.values():
            return ""
        first, *others = [(component.label, count or 0) for component, count in self.ready.items()]
        counts = ", ".join(f"{label} in {count}" for label, count in others)
        return f"{first[0]} was ready in {first[1]}, {counts} of {self.active} active lumisections."


def _judged_by(component: Component) -> Component:
    required = [condition.component for condition in component.declaration.prerequisites if condition.is_required]
    return required[0] if required else component


def _optional_integer(text: str) -> int | None:
    return int(text) if text else None


def demo_certifications() -> list[DemoCertification]:
    """The lines of the file, in its order."""
    with SOURCE.open(encoding="utf-8", newline="") as file:
        return [
            DemoCertification(
                run=int(line["run"]),
                reconstruction=line["reconstruction"],
                reference_run=int(line["reference_run"]),
                reference_reconstruction=line["reference_reconstruction"],
                dataset=line["dataset"],
                golden=_optional_integer(line["golden"]) or 0,
                active=int(line["active"]),
                ready={
                    component: _optional_integer(line[name])
                    for component in Component
                    if (name := f"{component}_ready") in line
                },
            )
            for line in csv.DictReader(line for line in file if not line.startswith("#"))
        ]


def load_certifications() -> int:
    """Certify what is in the file and not in the database; returns the number of new certifications.

    Raises `OmsUnavailable`. Calls OMS only when something is missing.
    """
    known = set(TrackerCertification.objects.values_list("runreconstruction__run", "runreconstruction__reconstruction"))
    missing = [row for row in demo_certifications() if row.key not in known]
    if not missing:
        return 0
    runs = _runs_from_oms({row.run for row in missing} | set(REFERENCES))
    people = {person.username: person for person in User.objects.filter(username__in=OWNERS)}
    _adopt_references(people[ADOPTER], runs)
    reason = BadReason.objects.filter(name=DETECTOR_OFF).first() or BadReason.objects.first()
    for row in missing:
        _certify(row, runs[row.run], people, reason)
    return len(missing)


def _runs_from_oms(numbers: set[int]) -> dict[int, OmsRun]:
    result = runs_for_page(sorted(numbers), Budget(FETCH_S))
    if result.problem:
        raise OmsUnavailable(result.problem.sentence)
    if absent := numbers - set(result.runs):
        raise OmsUnavailable(f"OMS does not know the runs {', '.join(map(str, sorted(absent)))}.")
    return result.runs


def _adopt_references(leader: User, runs: dict[int, OmsRun]) -> None:
    """Adopt the reference runs of 2018, except those that were adopted or withdrawn in this database before."""
    decided = set(
        RunReconstruction.objects.filter(reference_since__isnull=False).values_list("run_id", "reconstruction")
    )
    for number, reconstructions in REFERENCES.items():
        for reconstruction in reconstructions:
            if (number, reconstruction) not in decided:
                adopt_reference(leader, runs[number], reconstruction, "Reference of CertHelper in April 2018.")


def _certify(row: DemoCertification, run: OmsRun, people: dict[str, User], reason: BadReason | None) -> None:
    """Save one certification: express on the day of the run, others a day later; the owner changes by day."""
    start = run.start_time or datetime.now(UTC)
    day = start.date() + timedelta(days=int(row.reconstruction != Reconstruction.EXPRESS))
    owner = people[OWNERS[day.toordinal() % len(OWNERS)]]
    flags = row.flags
    is_bad = Flag.BAD in flags.values()
    decision = CertificationInput.from_columns(
        **flags,
        trackermap=TrackerMap.EXISTS,
        reference=_reference(row),
        date=day,
        bad_reason=reason if is_bad else None,
        comment=row.comment,
        confirmed=ConfirmationCode.values,  # the data of 2018 are not confirmed anew
    )
    context = CertificationContext(dataset=row.dataset, is_complete=True, lumisections_seen=True)
    certification = certify_run(owner, row.run, row.reconstruction, decision, context)
    evening = datetime.combine(day, time(20), tzinfo=UTC)
    TrackerCertification.objects.filter(pk=certification.pk).update(created_at=evening, updated_at=evening)


def _reference(row: DemoCertification) -> RunReconstruction:
    """The reference named in the file. One that OMS does not have becomes a run without facts that no form offers."""
    run, _ = OmsRun.objects.get_or_create(run_number=row.reference_run)
    reference, _ = RunReconstruction.objects.get_or_create(run=run, reconstruction=row.reference_reconstruction)
    return reference
