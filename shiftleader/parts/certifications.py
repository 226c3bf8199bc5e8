"""The part "Certifications": each with its review and the actions that the reader may take."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.db.models import Count, F, Q, QuerySet
from django.utils import timezone

from certify.facts.presentation import typed_text
from certify.references.actions import promotion_obstacles
from certify.review.selectors import current_reviews, questions_about, unreviewed
from infrastructure.web.paging import requested_page

if TYPE_CHECKING:
    from certify.models import TrackerCertification
    from certify.review.models import Reviewed
    from reports.scope import Scope
    from users.access import SignedInRequest
    from users.models import User

PAGE_SIZE = 50


@dataclass(frozen=True)
class ReviewRow:
    """A certification. `checkbox_value`: value of its checkbox in the review form; empty if there is none to show.

    `typed`: the facts that were typed by hand, as text.
    """

    certification: TrackerCertification
    may_change: bool
    may_promote: bool
    reviewed: Reviewed | None
    checkbox_value: str
    typed: str


@dataclass(frozen=True)
class UnreviewedCount:
    """The number of unreviewed certifications, and how many of these are stale."""

    number: int
    stale: int

    @property
    def not_stale(self) -> int:
        return self.number - self.stale


def count_unreviewed(rows: QuerySet[TrackerCertification]) -> UnreviewedCount:
    """Count the unreviewed certifications of a queryset: one query."""
    is_stale = Count("pk", filter=Q(stale_since__isnull=False))
    return UnreviewedCount(**unreviewed(rows.order_by()).aggregate(number=Count("pk"), stale=is_stale))


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A page of certifications, newest day first, with the counts of reviews and open questions."""
    rows = scope.rows()
    page = requested_page(request, rows.defer("facts", "confirmed").annotate(typed=F("facts__typed")), PAGE_SIZE)
    reviews = current_reviews(page)
    unreviewed_count = count_unreviewed(rows)
    return {
        "page": page,
        "rows": [_review_row(row, request.user, reviews.get(row.pk)) for row in page],
        "unreviewed": unreviewed_count,
        "is_filtered": bool(scope.filters.as_sentence()),
        "number_reviewed": page.paginator.count - unreviewed_count.number,
        "open_questions": questions_about(rows).open().count(),
        "shown_at": timezone.now().isoformat(),
    }


def _review_row(row: TrackerCertification, reader: User, reviewed: Reviewed | None) -> ReviewRow:
    can_review = reader.may_change_others and reviewed is None
    may_promote = reader.may_change_others and not any(promotion_obstacles(row))
    checkbox_value = f"{row.pk}-{row.version}" if can_review else ""
    typed = typed_text(row.typed)  # type: ignore[attr-defined]  # annotated
    return ReviewRow(row, row.may_be_changed_by(reader), may_promote, reviewed, checkbox_value, typed)
