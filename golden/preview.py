"""What a changed policy would gain and lose against the one in force, before it is saved."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from golden.contexts import NO_LUMI
from golden.differences import RunDifference
from golden.evaluation import good_ranges
from golden.selectors import certification_scope
from golden.tally import LumisectionSum
from infrastructure.number_ranges import NumberRanges, common_ranges, count_numbers, ranges_without

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from golden.contexts import CertifiedRun, RecordedLumi
    from golden.evaluation import CompiledPolicy, Outcome
    from golden.policy_rules import PolicyRules

NO_LUMISECTION = "the certification has no such lumisection"
NOT_COUNTED = "no certification counts"


@dataclass(frozen=True)
class RunChange:
    """What changes in a run. `reasons`: the clauses that fail in what is gained (before) or lost (after), as text."""

    difference: RunDifference
    era: str
    gained: RecordedLumi
    lost: RecordedLumi
    reasons: tuple[str, ...]


@dataclass
class ChangeSum:
    """What is gained and lost."""

    gained: LumisectionSum = field(default_factory=LumisectionSum)
    lost: LumisectionSum = field(default_factory=LumisectionSum)


@dataclass
class Preview:
    """The changes by run, and their sums: in total, by the clauses that fail together, by era.

    `certifications`, `segments`: how many were compared. `runs_gained`, `runs_lost`: runs that only one of the two
    files has.
    """

    changes: list[RunChange] = field(default_factory=list)
    total: ChangeSum = field(default_factory=ChangeSum)
    by_clauses: dict[str, ChangeSum] = field(default_factory=dict)
    by_era: dict[str, ChangeSum] = field(default_factory=dict)
    certifications: int = 0
    segments: int = 0

    @property
    def runs_gained(self) -> list[int]:
        return [row.difference.run_number for row in self.changes if not row.difference.before]

    @property
    def runs_lost(self) -> list[int]:
        return [row.difference.run_number for row in self.changes if not row.difference.after]


@dataclass(frozen=True)
class _Side:
    """A run by one of the two policies; without the run, nothing is in."""

    policy: CompiledPolicy
    run: CertifiedRun | None
    outcomes: tuple[Outcome, ...]
    ranges: NumberRanges

    def reasons_in(self, ranges: NumberRanges) -> Iterator[tuple[str, NumberRanges]]:
        """Yield the clauses that fail together as text, and where in `ranges` they do."""
        if self.run is None:
            yield NOT_COUNTED, ranges
        for outcome in self.outcomes:
            if part := common_ranges([(outcome.first, outcome.last)], ranges):
                labels = [self.policy.clauses[position].label for position in outcome.failing]
                yield " + ".join(labels), tuple(part)
        with_row = [(outcome.first, outcome.last) for outcome in self.outcomes]
        if self.run and (rest := ranges_without(ranges, with_row)):
            yield NO_LUMISECTION, tuple(rest)


def preview(before: PolicyRules, after: PolicyRules, moment: datetime) -> Preview:
    """Return what `after` would change against `before`, as of a time: six queries, twelve with another pattern.

    Raises `PolicyInvalid`, `PatternInvalid`, `DatasetsOverlap` and `EvaluationFailed`.
    """
    result = Preview()
    for run_before, run_after in _pairs(before, after, moment):
        sides = _side(before.compiled, run_before), _side(after.compiled, run_after)
        result.certifications += 1
        result.segments += max(len(run.segments) for run in (run_before, run_after) if run)
        if sides[0].ranges != sides[1].ranges:
            _add_change(result, *sides)
    return result


def _side(policy: CompiledPolicy, run: CertifiedRun | None) -> _Side:
    outcomes = tuple(policy.outcomes(run)) if run else ()
    return _Side(policy, run, outcomes, good_ranges(outcomes))


def _pairs(
    before: PolicyRules, after: PolicyRules, moment: datetime
) -> Iterator[tuple[CertifiedRun | None, CertifiedRun | None]]:
    """Yield each run as both policies have it."""
    variables = before.compiled.variables | after.compiled.variables

    are_same = (before.dataset_pattern, before.stale) == (after.dataset_pattern, after.stale)
    # A segment is cut by the ranges of one certification where two are compared, by single lumisections for some rules.
    with_lumis = not are_same or before.compiled.is_by_lumisection or after.compiled.is_by_lumisection

    def runs_of(rules: PolicyRules) -> Iterator[CertifiedRun]:
        scope = certification_scope(moment, rules.pattern, variables, rules.stale)
        return scope.certified_runs(with_lumis=with_lumis)

    if are_same:
        yield from ((run, run) for run in runs_of(before))
        return
    runs_before, runs_after = runs_of(before), runs_of(after)
    first, second = next(runs_before, None), next(runs_after, None)
    while first or second:
        number = min(run.key.run_number for run in (first, second) if run)
        is_first, is_second = (run is not None and run.key.run_number == number for run in (first, second))
        yield first if is_first else None, second if is_second else None
        first = next(runs_before, None) if is_first else first
        second = next(runs_after, None) if is_second else second


def _add_change(result: Preview, before: _Side, after: _Side) -> None:
    run = after.run or before.run
    if run is None:
        return
    difference = RunDifference(run.key.run_number, before.ranges, after.ranges)
    reasons: list[str] = []
    lumis = {"gained": NO_LUMI, "lost": NO_LUMI}
    era = result.by_era.setdefault(run.era, ChangeSum())
    for out, inside, ranges, name in (
        (before, after, difference.gained, "gained"),
        (after, before, difference.lost, "lost"),
    ):
        if not ranges or inside.run is None:
            continue
        # The luminosity is that of the side that has them: two certifications can have different lumisections.
        lumis[name] = inside.run.lumi_of(ranges)
        for text, part in out.reasons_in(ranges):
            reasons.append(text)
            recorded = inside.run.lumi_of(part)
            for total in (result.total, era, result.by_clauses.setdefault(text, ChangeSum())):
                getattr(total, name).add(count_numbers(part), recorded)
    names = tuple(dict.fromkeys(reasons))
    result.changes.append(RunChange(difference, run.era, lumis["gained"], lumis["lost"], names))
