"""What shifters were asked about the certifications of the week, and what they said."""

from __future__ import annotations

from typing import Any

from django.db.models import F

from certify.review.selectors import questions_about
from infrastructure.web.paging import requested_page
from reports.scope import Scope
from users.access import SignedInRequest

PAGE_SIZE = 30


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """Open questions first, then the answered ones, last answer first."""
    asked = questions_about(scope.rows())
    page = requested_page(request, asked.order_by(F("answered_at").desc(nulls_first=True), "-asked_at"), PAGE_SIZE)
    lines = [(one, one.is_open and one.may_be_answered_by(request.user)) for one in page]
    return {"page": page, "rows": lines, "number_open": asked.open().count()}
