"""The part "Withdrawn": the withdrawn certifications of these days."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.selectors import certified_reconstructions
from infrastructure.web.paging import requested_page

if TYPE_CHECKING:
    from certify.models import TrackerCertification
    from reports.scope import Scope
    from users.access import SignedInRequest

PAGE_SIZE = 50


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A page of withdrawn certifications: whether the reader may restore each, and whether it was certified again."""
    page = requested_page(request, scope.withdrawn().defer("facts", "confirmed"), PAGE_SIZE)
    again = certified_reconstructions({row.run_number for row in page})
    return {"page": page, "rows": [_withdrawn_row(row, request, again) for row in page]}


def _withdrawn_row(row: TrackerCertification, request: SignedInRequest, again: set[tuple[int, str]]) -> dict[str, Any]:
    is_again = (row.run_number, row.reconstruction) in again
    return {"row": row, "is_again": is_again, "may_restore": not is_again and row.may_be_changed_by(request.user)}
