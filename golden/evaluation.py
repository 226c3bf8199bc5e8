"""Evaluates a policy on the segments of a certification: each clause once for each combination of its values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from datalogic_py import DataLogicError, Engine, Rule

from golden.clauses import Clause, split_clauses
from golden.contexts import SEGMENT_PLACES
from golden.policy_check import check_logic
from golden.vocabulary import LUMISECTION_NUMBER
from infrastructure.number_ranges import NumberRange, merged_ranges

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from golden.contexts import CertifiedRun, Segment

_ENGINE = Engine()


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
        self.segment_names = [name for name in names if name in SEGMENT_PLACES]
        self.is_by_lumisection = LUMISECTION_NUMBER in names
        self._places = [SEGMENT_PLACES[name] for name in self.segment_names]
        self._rule: Rule = _ENGINE.compile_strict(clause.logic)
        self._results: dict[Any, bool] = {}

    def of_run(self, run: CertifiedRun) -> BoundClause:
        """Return the clause with the values of a run."""
        return BoundClause(self, {name: run.values.get(name) for name in self.run_names})

    def segment_values(self, segment: Segment) -> tuple[Any, ...]:
        """Return the values of its variables in a segment."""
        values = segment.values
        return tuple(values[place] for place in self._places)

    def holds(self, run_key: Any, values: dict[str, Any], number: int | None) -> bool:
        """Return whether the clause is true. Raises `DataLogicError`."""
        key = (run_key, *(values[name] for name in self.segment_names))
        if number is None and key in self._results:
            return self._results[key]
        result = bool(self._rule.evaluate(rule_context(values)))
        if number is None:
            self._results[key] = result
        return result


class BoundClause:
    """A clause with the values of one run."""

    def __init__(self, compiled: CompiledClause, run_values: dict[str, Any]) -> None:
        self._compiled, self._run_values = compiled, run_values
        self._run_key = repr(list(run_values.values())) if run_values else ""
        self._results: dict[tuple[Any, ...], bool] = {}
        self.is_by_lumisection = compiled.is_by_lumisection
        self.position = compiled.clause.position

    def values(self, segment: Segment, number: int | None = None) -> dict[str, Any]:
        """Return {variable: value} of the variables that the clause names; None where unknown."""
        of_segment = zip(self._compiled.segment_names, self._compiled.segment_values(segment), strict=True)
        of_number = {} if number is None else {LUMISECTION_NUMBER: number}
        return {**self._run_values, **dict(of_segment), **of_number}

    def holds(self, segment: Segment, number: int | None = None) -> bool:
        """Return whether the clause is true in a segment, or in one lumisection of it. Raises `EvaluationFailed`."""
        key = self._compiled.segment_values(segment)
        if number is None and key in self._results:
            return self._results[key]
        try:
            result = self._compiled.holds(self._run_key, self.values(segment, number), number)
        except DataLogicError as error:
            place = f"lumisection {number or segment.first}"
            raise EvaluationFailed(f"“{self._compiled.clause.label}” has no value for {place}: {error}") from None
        if number is None:
            self._results[key] = result
        return result


@dataclass(frozen=True)
class ClauseValue:
    """A clause in one lumisection: whether it is true, and {variable: value} of what it names."""

    clause: Clause
    holds: bool
    values: dict[str, Any]


class CompiledPolicy:
    """A checked logic, compiled. Raises `PolicyInvalid`. One instance is for one thread at a time."""

    def __init__(self, logic: Any) -> None:
        self.variables = check_logic(logic)
        self.clauses = split_clauses(logic)
        self._compiled = [CompiledClause(clause, _variables_of(clause)) for clause in self.clauses]
        self.run_variables = sorted({name for clause in self._compiled for name in clause.run_names})
        self.segment_variables = sorted({name for clause in self._compiled for name in clause.segment_names})

    def outcomes(self, run: CertifiedRun) -> Iterator[Outcome]:
        """Yield what becomes of all lumisections of a certification, in order. Raises `EvaluationFailed`."""
        bound = [clause.of_run(run) for clause in self._compiled]
        constant = [clause for clause in bound if not clause.is_by_lumisection]
        by_lumisection = [clause for clause in bound if clause.is_by_lumisection]
        for segment in run.segments:
            failing = tuple(clause.position for clause in constant if not clause.holds(segment))
            if by_lumisection:
                yield from _lumisection_outcomes(segment, failing, by_lumisection)
            else:
                yield Outcome(segment, segment.first, segment.last, failing)

    def clause_values(self, run: CertifiedRun, number: int) -> tuple[ClauseValue, ...]:
        """Return each clause in one lumisection, in order; empty if no segment has it. Raises `EvaluationFailed`."""
        segment = next((each for each in run.segments if each.first <= number <= each.last), None)
        if segment is None:
            return ()
        bound = [(clause, clause.of_run(run)) for clause in self._compiled]
        return tuple(
            ClauseValue(clause.clause, its.holds(segment, at), its.values(segment, at))
            for clause, its in bound
            for at in [number if clause.is_by_lumisection else None]
        )


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
    segment: Segment, failing: tuple[int, ...], by_lumisection: list[BoundClause]
) -> Iterator[Outcome]:
    """Yield an outcome for each lumisection of a segment: some clause depends on its number."""
    for number in range(segment.first, segment.last + 1):
        also = tuple(clause.position for clause in by_lumisection if not clause.holds(segment, number))
        yield Outcome(segment, number, number, tuple(sorted(failing + also)))


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
