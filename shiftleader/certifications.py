"""The certifications of the week, each with what the reader may do with it."""

from __future__ import annotations

from typing import Any

from shiftleader.pages import page_of
from shiftleader.scope import Scope
from users.access import SignedInRequest

PAGE_SIZE = 50


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """One page of them, newest day first."""
    rows = scope.rows().defer("facts", "confirmed")
    page = page_of(request, rows, PAGE_SIZE)
    return {"page": page, "lines": [(row, row.may_be_changed_by(request.user)) for row in page]}
