"""The part "Questions to shifters": questions about the certifications of the week, and the answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.db.models import F

from certify.review.selectors import questions_about
from infrastructure.web.paging import requested_page

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.access import SignedInRequest

PAGE_SIZE = 30


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A page of questions: open ones first, then answered ones by decreasing time of the answer."""
    questions = questions_about(scope.rows())
    page = requested_page(request, questions.order_by(F("answered_at").desc(nulls_first=True), "-asked_at"), PAGE_SIZE)
    rows = [(question, question.is_open and question.may_be_answered_by(request.user)) for question in page]
    return {"page": page, "rows": rows, "number_open": questions.open().count()}
