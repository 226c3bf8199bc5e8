"""Evaluates a policy on the segments of a certification: each clause once for each combination of its values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import groupby
from typing import TYPE_CHECKING, Any

from datalogic_py import DataLogicError, Engine, Rule

from golden.clauses import Clause, split_clauses
from golden.contexts import SEGMENT_PLACES
from golden.policy_check import check_logic
from golden.registry_values import CLAUSE_LABEL, READ
from golden.vocabulary import LUMISECTION_NUMBER, REGISTRY_READ, REGISTRY_VARIABLES
from infrastructure.number_ranges import NumberRange, merged_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from golden.contexts import CertifiedRun, Segment

_ENGINE = Engine()
_MAX_REMEMBERED = 200  # combinations of values, for each of which a result by lumisection is remembered


class EvaluationFailed(Exception):
    """A clause has no value for some lumisection. The message names both."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Lumisections `first` to `last`, both included, of a segment, and the positions of the clauses that fail there."""

    segment: Segment
    first: int
    last: int
    failing: tuple[int, ...]

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def is_in(self) -> bool:
        return not self.failing

    @property
    def first_failing(self) -> int | None:
        """The position of the first clause that fails."""
        return self.failing[0] if self.failing else None

    @property
    def only_failing(self) -> int | None:
        """The position of the clause that fails alone, which would bring the lumisections back; None otherwise."""
        return self.failing[0] if len(self.failing) == 1 else None


class CompiledClause:
    """A clause, compiled once. Its results are remembered by the values of the variables that it names."""

    def __init__(self, clause: Clause, variables: Iterable[str]) -> None:
        self.clause = clause
        names = sorted(variables)
        self.run_names = [name for name in names if name not in SEGMENT_PLACES and name != LUMISECTION_NUMBER]
        self.segment_places = {name: SEGMENT_PLACES[name] for name in names if name in SEGMENT_PLACES}
        self.is_by_lumisection = LUMISECTION_NUMBER in names
        self.needs_registry = not REGISTRY_VARIABLES.isdisjoint(names)
        self._rule: Rule = _ENGINE.compile_strict(clause.logic)
        self._results: dict[str, bool] = {}
        self._results_by_number: dict[str, dict[int, bool]] = {}

    def values(self, run: CertifiedRun, segment: Segment, number: int) -> dict[str, Any]:
        """Return {variable: value} of the variables that the clause names; None where unknown."""
        of_number = {LUMISECTION_NUMBER: number} if self.is_by_lumisection else {}
        of_segment = {name: segment.values[place] for name, place in self.segment_places.items()}
        return {**{name: run.values.get(name) for name in self.run_names}, **of_segment, **of_number}

    def can_be_evaluated(self, run: CertifiedRun) -> bool:
        """Return whether what it needs of Run Registry was read."""
        return not self.needs_registry or run.registry_read_at is not None

    def holds(self, run: CertifiedRun, segment: Segment, number: int) -> bool:
        """Return whether the clause is true in a lumisection of a segment. Raises `EvaluationFailed`.

        One that needs what was not read from Run Registry is not evaluated: the clause about the reading fails.
        """
        if not self.can_be_evaluated(run):
            return True
        values = self.values(run, segment, number)
        key = repr(list(values.values()))
        if key not in self._results:
            result = self._evaluate(values, f"run {run.key.run_number}, lumisection {number}")
            if self.is_by_lumisection:
                return result
            self._results[key] = result
        return self._results[key]

    def numbers_that_fail(self, run: CertifiedRun, segment: Segment) -> set[int]:
        """Return the lumisections of a segment in which the clause is false. Raises `EvaluationFailed`."""
        values = self.values(run, segment, segment.first)
        key = repr([value for name, value in values.items() if name != LUMISECTION_NUMBER])
        if len(self._results_by_number) >= _MAX_REMEMBERED:
            self._results_by_number.clear()
        results = self._results_by_number.setdefault(key, {})
        for number in range(segment.first, segment.last + 1):
            if number not in results:
                values[LUMISECTION_NUMBER] = number
                results[number] = self._evaluate(values, f"run {run.key.run_number}, lumisection {number}")
        return {number for number in range(segment.first, segment.last + 1) if not results[number]}

    def _evaluate(self, values: dict[str, Any], place: str) -> bool:
        try:
            return bool(self._rule.evaluate(rule_context(values)))
        except DataLogicError as error:
            raise EvaluationFailed(f"“{self.clause.label}” has no value for {place}: {error}") from None


@dataclass(frozen=True)
class ClauseValue:
    """A clause in one lumisection: whether it is true, and {variable: value} of what it names."""

    clause: Clause
    holds: bool
    values: dict[str, Any]


