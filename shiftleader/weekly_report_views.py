"""The weekly report as a page to print and as slides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.bar_chart import chart
from reports.scope import PeriodFilter, Scope
from reports.slides import odp_file, pptx_file
from reports.slides.weekly_deck import build_deck
from reports.weekly.content import build_report
from shiftleader.views import render_invalid_filters

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.slides.deck import Deck
    from reports.weekly.sections import ReportSection, WeeklyReport
    from users.access import SignedInRequest


@require_safe
def report(request: SignedInRequest) -> HttpResponse:
    """The weekly report on one page; 422 for invalid parameters."""
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    scope = Scope(filters)
    weekly_report = _build_report(request, scope)
    sections = [(section, _luminosity_chart(section, scope)) for section in weekly_report.sections]
    return render(request, "shiftleader/report.html", {"report": weekly_report, "scope": scope, "sections": sections})


@require_safe
def slides_pptx(request: SignedInRequest) -> HttpResponse:
    """The weekly report as .pptx; 422 for invalid parameters."""
    return _slides_response(request, "pptx", pptx_file.CONTENT_TYPE, pptx_file.pptx_bytes)


@require_safe
def slides_odp(request: SignedInRequest) -> HttpResponse:
    """The weekly report as .odp; 422 for invalid parameters."""
    return _slides_response(request, "odp", odp_file.CONTENT_TYPE, odp_file.odp_bytes)


def _build_report(request: SignedInRequest, scope: Scope) -> WeeklyReport:
    return build_report(scope, request.user)


def _luminosity_chart(section: ReportSection, scope: Scope) -> object:
    return chart(section.reconstruction, list(section.days), section.amounts, scope.rows_url)


def _slides_response(
    request: SignedInRequest, extension: str, content_type: str, write: Callable[[Deck], bytes]
) -> HttpResponse:
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    weekly_report = _build_report(request, Scope(filters))
    return _attachment(write(build_deck(weekly_report)), content_type, f"{weekly_report.file_name}.{extension}")


def _attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
