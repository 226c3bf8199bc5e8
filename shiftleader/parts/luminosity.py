"""The part "Recorded luminosity": what each fill with colliding bunches recorded (1/pb)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from infrastructure.web.paging import requested_page
from reports.fill_statistics import fill_lumis
from reports.weekly.phrases import fill_url, lumi_explanation

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.access import SignedInRequest

PAGE_SIZE = 50


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """A page of fills, newest first, each with its URL in OMS: one query."""
    page = requested_page(request, fill_lumis(scope.report_rows()), PAGE_SIZE)
    return {
        "page": page,
        "rows": [(fill, fill_url(fill.number)) for fill in page],
        "explanation": lumi_explanation(page),
    }
