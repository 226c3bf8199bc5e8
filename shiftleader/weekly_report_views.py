"""The weekly report as a page to print and as slides."""

from __future__ import annotations

from collections.abc import Callable

from django.http import HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from reports.bar_chart import chart
from reports.scope import PeriodFilter, Scope
from reports.slides import odp_file, pptx_file
from reports.slides.deck import Deck
from reports.slides.weekly_deck import build_deck
from reports.weekly.content import build_report
from reports.weekly.sections import ReportSection, WeeklyReport
from shiftleader.views import render_invalid_filters
from users.access import SignedInRequest


@require_safe
def report(request: SignedInRequest) -> HttpResponse:
    """All of the weekly report on one page; 422 where the address cannot be read."""
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    scope = Scope(filters)
    made = _build_report(request, scope)
    sections = [(section, _luminosity_chart(section, scope)) for section in made.sections]
    return render(request, "shiftleader/report.html", {"report": made, "scope": scope, "sections": sections})


@require_safe
def slides_pptx(request: SignedInRequest) -> HttpResponse:
    """The same as slides for PowerPoint and LibreOffice."""
    return _slides_response(request, "pptx", pptx_file.CONTENT_TYPE, pptx_file.pptx_bytes)


@require_safe
def slides_odp(request: SignedInRequest) -> HttpResponse:
    """The same as slides for LibreOffice, and for PowerPoint too."""
    return _slides_response(request, "odp", odp_file.CONTENT_TYPE, odp_file.odp_bytes)


def _build_report(request: SignedInRequest, scope: Scope) -> WeeklyReport:
    return build_report(scope, request.user)


def _luminosity_chart(section: ReportSection, scope: Scope) -> object:
    return chart(section.reconstruction, list(section.days), section.amounts, scope.rows_url)


def _slides_response(
    request: SignedInRequest, kind: str, content_type: str, write: Callable[[Deck], bytes]
) -> HttpResponse:
    filters = PeriodFilter(request.GET)
    if not filters.is_valid():
        return render_invalid_filters(request, filters)
    made = _build_report(request, Scope(filters))
    return _attachment(write(build_deck(made)), content_type, f"{made.file_name}.{kind}")


def _attachment(content: bytes, content_type: str, name: str) -> HttpResponse:
    answer = HttpResponse(content, content_type=content_type)
    answer["Content-Disposition"] = f'attachment; filename="{name}"'
    return answer
