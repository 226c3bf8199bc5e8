"""The certifications of the week, each with who reviewed it and what the reader may do with it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from certify.models import TrackerCertification
from certify.references.actions import promotion_obstacles
from certify.review.models import Reviewed
from certify.review.selectors import current_reviews, questions_about, unreviewed
from infrastructure.web.paging import requested_page
from reports.scope import Scope
from users.access import SignedInRequest
from users.models import User

PAGE_SIZE = 50


@dataclass(frozen=True)
class ReviewRow:
    """One certification; `box` is what its tick says in the form of the review, empty where there is nothing to do."""

    certification: TrackerCertification
    may_change: bool
    may_promote: bool
    reviewed: Reviewed | None
    checkbox_value: str


@dataclass(frozen=True)
class UnreviewedCount:
    """How many certifications nobody has reviewed; `stale` of them are."""

    number: int
    stale: int

    @property
    def not_stale(self) -> int:
        return self.number - self.stale


def count_unreviewed(rows: QuerySet[TrackerCertification]) -> UnreviewedCount:
    """Of these certifications: one query."""
    is_stale = Count("pk", filter=Q(stale_since__isnull=False))
    return UnreviewedCount(**unreviewed(rows.order_by()).aggregate(number=Count("pk"), stale=is_stale))


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """One page of them, newest day first."""
    rows = scope.rows()
    page = requested_page(request, rows.defer("facts", "confirmed"), PAGE_SIZE)
    reviews = current_reviews(page)
    left = count_unreviewed(rows)
    return {
        "page": page,
        "rows": [_review_row(row, request.user, reviews.get(row.pk)) for row in page],
        "unreviewed": left,
        "is_filtered": bool(scope.filters.as_sentence()),
        "number_reviewed": page.paginator.count - left.number,
        "open_questions": questions_about(rows).open().count(),
        "shown_at": timezone.now().isoformat(),
    }


def _review_row(row: TrackerCertification, reader: User, reviewed: Reviewed | None) -> ReviewRow:
    can_review = reader.may_change_others and reviewed is None
    may_promote = reader.may_change_others and not any(promotion_obstacles(row))
    return ReviewRow(
        row, row.may_be_changed_by(reader), may_promote, reviewed, f"{row.pk}-{row.version}" if can_review else ""
    )
