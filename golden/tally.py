"""Adds up what a policy selects: ranges of each run, counts, luminosity in and out, losses of each clause."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from golden.contexts import NO_LUMI, SEGMENT_PLACES, RecordedLumi
from golden.evaluation import good_ranges
from infrastructure.number_ranges import count_numbers

if TYPE_CHECKING:
    from collections.abc import Iterable

    from golden.clauses import Clause
    from golden.contexts import CertificationKey, CertifiedRun
    from golden.evaluation import CompiledPolicy, Outcome
    from golden.layouts import RunRanges


@dataclass
class LumisectionSum:
    """A number of lumisections and the luminosity recorded in them."""

    count: int = 0
    recorded: RecordedLumi = NO_LUMI

    def add(self, count: int, recorded: RecordedLumi) -> None:
        """Add lumisections."""
        self.count += count
        self.recorded = self.recorded.plus(recorded)


@dataclass
class ClauseLoss:
    """What a clause takes away: `fails` where it is false, `alone` where no other clause is.

    Lumisections in which two clauses are false are in `fails` of both and in `alone` of none, so the sums differ.
    """

    clause: Clause
    fails: LumisectionSum = field(default_factory=LumisectionSum)
    alone: LumisectionSum = field(default_factory=LumisectionSum)


@dataclass(frozen=True)
class CountedCertification:
    """A certification that counts, with its lumisections in and out. `holes`: lumisections without a row in OMS."""

    key: CertificationKey
    lumisections_in: int
    lumisections_out: int
    holes: int


class Tally:
    """The sums of a policy over certifications. `ranges`: {run: what is in}; runs with nothing in it are left out."""

    def __init__(self, policy: CompiledPolicy) -> None:
        self.policy = policy
        self.ranges: RunRanges = {}
        self.inside, self.outside = LumisectionSum(), LumisectionSum()
        self.losses = [ClauseLoss(clause) for clause in policy.clauses]
        self.days: dict[str, tuple[LumisectionSum, LumisectionSum]] = {}
        self.certifications: list[CountedCertification] = []
        self.unknown: Counter[str] = Counter()

    def add_all(self, runs: Iterable[CertifiedRun]) -> Tally:
        """Evaluate certifications. Raises `EvaluationFailed`."""
        for run in runs:
            self.add(run)
        return self

    def add(self, run: CertifiedRun) -> None:
        """Evaluate a certification. Raises `EvaluationFailed`."""
        outcomes = list(self.policy.outcomes(run))
        day = self.days.setdefault(run.day, (LumisectionSum(), LumisectionSum()))
        for outcome in outcomes:
            recorded = run.lumi_in(outcome.segment, outcome.first, outcome.last)
            for total in (self.inside, day[0]) if outcome.is_in else (self.outside, day[1]):
                total.add(len(outcome), recorded)
            self._add_losses(outcome, recorded)
        ranges = good_ranges(outcomes)
        if ranges:
            self.ranges[run.key.run_number] = ranges
        count = count_numbers(ranges)
        total_count = sum(map(len, outcomes))
        self.certifications.append(CountedCertification(run.key, count, total_count - count, run.holes))
        self._count_unknown(run)

    def _add_losses(self, outcome: Outcome, recorded: RecordedLumi) -> None:
        for position in outcome.failing:
            self.losses[position].fails.add(len(outcome), recorded)
        if outcome.only_failing is not None:
            self.losses[outcome.only_failing].alone.add(len(outcome), recorded)

    def _count_unknown(self, run: CertifiedRun) -> None:
        """Count the lumisections in which a variable that the policy names has no value."""
        for name in self.policy.run_variables:
            if name not in run.values:
                self.unknown[name] += sum(segment.last - segment.first + 1 for segment in run.segments)
        for name in self.policy.segment_variables:
            place = SEGMENT_PLACES[name]
            unknown = [segment for segment in run.segments if segment.values[place] is None]
            if unknown:
                self.unknown[name] += sum(segment.last - segment.first + 1 for segment in unknown)
