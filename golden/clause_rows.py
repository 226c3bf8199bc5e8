"""Clauses as rows of a form, with variable, operator and value, and back. Pure; the logic need not be a valid policy.

A clause is a row only if the row gives exactly the same JSON again; all others keep their JSON.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from golden.policy_text import PolicyInvalid, PolicyIssue, read_logic
from golden.vocabulary import VARIABLES, ValueType

MAX_ROWS = 170  # more clauses than a valid policy can have
_ROW_OPERATORS = (
    *(("is_true", "is true"), ("is_false", "is false"), ("==", "="), ("!=", "≠"), (">=", "≥"), (">", ">")),
    *(("<=", "≤"), ("<", "<"), ("in", "one of"), ("contains", "contains"), ("is_known", "is known")),
    *(("is_unknown", "is unknown"), ("===", "= exactly"), ("!==", "≠ exactly")),
)
OPERATOR_LABELS = dict(_ROW_OPERATORS)
# Operators of a row without a value: operator and value in the JSON.
WITHOUT_VALUE: dict[str, tuple[str, Any]] = {
    "is_true": ("==", True),
    "is_false": ("===", False),
    "is_known": ("!==", None),
    "is_unknown": ("===", None),
}
_TRUE, _FALSE = ("true", "yes", "on"), ("false", "no", "off")


@dataclass(frozen=True)
class ClauseRow:
    """A clause of a form. `json`: its JSON where it cannot be a row. `is_whole`: it is the whole logic, no operand."""

    variable: str = ""
    operator: str = "=="
    value: str = ""
    json: str = ""
    is_whole: bool = False

    @property
    def is_blank(self) -> bool:
        """Whether nothing is entered; such a row is no clause."""
        return not (self.variable or self.value or self.json)


class RowsInvalid(ValueError):
    """Rows are no clauses. `messages`: {position: what is wrong and what to do}."""

    def __init__(self, messages: dict[int, str]) -> None:
        super().__init__("; ".join(f"clause {position + 1}: {message}" for position, message in messages.items()))
        self.messages = messages


def read_logic_text(text: str) -> Any:
    """Return the value of a JSON text, None for an empty one. Raises `PolicyInvalid`."""
    if not text.strip():
        return None
    logic = read_logic(text)
    try:
        json.dumps(logic, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        message = "A text has half of a character, such as \\ud800. Write whole characters."
        raise PolicyInvalid([PolicyIssue("$", message)]) from None
    return logic


def logic_text(logic: Any) -> str:
    """Return the logic as JSON with a line for each clause; empty for None."""
    if logic is None:
        return ""
    clauses = clauses_of(logic)
    if clauses is None:
        return clause_text(logic)
    return '{"and": [\n' + ",\n".join(f"  {clause_text(clause)}" for clause in clauses) + "\n]}"


def clause_text(logic: Any) -> str:
    """Return JSON in one line."""
    return json.dumps(logic, ensure_ascii=False)


def clauses_of(logic: Any) -> list[Any] | None:
    """Return the operands of the outermost `and`, None if there is none."""
    operands = logic.get("and") if isinstance(logic, dict) and len(logic) == 1 else None
    return operands if isinstance(operands, list) else None


def is_same_logic(first: Any, second: Any) -> bool:
    """Whether both are the same JSON; 1, 1.0 and true differ."""
    return clause_text(first) == clause_text(second)


def rows_of(logic: Any) -> tuple[ClauseRow, ...]:
    """Return a row for each clause; one with the whole logic where it is no `and`, or a very long one."""
    if logic is None:
        return ()
    clauses = clauses_of(logic)
    if not clauses or len(clauses) > MAX_ROWS:
        return (ClauseRow(json=clause_text(logic), is_whole=True),)
    return tuple(_row_of(clause) or ClauseRow(json=clause_text(clause)) for clause in clauses)


def logic_of(rows: tuple[ClauseRow, ...]) -> Any:
    """Return the logic of rows, None without any. Raises `RowsInvalid`."""
    clauses, messages = [], {}
    for position in filled_positions(rows):
        row = rows[position]
        try:
            clauses.append(_clause_of(row))
        except PolicyInvalid as error:
            messages[position] = error.issues[0].message
        except ValueError as error:
            messages[position] = str(error)
    if messages:
        raise RowsInvalid(messages)
    if len(clauses) == 1 and any(row.is_whole for row in rows):
        return clauses[0]
    return {"and": clauses} if clauses else None


def filled_positions(rows: tuple[ClauseRow, ...]) -> list[int]:
    """Return the positions of the rows that are clauses, in the order of the logic."""
    return [position for position, row in enumerate(rows) if not row.is_blank]


def _row_of(clause: Any) -> ClauseRow | None:
    row = _similar_row(clause)
    if row is None or not row.value.isprintable():
        return None
    try:
        return row if is_same_logic(_clause_of(row), clause) else None
    except ValueError:
        return None


def _similar_row(clause: Any) -> ClauseRow | None:
    """Return the row that comes closest to a clause, if it has about the form of one."""
    operator, operands = next(iter(clause.items())) if isinstance(clause, dict) and clause else ("", None)
    if not isinstance(operands, list) or len(operands) != 2:
        return None
    first, second = operands
    if operator == "in" and isinstance(first, str):
        return ClauseRow(_name(second), "contains", first)
    for name, (its_operator, value) in WITHOUT_VALUE.items():
        if operator == its_operator and second is value:
            return ClauseRow(_name(first), name)
    values = second if isinstance(second, list) else [second]
    return ClauseRow(_name(first), operator, ", ".join(map(_value_text, values)))


def _name(node: Any) -> str:
    name = node.get("var") if isinstance(node, dict) else None
    name = name[0] if isinstance(name, list) and name else name
    return name if isinstance(name, str) else ""


def _value_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value)


def _clause_of(row: ClauseRow) -> Any:
    """Return the clause of a row. Raises `ValueError`, also as `PolicyInvalid`."""
    if row.json:
        return read_logic_text(row.json)
    variable = VARIABLES.get(row.variable)
    if variable is None:
        raise ValueError("Choose a variable of the list.")
    named: dict[str, Any] = {"var": row.variable}
    if row.operator in WITHOUT_VALUE:
        operator, value = WITHOUT_VALUE[row.operator]
        return {operator: [named, value]}
    if row.operator == "contains":
        if variable.value_type == ValueType.TEXT and variable.may_be_null:
            named = {"var": [row.variable, ""]}
        return {"in": [_typed_value(ValueType.TEXT, row.value), named]}
    if row.operator == "in":
        return {"in": [named, [_typed_value(variable.value_type, part) for part in row.value.split(",")]]}
    if row.operator not in OPERATOR_LABELS:
        raise ValueError("Choose an operator of the list.")
    return {row.operator: [named, _typed_value(variable.value_type, row.value)]}


def _typed_value(value_type: ValueType, text: str) -> Any:
    text = text.strip()
    if not text:
        raise ValueError("The value is empty. Type one.")
    if value_type == ValueType.NUMBER:
        return _number(text)
    if value_type == ValueType.BOOLEAN:
        if text.lower() not in _TRUE + _FALSE:
            raise ValueError("The variable is true or false. Type one of them.")
        return text.lower() in _TRUE
    return text


def _number(text: str) -> int | float:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        value = None
    if type(value) not in (int, float):
        raise ValueError("The variable is a number. Type one, with a point, such as 3.7.")
    return value
