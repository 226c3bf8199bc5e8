"""The certifications of the week, each with who reviewed it and what the reader may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from certify.models import TrackerCertification
from certify.references.actions import obstacles
from certify.review.models import Reviewed
from certify.review.selectors import questions_on, reviews_of, unreviewed
from infrastructure.web.paging import page_of
from reports.filters.week import Scope
from users.access import SignedInRequest
from users.models import User

PAGE_SIZE = 50


@dataclass(frozen=True)
class Line:
    """One certification; `box` is what its tick says in the form of the review, empty where there is nothing to do."""

    row: TrackerCertification
    may_change: bool
    may_promote: bool
    reviewed: Reviewed | None
    box: str


@dataclass(frozen=True)
class Left:
    """How many certifications nobody has reviewed; `stale` of them are."""

    number: int
    stale: int

    @property
    def not_stale(self) -> int:
        return self.number - self.stale


def left_to_review(rows: QuerySet[TrackerCertification]) -> Left:
    """Of these certifications: one query."""
    is_stale = Count("pk", filter=Q(stale_since__isnull=False))
    return Left(**unreviewed(rows.order_by()).aggregate(number=Count("pk"), stale=is_stale))


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """One page of them, newest day first."""
    rows = scope.rows()
    page = page_of(request, rows.defer("facts", "confirmed"), PAGE_SIZE)
    reviews = reviews_of(page)
    left = left_to_review(rows)
    return {
        "page": page,
        "lines": [_line(row, request.user, reviews.get(row.pk)) for row in page],
        "left": left,
        "is_filtered": bool(scope.as_sent().keys() - {"week", "from", "to"}),
        "number_reviewed": page.paginator.count - left.number,
        "open_questions": questions_on(rows).open().count(),
        "shown_at": timezone.now().isoformat(),
    }


def _line(row: TrackerCertification, reader: User, reviewed: Reviewed | None) -> Line:
    can_review = reader.may_change_others and reviewed is None
    may_promote = reader.may_change_others and not any(obstacles(row))
    return Line(
        row, row.may_be_changed_by(reader), may_promote, reviewed, f"{row.pk}-{row.version}" if can_review else ""
    )
