"""The clauses of a policy: the operands of its outermost `and`, each with a label that people can read."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from golden.vocabulary import VARIABLES, ValueType, Variable

MAX_LABEL_LENGTH = 80
_SIGNS = {"==": "=", "===": "=", "!=": "≠", "!==": "≠", ">": ">", ">=": "≥", "<": "<", "<=": "≤"}
_FLIPPED = {">": "<", ">=": "≤", "<": ">", "<=": "≥"}


@dataclass(frozen=True)
class Clause:
    """A clause: its number from 0 on, its logic and its label, such as "energy ≥ 6000 GeV"."""

    position: int
    logic: Any
    label: str


def split_clauses(logic: Any) -> tuple[Clause, ...]:
    """Return the clauses of a checked logic; the logic itself where it is no `and`."""
    operands = logic.get("and", logic) if isinstance(logic, dict) else logic
    parts = operands if isinstance(operands, list) else [operands]
    return tuple(Clause(position, part, clause_label(part)) for position, part in enumerate(parts))


def clause_label(logic: Any) -> str:
    """Return a clause as text; JSON, shortened, where it is no comparison of a variable with a value."""
    label = _comparison_label(logic)
    if label is None:
        label = json.dumps(logic, ensure_ascii=False)
    return label if len(label) <= MAX_LABEL_LENGTH else f"{label[: MAX_LABEL_LENGTH - 1]}…"


def _comparison_label(logic: Any) -> str | None:
    if variable := _variable(logic):
        return variable.label
    if not isinstance(logic, dict):
        return None
    operator, raw = next(iter(logic.items()))
    operands = raw if isinstance(raw, list) else [raw]
    if operator == "!" and (variable := _variable(operands[0])):
        return f"not {variable.label}"
    if len(operands) != 2:
        return None
    return _pair_label(operator, operands)


def _pair_label(operator: str, operands: list[Any]) -> str | None:
    first, second = map(_variable, operands)
    if first and operator == "in" and isinstance(operands[1], list):
        return f"{first.label} one of {', '.join(map(str, operands[1]))}"
    if second and operator == "in" and isinstance(operands[0], str):
        return f"{second.label} contains {operands[0]}"
    if operator not in _SIGNS:
        return None
    if first and not isinstance(operands[1], dict | list):
        return _value_label(first, _SIGNS[operator], operands[1])
    if second and not isinstance(operands[0], dict | list):
        return _value_label(second, _FLIPPED.get(operator, _SIGNS[operator]), operands[0])
    return None


def _value_label(variable: Variable, sign: str, value: Any) -> str:
    if isinstance(value, bool | int) and variable.value_type == ValueType.BOOLEAN and value in (0, 1):
        return variable.label if bool(value) == (sign == "=") else f"not {variable.label}"
    text = "unknown" if value is None else str(value)
    unit = variable.unit if isinstance(value, int | float) else ""
    if isinstance(value, str) and sign == "=":
        return f"{variable.label} {text}"
    return f"{variable.label} {sign} {text} {unit}".rstrip()


def _variable(logic: Any) -> Variable | None:
    if not isinstance(logic, dict) or set(logic) != {"var"}:
        return None
    name = logic["var"][0] if isinstance(logic["var"], list) and logic["var"] else logic["var"]
    return VARIABLES.get(name) if isinstance(name, str) else None
