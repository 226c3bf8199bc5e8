"""The operators that a policy may use, and what each takes and gives.

They are those of Run Registry's json-logic-js 2 that datalogic-py evaluates alike, on operands for which both agree;
tests/golden/test_recorded_rules.py has the answers of a real Run Registry.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from golden.vocabulary import ValueType

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

BOOLEAN, NUMBER, TEXT, TEXTS, NUMBERS, NULL = ValueType
ITEM_TYPES = {TEXTS: TEXT, NUMBERS: NUMBER}
LIST_TYPES = {TEXT: TEXTS, NUMBER: NUMBERS}


@dataclass(frozen=True)
class Typed:
    """What is known of a value: its type, None if it has several; whether it can be null; a literal value.

    `size`: of a list, the most items it can have.
    """

    value_type: ValueType | None
    may_be_null: bool = False
    is_literal: bool = False
    literal: Any = None
    size: int = 0

    @property
    def is_list(self) -> bool:
        return self.value_type in ITEM_TYPES

    @property
    def text(self) -> str:
        """The type in words, such as "a number or null"."""
        if self.value_type is None:
            return "values of several types"
        return f"{self.value_type.value}{' or null' if self.may_be_null and self.value_type != NULL else ''}"


class OperandInvalid(ValueError):
    """The operands of an operator are refused. `position`: of which one, None for all."""

    def __init__(self, message: str, position: int | None = None) -> None:
        super().__init__(message)
        self.position = position


BOOLEAN_RESULT = Typed(BOOLEAN)
NUMBER_RESULT = Typed(NUMBER)

# Operator: fewest and most operands.
_ANY = 500
ARITIES = {
    **dict.fromkeys(("==", "===", "!=", "!==", ">", ">=", "in", "/", "%"), (2, 2)),
    **dict.fromkeys(("<", "<="), (2, 3)),
    **dict.fromkeys(("!", "!!"), (1, 1)),
    **dict.fromkeys(("and", "or", "cat", "+", "*", "min", "max", "merge"), (1, _ANY)),
    **dict.fromkeys(("if",), (2, _ANY)),
    **dict.fromkeys(("?:", "reduce"), (3, 3)),
    **dict.fromkeys(("map", "filter", "all", "none", "some"), (2, 2)),
    "substr": (2, 3),
    "-": (1, 2),
    "var": (1, 2),
    "missing": (1, _ANY),
    "missing_some": (2, 2),
}
OPERATORS = tuple(ARITIES)
REFUSED_OPERATORS = {
    "log": "It only writes to a log. Remove it.",
    "method": "It calls JavaScript, which only Run Registry has. Remove it.",
}


def merged(values: Iterable[Typed]) -> Typed:
    """Return what is known of a value that is any of these."""
    several = list(values)
    types = {value.value_type for value in several if value.value_type != NULL}
    may_be_null = any(value.may_be_null or value.value_type == NULL for value in several)
    only = types.pop() if len(types) == 1 else None if types else NULL
    return Typed(only, may_be_null, size=max(value.size for value in several))


def result_of(operator: str, operands: Sequence[Typed]) -> Typed:
    """Return what the operator gives, but for `var`, `missing` and iterations. Raises `OperandInvalid`."""
    return _CHECKS[operator](operands)


def _loose_equality(operands: Sequence[Typed]) -> Typed:
    first, second = operands
    if first.is_list or second.is_list:
        raise OperandInvalid("A list is compared. Use in, some, all or none.")
    for value, other in ((first, second), (second, first)):
        if value.may_be_null and not (other.is_literal and other.literal):
            raise OperandInvalid("One side can be null, which Run Registry compares otherwise. Use === or !==.")
    types = {first.value_type, second.value_type} - {NULL}
    if None in types or len(types - {BOOLEAN, NUMBER}) + bool(types & {BOOLEAN, NUMBER}) > 1:
        raise OperandInvalid(f"{first.text} is compared with {second.text}. Compare values of one type.")
    return BOOLEAN_RESULT


def _strict_equality(operands: Sequence[Typed]) -> Typed:
    if any(operand.is_list for operand in operands):
        raise OperandInvalid("A list is compared. Use in, some, all or none.")
    return BOOLEAN_RESULT


def _ordering(operands: Sequence[Typed]) -> Typed:
    for position, operand in enumerate(operands):
        if operand.value_type != NUMBER:
            raise OperandInvalid(f"It is {operand.text}. Only numbers are compared by size.", position)
    return BOOLEAN_RESULT


def _truth(_operands: Sequence[Typed]) -> Typed:
    return BOOLEAN_RESULT


def _either(operands: Sequence[Typed]) -> Typed:
    return merged(operands)


def _condition(operands: Sequence[Typed]) -> Typed:
    results = [*operands[1::2], *(operands[-1:] if len(operands) % 2 else [Typed(NULL)])]
    return merged(results)


def _membership(operands: Sequence[Typed]) -> Typed:
    item, container = operands
    if container.value_type == TEXT and item.value_type == TEXT:
        if item.may_be_null:
            raise OperandInvalid('It can be null. Give a default: {"var": [NAME, ""]}.', 0)
        return BOOLEAN_RESULT
    if not container.is_list:
        raise OperandInvalid(f"It is {container.text}. Give a list, or search a text in a text.", 1)
    if container.size and item.value_type not in (ITEM_TYPES[container.value_type], NULL):  # type: ignore[index]
        raise OperandInvalid(f"It is {item.text}, the list is {container.text}. Use one type.", 0)
    return BOOLEAN_RESULT


def _arithmetic(operands: Sequence[Typed]) -> Typed:
    for position, operand in enumerate(operands):
        if operand.value_type != NUMBER:
            raise OperandInvalid(f"It is {operand.text}. Only numbers can be calculated with.", position)
        if operand.may_be_null:
            raise OperandInvalid('It can be null. Give a default: {"var": [NAME, 0]}.', position)
    return NUMBER_RESULT


def _division(operands: Sequence[Typed]) -> Typed:
    _arithmetic(operands)
    if not operands[1].is_literal or not operands[1].literal:
        raise OperandInvalid("The divisor can be 0. Divide by a number other than 0.", 1)
    return NUMBER_RESULT


def _concatenation(operands: Sequence[Typed]) -> Typed:
    for position, operand in enumerate(operands):
        if operand.value_type != TEXT:
            raise OperandInvalid(f"It is {operand.text}. Only texts are joined.", position)
    return Typed(TEXT)


def _part_of_text(operands: Sequence[Typed]) -> Typed:
    if operands[0].value_type != TEXT:
        raise OperandInvalid(f"It is {operands[0].text}. Give a text.", 0)
    for position, operand in enumerate(operands[1:], 1):
        if type(operand.literal) is not int:
            raise OperandInvalid("Give a whole number.", position)
    return Typed(TEXT, operands[0].may_be_null)


def _merge(operands: Sequence[Typed]) -> Typed:
    types = {LIST_TYPES.get(operand.value_type, operand.value_type) for operand in operands}  # type: ignore[arg-type]
    list_type = types.pop()
    if types or list_type not in ITEM_TYPES or any(operand.may_be_null for operand in operands):
        raise OperandInvalid("Only lists and values of one type that cannot be null are merged.")
    return Typed(list_type, size=sum(operand.size or 1 for operand in operands))


_CHECKS = {
    **dict.fromkeys(("==", "!="), _loose_equality),
    **dict.fromkeys(("===", "!=="), _strict_equality),
    **dict.fromkeys((">", ">=", "<", "<="), _ordering),
    **dict.fromkeys(("!", "!!"), _truth),
    **dict.fromkeys(("and", "or"), _either),
    **dict.fromkeys(("if", "?:"), _condition),
    "in": _membership,
    **dict.fromkeys(("+", "-", "*", "min", "max"), _arithmetic),
    **dict.fromkeys(("/", "%"), _division),
    "cat": _concatenation,
    "substr": _part_of_text,
    "merge": _merge,
}
