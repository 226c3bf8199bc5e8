"""Why a lumisection or a run is in or out of a file, and what a certification is worth to it."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from certify.as_of import certifications_as_of
from certify.facts.snapshot import IMPORT
from golden.contexts import NO_LUMI
from golden.differences import file_differences
from golden.selectors import NOT_READ, certification_scope
from golden.sources import ValueSource, value_sources
from golden.tally import Tally

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence
    from datetime import datetime

    from certify.models import TrackerCertification
    from golden.clauses import Clause
    from golden.contexts import CertifiedRun, RecordedLumi
    from golden.differences import RunDifference
    from golden.evaluation import ClauseValue, Outcome
    from golden.policy_rules import PolicyRules
    from golden.selectors import CertificationScope

_RELATED = ("runreconstruction__run", "user", "updated_by", "dataset", "bad_reason")
NO_CERTIFICATION = "no certification of the run with such a dataset counted"
NO_ROW = "OMS has no row for this lumisection"
NOT_IN_FILES = "the detector was off in this lumisection, by the imported files"


@dataclass(frozen=True)
class Stretch:
    """Lumisections `first` to `last`, both included, of equal outcome: `failing` clauses, none where they are in."""

    first: int
    last: int
    failing: tuple[Clause, ...]
    recorded: RecordedLumi

    @property
    def is_in(self) -> bool:
        return not self.failing

    @property
    def only_failing(self) -> Clause | None:
        """The clause that fails alone, which would bring the lumisections back."""
        return self.failing[0] if len(self.failing) == 1 else None


@dataclass(frozen=True)
class RunExplanation:
    """What becomes of a run. `reason`: why all of it is out without any clause, empty otherwise.

    `certification`: as it was then, None if none counted; `saved_at`: the time (UTC) of that version.
    """

    run_number: int
    moment: datetime
    stretches: tuple[Stretch, ...] = ()
    reason: str = ""
    certification: TrackerCertification | None = None
    saved_at: datetime | None = None
    read_at: datetime | None = None


@dataclass(frozen=True)
class Explanation:
    """What becomes of a lumisection. `clauses`: each with its values, in order; none where `reason` says why it is out.

    `sources`: {variable: where its value is from, and since when}. `stretch`: the lumisections around of equal outcome.
    """

    number: int
    run: RunExplanation
    clauses: tuple[ClauseValue, ...] = ()
    stretch: Stretch | None = None
    recorded: RecordedLumi = NO_LUMI
    reason: str = ""
    sources: dict[str, ValueSource] | None = None

    @property
    def is_in(self) -> bool:
        return bool(self.stretch and self.stretch.is_in)

    @property
    def first_failing(self) -> Clause | None:
        return self.stretch.failing[0] if self.stretch and self.stretch.failing else None

    @property
    def only_failing(self) -> Clause | None:
        return self.stretch.only_failing if self.stretch else None


@dataclass(frozen=True)
class Price:
    """What a file loses without a certification. `difference`: None if it changes nothing. `recorded`: of the loss."""

    difference: RunDifference | None
    recorded: RecordedLumi


def explain_run(
    rules: PolicyRules, moment: datetime, run_number: int, stale_keys: Collection[int] | None = None
) -> RunExplanation:
    """Return what becomes of a run by these rules as of a time: ten queries. Raises `DatasetsOverlap` and others."""
    return _run_explanation(rules, moment, run_number, stale_keys)[0]


def explain_lumisection(
    rules: PolicyRules, moment: datetime, run_number: int, number: int, stale_keys: Collection[int] | None = None
) -> Explanation:
    """Return what becomes of a lumisection by these rules as of a time: ten queries.

    Raises `DatasetsOverlap` and `EvaluationFailed`.
    """
    explanation, run = _run_explanation(rules, moment, run_number, stale_keys)
    if run is None:
        return Explanation(number, explanation, reason=explanation.reason)
    clauses = rules.compiled.clause_values(run, number)
    stretch = next((each for each in explanation.stretches if each.first <= number <= each.last), None)
    facts: Any = explanation.certification.facts if explanation.certification else {}
    if stretch is None:
        return Explanation(number, explanation, reason=NOT_IN_FILES if IMPORT in facts else NO_ROW)
    recorded = run.lumi_of([(number, number)])
    sources = value_sources(
        rules.compiled.variables, facts, explanation.saved_at, explanation.read_at, run.registry_read_at
    )
    return Explanation(number, explanation, clauses, stretch, recorded, sources=sources)


def price_of(
    rules: PolicyRules, moment: datetime, run_number: int, pk: int, stale_keys: Collection[int] | None = None
) -> Price:
    """Return the difference between the files with and without a certification of a run: nine queries."""
    scope = _scope(rules, moment, run_number, stale_keys)
    runs = list(scope.certified_runs(with_lumis=True))
    with_it = Tally(rules.compiled).add_all(runs)
    without = Tally(rules.compiled).add_all(scope.certified_runs(without=[pk], with_lumis=True))
    differences = file_differences(without.ranges, with_it.ranges)
    recorded = runs[0].lumi_of(differences[0].gained) if differences else NO_LUMI
    return Price(differences[0] if differences else None, recorded)


def _scope(
    rules: PolicyRules, moment: datetime, run_number: int, stale_keys: Collection[int] | None
) -> CertificationScope:
    compiled = rules.compiled
    return certification_scope(
        moment, rules.pattern, compiled.variables, rules.stale, run_number=run_number, stale_keys=stale_keys
    )


def _run_explanation(
    rules: PolicyRules, moment: datetime, run_number: int, stale_keys: Collection[int] | None
) -> tuple[RunExplanation, CertifiedRun | None]:
    scope = _scope(rules, moment, run_number, stale_keys)
    run = next(scope.certified_runs(with_lumis=True), None)
    keys = [record.key for record in scope.records] + [left_out.key for left_out in scope.left_out]
    certification, saved_at = _certification_then(keys[0].pk, moment) if keys else (None, None)
    if run is None:
        reason = scope.left_out[0].reason if scope.left_out else NOT_READ if keys else NO_CERTIFICATION
        return RunExplanation(run_number, moment, (), reason, certification, saved_at), None
    stretches = _stretches(run, rules.compiled.clauses, list(rules.compiled.outcomes(run)))
    return RunExplanation(run_number, moment, stretches, "", certification, saved_at, run.read_at), run


def _certification_then(pk: int, moment: datetime) -> tuple[TrackerCertification, datetime]:
    """Return a certification as it was, with the related rows that pages show, and when it was saved like that."""
    rows = certifications_as_of(moment).filter(id=pk).select_related(*_RELATED)
    certification = rows.get()
    return certification, certification.updated_at


def _stretches(run: CertifiedRun, clauses: Sequence[Clause], outcomes: list[Outcome]) -> tuple[Stretch, ...]:
    """Return neighbouring lumisections of equal outcome together."""
    stretches = []
    placed = _with_holes_before(outcomes)
    for (_, failing), group in groupby(placed, key=lambda pair: (pair[0], pair[1].failing)):
        parts = [outcome for _, outcome in group]
        first, last = parts[0].first, parts[-1].last
        names = tuple(clauses[position] for position in failing)
        stretches.append(Stretch(first, last, names, run.lumi_of([(first, last)])))
    return tuple(stretches)


def _with_holes_before(outcomes: list[Outcome]) -> list[tuple[int, Outcome]]:
    """Return the outcomes with the number of holes before each."""
    holes, placed, last = 0, [], None
    for outcome in outcomes:
        holes += last is not None and outcome.first != last + 1
        placed.append((holes, outcome))
        last = outcome.last
    return placed
