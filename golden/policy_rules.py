"""What decides the files of a policy, saved or not: logic, dataset pattern, layout, and whether stale ones count."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from golden.choices import StaleRule
from golden.dataset_patterns import DatasetPattern, parse_pattern
from golden.evaluation import CompiledPolicy


@dataclass(frozen=True)
class PolicyRules:
    """The rules of a version of a policy, or of one that is not saved. `logic` is the value of its JSON."""

    logic: Any
    dataset_pattern: str
    layout: str = "wrap80"
    stale: str = StaleRule.COUNTS

    @cached_property
    def compiled(self) -> CompiledPolicy:
        """The logic, compiled once. Raises `PolicyInvalid`."""
        return CompiledPolicy(self.logic)

    @cached_property
    def pattern(self) -> DatasetPattern:
        """The dataset pattern. Raises `PatternInvalid`."""
        return parse_pattern(self.dataset_pattern)
