"""The comparison of the facts that a verdict depends on, for stale facts, forms, and express with prompt.

Pure functions. They are in this package because the confirmation of express and prompt uses them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from oms.choices import RunType
from oms.formatting import lumi_text
from oms.verdict_facts import VERDICT_FACTS

if TYPE_CHECKING:
    from collections.abc import Mapping

FACT_LABELS = {"run_type": "run type", "lumisections": "lumisections", "recorded_lumi": "recorded luminosity"}
_SHORT_LABELS = FACT_LABELS | {"recorded_lumi": "recorded"}


@dataclass(frozen=True)
class ComparisonRule:
    """Defines when two values of a fact are different.

    Luminosities are equal within the fraction `lumi_share` of the value before, or of the larger value if
    `is_share_of_larger`. `unknown`: the values that mean unknown. `unknown_before_differs` and `unknown_after_differs`
    define whether an unknown value differs from a known one.
    """

    lumi_share: float
    is_share_of_larger: bool = False
    unknown: tuple[str | None, ...] = (None,)
    unknown_before_differs: bool = False
    unknown_after_differs: bool = False

    def differ(self, name: str, before: Any, after: Any) -> bool:
        """Whether the values `before` and `after` of the fact `name` are different."""
        if before in self.unknown or after in self.unknown:
            if before in self.unknown and after in self.unknown:
                return False
            return self.unknown_before_differs if before in self.unknown else self.unknown_after_differs
        if name != "recorded_lumi":
            return bool(before != after)
        whole = max(abs(before), abs(after)) if self.is_share_of_larger else abs(before)
        return bool(abs(after - before) > self.lumi_share * whole)


# OMS recalculates luminosities with small changes. Facts that were missing at certification are filled in later.
SINCE_CERTIFIED = ComparisonRule(0.01, unknown_after_differs=True)
SINCE_SHOWN = ComparisonRule(0.01, unknown_before_differs=True, unknown_after_differs=True)
# A value that is unknown on one side is not a difference.
WITH_TWIN = ComparisonRule(0.11, is_share_of_larger=True, unknown=(None, RunType.UNKNOWN.value))


@dataclass(frozen=True)
class FactDiff:
    """One fact before and after. `short_label` is for tables. Luminosities in 1/pb; None if unknown."""

    name: str
    label: str
    short_label: str
    before: Any
    after: Any
    is_different: bool

    @property
    def before_text(self) -> str:
        return "none" if self.before is None else format_fact(self.name, self.before, self.after)

    @property
    def after_text(self) -> str:
        return "none" if self.after is None else format_fact(self.name, self.after, self.before)


def compare_facts(before: Mapping[str, Any], after: Mapping[str, Any], rule: ComparisonRule) -> list[FactDiff]:
    """Return a diff of each fact of the verdict, equal ones too. A missing key means unknown."""
    pairs = [(name, before.get(name), after.get(name)) for name in VERDICT_FACTS]
    return [
        FactDiff(name, FACT_LABELS[name], _SHORT_LABELS[name], was, now, rule.differ(name, was, now))
        for name, was, now in pairs
    ]


def format_fact(name: str, value: Any, other: Any = None) -> str:
    """Format the value of a fact: "78.150 /pb" or "not reported" for luminosity; else "600" or "none".

    `other`: the value that is shown beside it, in the same unit.
    """
    return lumi_text(value, [other]) if name == "recorded_lumi" else ("none" if value in (None, "") else str(value))
