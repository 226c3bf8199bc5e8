"""The policy of an imported year: the bits of the Tracker, its three flags, and the imported golden JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from audit.operation import operation
from golden.choices import GoldenChangeKind
from golden.imported_files import dataset_name
from golden.models import Policy, PolicyVersion
from golden.policy_check import check_logic
from golden.vocabulary import BEAM_VARIABLES, IMPORTED_GOLDEN
from oms.lumisections import bits
from registry.flags import COLUMNS

if TYPE_CHECKING:
    from users.models import User


def policy_name(year: int) -> str:
    return f"tracker{year}"


def import_logic() -> dict[str, Any]:
    """Return the logic: a clause for each bit and flag, the last one for the imported file."""
    oms_names = [f"lumisection.oms.{bits.OMS_NAMES[name]}" for name in bits.NAMES if name != "stable_beams"]
    is_on = [_equals(name, True) for name in (*BEAM_VARIABLES, *oms_names)]
    is_good = [_equals(f"lumisection.rr.{column}", "GOOD") for column in COLUMNS.values()]
    return {"and": [*is_on, *is_good, _equals(IMPORTED_GOLDEN, True)]}


def _equals(name: str, value: Any) -> dict[str, Any]:
    return {"==": [{"var": name}, value]}


def ensure_policy(actor: User, year: int, layout: str) -> bool:
    """Save the policy of a year unless it exists; return whether it is new."""
    name, logic = policy_name(year), import_logic()
    check_logic(logic)
    with operation(actor, GoldenChangeKind.POLICY, reason=f"import of {year}"):
        policy, _ = Policy.objects.select_for_update().get_or_create(name=name)
        if policy.versions.exists():
            return False
        PolicyVersion.objects.create(
            policy=policy,
            number=1,
            logic=logic,
            dataset_pattern=dataset_name(year),
            layout=layout,
            made_by=actor,
            made_at=timezone.now(),
            reason=f"Makes the imported file of {year} again.",
        )
    return True
