"""Checks the logic of a policy before it is saved, so that Run Registry and CertHelper would give the same files.

Each refusal has the place in the JSON and what to do.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from typing import Any

from golden.policy_text import PolicyInvalid, PolicyIssue
from golden.rule_types import (
    ARITIES,
    BOOLEAN,
    BOOLEAN_RESULT,
    ITEM_TYPES,
    LIST_TYPES,
    NULL,
    NUMBER,
    OPERATORS,
    REFUSED_OPERATORS,
    TEXT,
    OperandInvalid,
    Typed,
    merged,
    result_of,
)
from golden.vocabulary import BEAM_VARIABLES, UNAVAILABLE, VARIABLES, ValueType

MAX_DEPTH, MAX_NODES = 50, 500
MAX_WORK = 5_000  # nodes that one evaluation can visit, iterations included
_MAX_TEXT_LENGTH = 300  # characters of a text in a rule
_MAX_COMPONENTS = 40  # items of a list of OMS
_MAX_NUMBER = 2**53
_ITERATIONS = ("map", "filter", "all", "none", "some", "reduce")
_REDUCE_NAMES = ("current", "accumulator")


@dataclass(frozen=True)
class VariableScope:
    """What `var` can name: the vocabulary, or inside of an iteration only its own names, with their types.

    `repeats`: how often this part is evaluated.
    """

    names: dict[str, Typed] | None = None
    repeats: int = 1


@dataclass
class _Check:
    """The state of one check. `work`: nodes that an evaluation visits."""

    issues: list[PolicyIssue] = field(default_factory=list)
    nodes: int = 0
    work: int = 0
    variables: set[str] = field(default_factory=set)


def check_logic(logic: Any) -> frozenset[str]:
    """Return the variables that the logic names. Raises `PolicyInvalid`."""
    check = _Check()
    try:
        if not isinstance(logic, dict):
            raise _refusal("$", 'The logic is no rule. Write an object with one operator, such as {"and": […]}.')
        result = _check_node(logic, "$", 1, VariableScope(), check)
    except PolicyInvalid as error:
        raise PolicyInvalid(check.issues + error.issues) from None
    _check_result(result, check)
    if check.issues:
        raise PolicyInvalid(check.issues)
    return frozenset(check.variables)


def _check_result(result: Typed, check: _Check) -> None:
    if not check.issues and result.value_type != BOOLEAN:
        check.issues.append(PolicyIssue("$", f"The result is {result.text}, not true or false. Compare it."))
    if not check.variables and not check.issues:
        check.issues.append(PolicyIssue("$", "The logic names no variable, so that all or nothing is good. Name one."))
    if len({*BEAM_VARIABLES} & check.variables) == 1:
        names = " and ".join(BEAM_VARIABLES)
        check.issues.append(PolicyIssue("$", f"Only one beam is named, but the stored bit is of both. Name {names}."))


def _refusal(path: str, message: str) -> PolicyInvalid:
    return PolicyInvalid([PolicyIssue(path, message)])


def _check_node(node: Any, path: str, depth: int, scope: VariableScope, check: _Check) -> Typed:
    """Return what is known of the value of a node. Raises `PolicyInvalid`, or adds smaller issues to the check."""
    check.nodes += 1
    check.work += scope.repeats
    if depth > MAX_DEPTH:
        raise _refusal(path[:200], f"The logic is more than {MAX_DEPTH} levels deep. Use fewer levels.")
    if check.nodes > MAX_NODES:
        raise _refusal(path, f"The logic has more than {MAX_NODES} parts. Use fewer.")
    if check.work > MAX_WORK:
        raise _refusal(path, f"One evaluation takes more than {MAX_WORK} steps. Iterate over shorter lists.")
    if isinstance(node, dict):
        return _check_operation(node, path, depth, scope, check)
    if isinstance(node, list):
        return _check_list(node, path, depth, scope, check)
    return _literal(node, path)


def _literal(value: Any, path: str) -> Typed:
    if value is None:
        return Typed(NULL, may_be_null=True, is_literal=True)
    if isinstance(value, bool):
        return Typed(BOOLEAN, is_literal=True, literal=value)
    if isinstance(value, int | float):
        if not abs(value) <= _MAX_NUMBER:
            raise _refusal(path, "The number is too large. Use one below 2^53.")
        return Typed(NUMBER, is_literal=True, literal=value)
    if len(value) > _MAX_TEXT_LENGTH or not value.isprintable():
        raise _refusal(path, f"The text is longer than {_MAX_TEXT_LENGTH} characters or has unprintable ones.")
    return Typed(TEXT, is_literal=True, literal=value)


def _check_list(items: list[Any], path: str, depth: int, scope: VariableScope, check: _Check) -> Typed:
    """A list as a value has values of one type."""
    values = [_check_node(item, f"{path}[{position}]", depth + 1, scope, check) for position, item in enumerate(items)]
    if not values:
        return Typed(ValueType.TEXTS)
    common = merged(values)
    if common.value_type not in LIST_TYPES or common.may_be_null:
        raise _refusal(path, "A list has values of several types, null or lists. Use texts only or numbers only.")
    return Typed(LIST_TYPES[common.value_type], size=len(values))


def _check_operation(node: dict[str, Any], path: str, depth: int, scope: VariableScope, check: _Check) -> Typed:
    if len(node) != 1:
        raise _refusal(path, f"The object has {len(node)} keys. Write one operator.")
    operator, raw = next(iter(node.items()))
    path = f"{path}.{operator[:40]}"
    if operator not in ARITIES:
        known = f"Use one of {' '.join(OPERATORS)}."
        raise _refusal(path, f"The operator is not allowed. {REFUSED_OPERATORS.get(operator, known)}")
    operands = raw if isinstance(raw, list) else [raw]
    fewest, most = ARITIES[operator]
    if not fewest <= len(operands) <= most:
        limits = f"{fewest}" if fewest == most else f"{fewest} to {most}"
        raise _refusal(path, f"It has {len(operands)} operands instead of {limits}.")
    if operator == "var":
        return _check_variable(operands, path, depth, scope, check)
    if operator in ("missing", "missing_some"):
        return _check_missing(operator, operands, path, scope, check)
    if operator in _ITERATIONS:
        return _check_iteration(operator, operands, path, depth, scope, check)
    return _check_plain(operator, operands, path, depth, scope, check)


def _operand_path(path: str, position: int) -> str:
    return f"{path}[{position}]"


def _check_plain(
    operator: str, operands: list[Any], path: str, depth: int, scope: VariableScope, check: _Check
) -> Typed:
    """An operator without a scope of its own. A refusal of one operand leaves those after it to be checked."""
    values: list[Typed] = []
    for position, operand in enumerate(operands):
        try:
            values.append(_check_node(operand, _operand_path(path, position), depth + 1, scope, check))
        except PolicyInvalid as error:
            if check.nodes > MAX_NODES or depth >= MAX_DEPTH or check.work > MAX_WORK or len(check.issues) > 20:
                raise
            check.issues += error.issues
    if len(values) < len(operands):
        return BOOLEAN_RESULT
    try:
        return result_of(operator, values)
    except OperandInvalid as error:
        place = path if error.position is None else _operand_path(path, error.position)
        raise _refusal(place, str(error)) from None


def _check_variable(operands: list[Any], path: str, depth: int, scope: VariableScope, check: _Check) -> Typed:
    name = operands[0]
    if not isinstance(name, str):
        raise _refusal(path, 'The name of a variable is a text, such as {"var": "run.oms.energy"}.')
    known = _variable_type(name, path, scope, check)
    if len(operands) == 1:
        return known
    default = _check_node(operands[1], _operand_path(path, 1), depth + 1, scope, check)
    if default.value_type not in (known.value_type, NULL):
        raise _refusal(path, f"The default is {default.text}, the variable {known.text}. Use the same type.")
    return replace(known, may_be_null=default.may_be_null)


def _variable_type(name: str, path: str, scope: VariableScope, check: _Check) -> Typed:
    if scope.names is not None:
        if name in scope.names:
            return scope.names[name]
        names = " and ".join(f'"{own}"' for own in scope.names)
        raise _refusal(path, f"Inside of this operator only {names} can be named. Name others outside of it.")
    _check_name(name, path)
    check.variables.add(name)
    variable = VARIABLES[name]
    size = _MAX_COMPONENTS if variable.value_type in ITEM_TYPES else 0
    return Typed(variable.value_type, variable.may_be_null, size=size)


def _check_name(name: str, path: str) -> None:
    if name in UNAVAILABLE:
        raise _refusal(path, f"{name} is not available. {UNAVAILABLE[name]}")
    if name not in VARIABLES:
        last = name.rsplit(".", 1)[-1]
        similar = [known for known in VARIABLES if last and known.endswith(f".{last}")]
        similar = similar or get_close_matches(name[:80], VARIABLES, 1, 0.8)
        hint = f"Did you mean {similar[0]}?" if similar else "Choose one of the list of variables."
        raise _refusal(path, f"There is no variable “{name[:80]}”. {hint}")


def _check_missing(operator: str, operands: list[Any], path: str, scope: VariableScope, check: _Check) -> Typed:
    names = operands[1] if operator == "missing_some" else operands
    if operator == "missing_some" and type(operands[0]) is not int:
        raise _refusal(_operand_path(path, 0), "Give the number of variables that are needed.")
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names) or scope.names is not None:
        raise _refusal(path, "Give the names of variables, outside of map, filter, reduce, all, none and some.")
    for position, name in enumerate(names):
        _check_name(name, _operand_path(path, position))
        check.variables.add(name)
    check.nodes += len(names)
    return Typed(ValueType.TEXTS, size=len(names))


def _check_iteration(
    operator: str, operands: list[Any], path: str, depth: int, scope: VariableScope, check: _Check
) -> Typed:
    if scope.names is not None:
        raise _refusal(path, "It is inside of another iteration. Use it outside.")
    items = _check_node(operands[0], _operand_path(path, 0), depth + 1, scope, check)
    if items.value_type not in ITEM_TYPES:
        raise _refusal(_operand_path(path, 0), f"It is {items.text}. Give a list.")
    item = Typed(ITEM_TYPES[items.value_type])
    names = {"": item}
    if operator == "reduce":
        start = _check_node(operands[2], _operand_path(path, 2), depth + 1, scope, check)
        if start.value_type not in (NUMBER, BOOLEAN) or start.may_be_null:
            raise _refusal(_operand_path(path, 2), "The start of reduce is a number, true or false.")
        names = dict(zip(_REDUCE_NAMES, (item, replace(start, is_literal=False, literal=None)), strict=True))
    inner = VariableScope(names, max(items.size, 1))
    result = _check_node(operands[1], _operand_path(path, 1), depth + 1, inner, check)
    return _iteration_result(operator, items, result, names, path)


def _iteration_result(operator: str, items: Typed, result: Typed, names: dict[str, Typed], path: str) -> Typed:
    if operator == "filter":
        return replace(items, may_be_null=False)
    if operator in ("all", "none", "some"):
        return BOOLEAN_RESULT
    if result.may_be_null:
        raise _refusal(_operand_path(path, 1), f"{operator} gives null. Give a value for each item.")
    if operator == "reduce":
        if result.value_type != names[_REDUCE_NAMES[1]].value_type:
            raise _refusal(_operand_path(path, 1), "reduce gives another type than its start. Use the same type.")
        return replace(result, is_literal=False, literal=None)
    if result.value_type not in LIST_TYPES:
        raise _refusal(_operand_path(path, 1), "map gives no texts or numbers. Give one for each item.")
    return Typed(LIST_TYPES[result.value_type], size=items.size)
