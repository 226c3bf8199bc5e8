"""The guard of "all like express": when a prompt may take over the flags of its express. Pure functions.

Only where express is wholly good without low statistics or bad lumisections, and nothing that it rests on differs
(rules: "Judge first").
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.models.choices import Flag, Reconstruction
from certify.rules.fact_comparison import SINCE_SHOWN, compare_facts
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certify.models.components import ComponentFlag
    from certify.rules.entry import TwinCertification
    from oms.models import OmsRun


def may_be_like_express(run: OmsRun, reconstruction: str, express: TwinCertification | None) -> bool:
    """Whether this reconstruction of the run may take over the flags of the express certification."""
    if reconstruction != Reconstruction.PROMPT or express is None or express.is_stale:
        return False
    is_wholly_good = all(
        flag.flag == Flag.GOOD and not flag.lowstat and not flag.ranges for flag in express.component_flags.values()
    )
    facts = compare_facts(verdict_facts(express), verdict_facts(run), SINCE_SHOWN)
    return is_wholly_good and not any(diff.is_different for diff in facts)


def is_like_express(
    run: OmsRun, reconstruction: str, component_flags: Iterable[ComponentFlag], express: TwinCertification | None
) -> bool:
    """Whether these flags are those of the express certification, and the guard holds."""
    if express is None or not may_be_like_express(run, reconstruction, express):
        return False
    return all(flag == express.component_flags[flag.component] for flag in component_flags)
