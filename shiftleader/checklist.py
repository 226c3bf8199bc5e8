"""The shift leader's own checklist: what to go through before the report is out."""

from __future__ import annotations

from typing import Any

from certify.models import Checklist
from shiftleader.scope import Scope
from users.access import SignedInRequest

IDENTIFIER = "shiftleader"


def part(_request: SignedInRequest, _scope: Scope) -> dict[str, Any]:
    """The list as it is now; None where there is none."""
    return {"checklist": Checklist.objects.filter(identifier=IDENTIFIER, is_retired=False).first()}
