"""Confirm certifications of the week as looked at: the chosen ones, or all of its scope."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.utils.html import format_html
from django.views.decorators.http import require_POST

from certify.models import TrackerCertification
from certify.review.actions import Outcome, review_certifications
from certify.review.selectors import unreviewed
from infrastructure.web.responses import SeeOther
from reports.filters.chips import chips
from reports.filters.form import WeekForm
from reports.filters.week import Scope
from shiftleader.views import unreadable
from users.access import SignedInRequest, role_required
from users.models import Role

ALL = "all"
AT = "certifications"
MOST_NAMED = 10
MOST_UNASKED = 10
_TICKED = re.compile(r"(\d{1,18})-(\d{1,9})", re.ASCII)


@dataclass(frozen=True)
class Seen:
    """Certifications that stood on the page: {key: version}, and the keys of the stale ones."""

    versions: dict[int, int]
    stale: set[int]

    def number(self, *, with_stale: bool) -> int:
        return len(self.versions) - (0 if with_stale else len(self.stale))


@require_POST
@role_required(Role.SHIFT_LEADER)
def review(request: SignedInRequest) -> HttpResponse:
    """Review what is ticked, or all of the scope that stood there when the page was made; back to the week.

    Of more than a few at once it is asked first, with their number.
    """
    form = WeekForm(request.GET)
    if not form.is_valid():
        return unreadable(request, form)
    scope = form.scope()
    is_all, with_stale = request.POST.get("what") == ALL, "with_stale" in request.POST
    seen = _seen_of(scope, request.POST) if is_all else None
    if seen and "sure" not in request.POST and seen.number(with_stale=with_stale) > MOST_UNASKED:
        return _asked(request, scope, seen, with_stale=with_stale)
    chosen = seen.versions if seen else _ticked(request.POST)
    _tell(request, review_certifications(request.user, chosen, with_stale=with_stale))
    return SeeOther(f"{reverse('shiftleader:week')}?{scope.query}#{AT}")


def _asked(request: SignedInRequest, scope: Scope, seen: Seen, *, with_stale: bool) -> HttpResponse:
    """Says how many of what would be confirmed, and asks; nothing is done yet."""
    context = {
        "scope": scope,
        "chips": chips(scope),
        "number": seen.number(with_stale=with_stale),
        "stale": len(seen.stale),
        "with_stale": with_stale,
        "shown_at": request.POST.get("shown_at", ""),
    }
    return render(request, "shiftleader/confirm_review.html", context)


def _tell(request: SignedInRequest, outcome: Outcome) -> None:
    """What came of it, with the way back beside it, at the part of the week that has the certifications."""
    said = " ".join(_sentences(outcome))
    if outcome.change is None:
        messages.warning(request, said, extra_tags=AT)
        return
    undo = reverse("history_pages:undo", args=[outcome.change])
    messages.success(request, format_html('{} <a href="{}">Undo</a>', said, undo), extra_tags=AT)


def _ticked(sent: QueryDict) -> dict[int, int]:
    """The version that was shown of each ticked certification, by key."""
    found = (_TICKED.fullmatch(text) for text in sent.getlist("certification"))
    return {int(one[1]): int(one[2]) for one in found if one}


def _seen_of(scope: Scope, sent: QueryDict) -> Seen:
    """Those of the scope that nobody has reviewed; what was changed after the page was made was not seen there."""
    shown = _moment(sent.get("shown_at", ""))
    rows = unreviewed(scope.rows().order_by())
    seen = rows.filter(updated_at__lte=shown) if shown else rows.none()
    found = list(seen.values_list("pk", "version", "stale_since"))
    return Seen({pk: version for pk, version, _ in found}, {pk for pk, _, since in found if since})


def _moment(text: str) -> datetime | None:
    try:
        moment = parse_datetime(text)
    except ValueError:
        return None
    return moment if moment is None or moment.tzinfo else None


def _sentences(outcome: Outcome) -> list[str]:
    """What came of it, and what to do about what was left out."""
    said = [f"{_number(outcome.reviewed)} reviewed." if outcome.reviewed else "Nothing is reviewed by this."]
    if outcome.stale:
        said.append(f"Left out as stale: {_names(outcome.stale)}. Tick “stale ones too” to confirm these as well.")
    if outcome.changed:
        said.append(f"Changed meanwhile: {_names(outcome.changed)}. Look at these again.")
    if outcome.before:
        said.append(f"Reviewed before: {_names(outcome.before)}.")
    if not any((outcome.reviewed, outcome.stale, outcome.changed, outcome.before)):
        said.append("Tick the certifications that you have looked at, then confirm.")
    return said


def _number(rows: list[TrackerCertification]) -> str:
    return f"{len(rows)} certification{'' if len(rows) == 1 else 's'}"


def _names(rows: Iterable[TrackerCertification]) -> str:
    names = [str(row) for row in rows]
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more
