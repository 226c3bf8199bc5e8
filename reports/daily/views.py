"""The daily report."""

from __future__ import annotations

from datetime import date
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from infrastructure.web.responses import HttpResponseSeeOther
from reports.actions import save_day_note
from reports.daily.filters import DailyReportFilter
from reports.daily.forms import DayNoteForm
from reports.daily.logbook import logbook_text
from reports.models import DayNote
from reports.rows import ReportRow, report_rows
from reports.selectors import day_note_of, day_notes_on, practice_note_of
from reports.statistics import statistics_by_verdict, statistics_of
from users.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def summary(request: HttpRequest) -> HttpResponse:
    """The report as text for the logbook, `?date=2018-05-01`; a POST keeps one's own words on that day."""
    reader = cast(User, request.user)
    words = DayNoteForm(request.POST) if request.method == "POST" else None
    if words and words.is_valid():
        return _save_note(request, reader, words.cleaned_data)
    filters = DailyReportFilter(request.GET, reader)
    if not filters.is_valid():
        return render(request, "reports/summary.html", {"filters": filters, "rows": []}, status=422)
    page = _context(reader, filters, words)
    if "download" in request.GET:
        return _download(page["text"], filters.day)
    return render(request, "reports/summary.html", page, status=422 if words else 200)


def _save_note(request: HttpRequest, reader: User, said: dict[str, Any]) -> HttpResponse:
    kept = save_day_note(reader, said["day"], said["comment"], said["links"], is_practice=said["practice"])
    messages.success(request, f"Saved {'as practice ' if kept.is_practice else ''}with your report of {said['day']}.")
    query = urlencode({"date": said["day"], "user": reader.username})
    return HttpResponseSeeOther(f"{reverse('reports:summary')}?{query}")


def _context(reader: User, filters: DailyReportFilter, words: DayNoteForm | None) -> dict[str, Any]:
    lines, note = report_rows(filters.qs), day_note_of(filters.person, filters.day)
    own_day = filters.day if filters.person == reader else None
    practised = practice_note_of(reader, own_day)
    note = practised if own_day and reader.in_training else note
    return {
        "filters": filters,
        "rows": lines,
        "text": logbook_text(lines, *_note_texts(filters, lines, note)),
        "total": statistics_of(lines),
        "stale": [line for line in lines if line.stale],
        "statistics": statistics_by_verdict(lines),
        "note_form": words
        or (_note_form(own_day, note, reader.in_training) if own_day and reader.may_certify else None),
        "practice_note": None if reader.in_training else practised,
    }


def _note_texts(filters: DailyReportFilter, lines: list[ReportRow], note: DayNote | None) -> list[str]:
    """Comment and links of the one day and person; of several, those of whoever certified some of it, each named."""
    if filters.person and filters.day:
        return [note.comment, note.links] if note else []
    certified = {(line.day, line.username) for line in lines}
    notes = [one for one in day_notes_on({day for day, _who in certified}) if (one.day, one.user.username) in certified]
    return [
        "\n".join(f"{one}: {text}" for one in notes if (text := getattr(one, name))) for name in ("comment", "links")
    ]


def _note_form(day: Any, note: Any, is_practice: bool) -> DayNoteForm:
    said = {"comment": note.comment, "links": note.links} if note else {}
    return DayNoteForm(initial={"day": day, "practice": is_practice, **said})


def _download(text: str, day: date | None) -> HttpResponse:
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="tracker-report{f"-{day}" if day else ""}.txt"'
    return answer
