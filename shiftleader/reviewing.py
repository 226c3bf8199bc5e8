"""Confirm certifications of the week as looked at: the chosen ones, or all of its scope."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import datetime

from django.contrib import messages
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.utils.dateparse import parse_datetime
from django.views.decorators.http import require_POST

from certify.models import TrackerCertification
from certify.responses import SeeOther
from review.actions import Outcome, review_certifications
from review.selectors import unreviewed
from shiftleader.forms import WeekForm
from shiftleader.scope import Scope
from shiftleader.views import unreadable
from users.access import SignedInRequest, role_required
from users.models import Role

ALL = "all"
MOST_NAMED = 10
_TICKED = re.compile(r"(\d{1,18})-(\d{1,9})", re.ASCII)


@require_POST
@role_required(Role.SHIFT_LEADER)
def review(request: SignedInRequest) -> HttpResponse:
    """Review what is ticked, or all of the scope that stood there when the page was made; back to the week."""
    form = WeekForm(request.GET)
    if not form.is_valid():
        return unreadable(request, form)
    scope = form.scope()
    chosen = _all_of(scope, request.POST) if request.POST.get("what") == ALL else _ticked(request.POST)
    outcome = review_certifications(request.user, chosen, with_stale="with_stale" in request.POST)
    level = messages.SUCCESS if outcome.reviewed else messages.WARNING
    messages.add_message(request, level, " ".join(_sentences(outcome)))
    return SeeOther(f"{reverse('shiftleader:week')}?{scope.query}#certifications")


def _ticked(sent: QueryDict) -> dict[int, int]:
    """The version that was shown of each ticked certification, by key."""
    found = (_TICKED.fullmatch(text) for text in sent.getlist("certification"))
    return {int(one[1]): int(one[2]) for one in found if one}


def _all_of(scope: Scope, sent: QueryDict) -> dict[int, int]:
    """Those of the scope that nobody has reviewed; what was changed after the page was made was not seen there."""
    shown = _moment(sent.get("shown_at", ""))
    rows = unreviewed(scope.rows().order_by())
    seen = rows.filter(updated_at__lte=shown) if shown else rows.none()
    return dict(seen.values_list("pk", "version"))


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
