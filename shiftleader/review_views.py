"""Views that confirm the review of certifications: of selected ones, or of all in the scope."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from certify.review.actions import ReviewOutcome, review_certifications
from certify.review.selectors import unreviewed
from infrastructure.web.responses import HttpResponseSeeOther
from reports.scope import PeriodFilter, Scope
from shiftleader.views import render_invalid_filters
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from django.http import HttpResponse, QueryDict

    from certify.models import TrackerCertification

ALL = "all"
CERTIFICATIONS_PART = "certifications"
MAX_NAMED = 10
MAX_UNCONFIRMED = 10
_TICKED_PATTERN = re.compile(r"(\d{1,18})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class ShownCertifications:
    """Certifications that the page showed: {primary key: version}, and the primary keys of the stale ones."""

    versions: dict[int, int]
    stale: set[int]

    def count(self, *, with_stale: bool) -> int:
        return len(self.versions) - (0 if with_stale else len(self.stale))


@require_POST
@role_required(Role.SHIFT_LEADER)
def review(request: SignedInRequest) -> HttpResponse:
    """Review the selected certifications, or all of the scope as shown on the page; redirect to the week.

    More than `MAX_UNCONFIRMED` at once need a confirmation on a page that shows their number.
    """
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    scope = Scope(filters)
    is_all, with_stale = request.POST.get("what") == ALL, "with_stale" in request.POST
    shown_certifications = _shown_certifications(scope, request.POST) if is_all else None
    if (
        shown_certifications
        and "sure" not in request.POST
        and shown_certifications.count(with_stale=with_stale) > MAX_UNCONFIRMED
    ):
        return _confirmation_page(request, scope, shown_certifications, with_stale=with_stale)
    chosen = shown_certifications.versions if shown_certifications else _ticked_versions(request.POST)
    _add_outcome_message(request, review_certifications(request.user, chosen, with_stale=with_stale))
    return HttpResponseSeeOther(f"{reverse('shiftleader:week')}?{scope.query}#{CERTIFICATIONS_PART}")


def _confirmation_page(
    request: SignedInRequest, scope: Scope, shown_certifications: ShownCertifications, *, with_stale: bool
) -> HttpResponse:
    """The page that shows the number of certifications and asks for confirmation. Saves nothing."""
    context = {
        "scope": scope,
        "chips": scope.filters.as_chips(with_days=False),
        "number": shown_certifications.count(with_stale=with_stale),
        "stale": len(shown_certifications.stale),
        "with_stale": with_stale,
        "shown_at": request.POST.get("shown_at", ""),
    }
    return render(request, "shiftleader/confirm_review.html", context)


def _add_outcome_message(request: SignedInRequest, outcome: ReviewOutcome) -> None:
    """Add the outcome as a message with a link to undo it, shown at the certifications part of the week."""
    sentences = " ".join(_outcome_sentences(outcome))
    if outcome.change_id is None:
        messages.warning(request, sentences, extra_tags=CERTIFICATIONS_PART)
        return
    undo = reverse("history_pages:undo", args=[outcome.change_id])
    messages.success(request, format_html('{} <a href="{}">Undo</a>', sentences, undo), extra_tags=CERTIFICATIONS_PART)


def _ticked_versions(sent: QueryDict) -> dict[int, int]:
    """The shown version of each selected certification, by primary key."""
    matches = (_TICKED_PATTERN.fullmatch(text) for text in sent.getlist("certification"))
    return {int(match[1]): int(match[2]) for match in matches if match}


def _shown_certifications(scope: Scope, sent: QueryDict) -> ShownCertifications:
    """Unreviewed certifications of the scope, without those that changed after the page was rendered."""
    shown = _parse_time(sent.get("shown_at", ""))
    rows = unreviewed(scope.rows().order_by())
    rows = rows.filter(updated_at__lte=shown) if shown else rows.none()
    values = list(rows.values_list("pk", "version", "stale_since"))
    return ShownCertifications({pk: version for pk, version, _ in values}, {pk for pk, _, since in values if since})


def _parse_time(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else None


def _outcome_sentences(outcome: ReviewOutcome) -> list[str]:
    """Sentences on the outcome, and on how to proceed with the certifications that were left out."""
    sentences = [f"{_count_text(outcome.reviewed)} reviewed." if outcome.reviewed else "Nothing is reviewed by this."]
    if outcome.stale:
        sentences.append(
            f"Left out as stale: {_certification_names(outcome.stale)}. Tick “stale ones too” to confirm these as well."
        )
    if outcome.changed:
        sentences.append(f"Changed meanwhile: {_certification_names(outcome.changed)}. Look at these again.")
    if outcome.already_reviewed:
        sentences.append(f"Reviewed before: {_certification_names(outcome.already_reviewed)}.")
    if not any((outcome.reviewed, outcome.stale, outcome.changed, outcome.already_reviewed)):
        sentences.append("Tick the certifications that you have looked at, then confirm.")
    return sentences


def _count_text(rows: list[TrackerCertification]) -> str:
    return f"{len(rows)} certification{'' if len(rows) == 1 else 's'}"


def _certification_names(rows: Iterable[TrackerCertification]) -> str:
    names = [str(row) for row in rows]
    more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
    return ", ".join(names[:MAX_NAMED]) + more
