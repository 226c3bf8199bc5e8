"""Time limits of tests, far enough apart for a slow machine.

A hanging service hangs for `HANG_S`. A call that ended within `PATIENCE_S` did not wait for it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HANG_S = 60
PATIENCE_S = 30


def are_concurrent(calls: Iterable[Mapping[str, Any]]) -> bool:
    """Whether the last of these calls (of the sandbox's log) began before the first of them was answered."""
    calls = list(calls)
    return max(call["started"] for call in calls) < min(call["started"] + call["seconds"] for call in calls)