class CompiledPolicy:
    """A checked logic, compiled. Raises `PolicyInvalid`. One instance is for one thread at a time.

    Clauses of the run are evaluated once for each run. Those of segments together are remembered by the values of the
    segment, so that most segments cost one look-up, however many clauses there are. A policy that names what is read
    from Run Registry has one more clause at the end: that it was read.
    """

    def __init__(self, logic: Any) -> None:
        self.variables = check_logic(logic)
        self.clauses = _with_registry_clause(split_clauses(logic), self.variables)
        self._compiled = [CompiledClause(clause, _variables_of(clause)) for clause in self.clauses]
        self._of_lumisections = [clause for clause in self._compiled if clause.is_by_lumisection]
        rest = [clause for clause in self._compiled if not clause.is_by_lumisection]
        self._of_runs = [clause for clause in rest if not clause.segment_places]
        self._of_segments = [clause for clause in rest if clause.segment_places]
        self._names_beside_segments = sorted({name for clause in self._of_segments for name in clause.run_names})
        self.run_variables = sorted({name for clause in self._compiled for name in clause.run_names})
        self.segment_variables = sorted({name for clause in self._compiled for name in clause.segment_places})
        self._failing: dict[Any, tuple[int, ...]] = {}

    @property
    def is_by_lumisection(self) -> bool:
        """Whether a clause depends on the number of the lumisection."""
        return bool(self._of_lumisections)

    def outcomes(self, run: CertifiedRun) -> Iterator[Outcome]:
        """Yield what becomes of all lumisections of a certification, in order. Raises `EvaluationFailed`."""
        if not run.segments:
            return
        of_run = tuple(_failing_in(self._of_runs, run, run.segments[0], run.segments[0].first))
        beside = repr([run.values.get(name) for name in self._names_beside_segments])
        for segment in run.segments:
            failing = self._failing_in_segment(run, segment, of_run, beside)
            if self._of_lumisections:
                yield from _lumisection_outcomes(run, segment, failing, self._of_lumisections)
            else:
                yield Outcome(segment, segment.first, segment.last, failing)

    def _failing_in_segment(
        self, run: CertifiedRun, segment: Segment, of_run: tuple[int, ...], beside: str
    ) -> tuple[int, ...]:
        key = (of_run, beside, segment.values)
        failing = self._failing.get(key)
        if failing is None:
            of_segment = _failing_in(self._of_segments, run, segment, segment.first)
            failing = self._failing[key] = tuple(sorted([*of_run, *of_segment]))
        return failing

    def clause_values(self, run: CertifiedRun, number: int) -> tuple[ClauseValue, ...]:
        """Return each clause in one lumisection, in order; empty if no segment has it. Raises `EvaluationFailed`."""
        segment = next((each for each in run.segments if each.first <= number <= each.last), None)
        if segment is None:
            return ()
        return tuple(
            ClauseValue(each.clause, each.holds(run, segment, number), each.values(run, segment, number))
            for each in self._compiled
            if each.can_be_evaluated(run)
        )


def _with_registry_clause(clauses: tuple[Clause, ...], variables: Iterable[str]) -> tuple[Clause, ...]:
    if REGISTRY_VARIABLES.isdisjoint(variables):
        return clauses
    return (*clauses, Clause(len(clauses), {"===": [{"var": REGISTRY_READ}, READ]}, CLAUSE_LABEL))


def _failing_in(clauses: Iterable[CompiledClause], run: CertifiedRun, segment: Segment, number: int) -> list[int]:
    return [each.clause.position for each in clauses if not each.holds(run, segment, number)]


def _variables_of(clause: Clause) -> set[str]:
    """Return the variables that a clause of a checked logic names, in `var`, `missing` and `missing_some`."""
    names: set[str] = set()
    pending = [clause.logic]
    while pending:
        node = pending.pop()
        if isinstance(node, list):
            pending += node
        elif isinstance(node, dict):
            operator, operands = next(iter(node.items()))
            names |= _named(operator, operands)
            pending += operands if isinstance(operands, list) else [operands]
    return names


def _named(operator: str, operands: Any) -> set[str]:
    listed = operands if isinstance(operands, list) else [operands]
    if operator == "var":
        listed = listed[:1]
    elif operator == "missing_some":
        listed = listed[1]
    elif operator != "missing":
        return set()
    return {name for name in listed if name not in ("", "current", "accumulator")}


def _lumisection_outcomes(
    run: CertifiedRun, segment: Segment, failing: tuple[int, ...], clauses: list[CompiledClause]
) -> Iterator[Outcome]:
    """Yield an outcome for each stretch of a segment in which the same clauses fail: some depend on the number."""
    numbers = [(each.clause.position, each.numbers_that_fail(run, segment)) for each in clauses]
    whole = range(segment.first, segment.last + 1)
    for also, group in groupby(whole, key=lambda number: [place for place, failed in numbers if number in failed]):
        stretch = list(group)
        yield Outcome(segment, stretch[0], stretch[-1], tuple(sorted([*failing, *also])))


def rule_context(values: dict[str, Any]) -> dict[str, Any]:
    """Return the nested context of a rule. A value that is unknown is left out, which `missing` needs."""
    context: dict[str, Any] = {}
    for name, value in values.items():
        if value is not None:
            *parents, last = name.split(".")
            place = context
            for parent in parents:
                place = place.setdefault(parent, {})
            place[last] = value
    return context


def good_ranges(outcomes: Iterable[Outcome]) -> tuple[NumberRange, ...]:
    """Return the lumisections that are in."""
    return tuple(merged_ranges((outcome.first, outcome.last) for outcome in outcomes if outcome.is_in))
