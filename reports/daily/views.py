"""The daily report."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, cast
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
from reports.rows import ReportRow, report_rows
from reports.selectors import day_note_of, day_notes_on, practice_note_of
from reports.statistics import statistics_by_verdict, statistics_of

if TYPE_CHECKING:
    from datetime import date

    from reports.models import DayNote
    from users.models import User


@require_http_methods(["GET", "HEAD", "POST"])
def summary(request: HttpRequest) -> HttpResponse:
    """The report as text for the logbook, `?date=2018-05-01`; a POST saves the note of the reader on that day."""
    reader = cast("User", request.user)
    note_form = DayNoteForm(request.POST) if request.method == "POST" else None
    if note_form and note_form.is_valid():
        return _save_note(request, reader, note_form.cleaned_data)
    filters = DailyReportFilter(request.GET, reader)
    if not filters.is_valid():
        return render(request, "reports/summary.html", {"filters": filters, "rows": []}, status=422)
    page = _context(reader, filters, note_form)
    if "download" in request.GET:
        return _download(page["text"], filters.day)
    return render(request, "reports/summary.html", page, status=422 if note_form else 200)


def _save_note(request: HttpRequest, reader: User, data: dict[str, Any]) -> HttpResponse:
    note = save_day_note(reader, data["day"], data["comment"], data["links"], is_practice=data["practice"])
    messages.success(request, f"Saved {'as practice ' if note.is_practice else ''}with your report of {data['day']}.")
    query = urlencode({"date": data["day"], "user": reader.username})
    return HttpResponseSeeOther(f"{reverse('reports:summary')}?{query}")


def _context(reader: User, filters: DailyReportFilter, note_form: DayNoteForm | None) -> dict[str, Any]:
    rows, note = report_rows(filters.qs), day_note_of(filters.person, filters.day)
    own_day = filters.day if filters.person == reader else None
    practice_note = practice_note_of(reader, own_day)
    note = practice_note if own_day and reader.in_training else note
    return {
        "filters": filters,
        "rows": rows,
        "text": logbook_text(rows, *_note_texts(filters, rows, note)),
        "total": statistics_of(rows),
        "stale": [row for row in rows if row.stale],
        "typed": [row for row in rows if row.typed],
        "statistics": statistics_by_verdict(rows),
        "note_form": note_form
        or (_note_form(own_day, note, reader.in_training) if own_day and reader.may_certify else None),
        "practice_note": None if reader.in_training else practice_note,
    }


def _note_texts(filters: DailyReportFilter, rows: list[ReportRow], note: DayNote | None) -> list[str]:
    """Comment and links of the day and person; for several, those of all shifters in the report, with their names."""
    if filters.person and filters.day:
        return [note.comment, note.links] if note else []
    certified = {(row.day, row.username) for row in rows}
    notes = [
        note_of_day
        for note_of_day in day_notes_on({day for day, _username in certified})
        if (note_of_day.day, note_of_day.user.username) in certified
    ]
    return [
        "\n".join(f"{note_of_day}: {text}" for note_of_day in notes if (text := getattr(note_of_day, name)))
        for name in ("comment", "links")
    ]


def _note_form(day: Any, note: Any, is_practice: bool) -> DayNoteForm:
    texts = {"comment": note.comment, "links": note.links} if note else {}
    return DayNoteForm(initial={"day": day, "practice": is_practice, **texts})


def _download(text: str, day: date | None) -> HttpResponse:
    response = HttpResponse(text, content_type="text/plain; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="tracker-report{f"-{day}" if day else ""}.txt"'
    return response
