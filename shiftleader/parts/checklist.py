"""The part "Checklist": the checklists of the shift leader for the weekly report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.models import Checklist
from certify.models.choices import ChecklistUse

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.access import SignedInRequest


def part(_request: SignedInRequest, _scope: Scope) -> dict[str, Any]:
    """The current checklists, in their order: one query."""
    return {"checklists": Checklist.objects.filter(used=ChecklistUse.WEEK, is_retired=False)}
