"""What the weekly report says, from the sums of all reports; every number with the address of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from certify.filters.date_range import week_name
from certify.models.choices import Verdict
from reports.fill_statistics import fill_lumis, fills
from reports.models import DayNote, WeekNote
from reports.rows import ReportRow
from reports.scope import Scope
from reports.selectors import day_notes_on
from reports.statistics import Day, FlagChange, days, lumi_by_day, overview, shifters
from reports.weekly.phrases import lumi_explanation
from reports.weekly.sections import (
    ColumnHeading,
    LabelledText,
    Link,
    ReportSection,
    ReportTable,
    WeeklyReport,
    labelled_text,
    without_empty,
)
from reports.weekly.tables import (
    FILL_LUMI_HEADINGS,
    NOT_GOOD_HEADINGS,
    OVERVIEW_HEADINGS,
    RUN_HEADINGS,
    certification_url,
    day_cell,
    fill_cell,
    fill_lumi_row,
    not_good_row,
    overview_row,
    report_totals,
    verdict_run_cells,
    verdict_shares,
)
from users.models import User

MAX_LISTED = 2000
_MAX_DAYS_DRAWN = 31


@dataclass(frozen=True)
class ReportData:
    """Everything that the report is made of: four queries, whatever the range."""

    scope: Scope
    report_rows: list[ReportRow]
    changes: list[FlagChange]
    week_notes: list[WeekNote]
    day_notes: list[DayNote]


def load_report_data(scope: Scope) -> ReportData:
    """Read it."""
    lines = scope.report_rows()
    words = day_notes_on({line.day for line in lines}, scope.values.get("user") or ())
    return ReportData(scope, lines, scope.flag_changes(), _week_notes(scope), words)


def _week_notes(scope: Scope) -> list[WeekNote]:
    """The words on each week that the days touch; none where a side is open."""
    weeks = {week_name(day) for day in scope.days.all()}
    return list(WeekNote.objects.filter(week__in=weeks).order_by("week")) if weeks else []


def build_report(scope: Scope, reader: User) -> WeeklyReport:
    """The report on these days, as this person gives it."""
    data = load_report_data(scope)
    name = scope.week or f"{scope.first or 'begin'}-{scope.last or 'now'}"
    period = scope.title
    if scope.week:
        period += f", {scope.first} to {scope.last}"
    return WeeklyReport(
        "Weekly report", period, f"tracker-{name}", tuple(_cover_texts(data, reader)), build_sections(data)
    )


def _cover_texts(data: ReportData, reader: User) -> Iterable[LabelledText]:
    yield labelled_text("Shift leader" if reader.may_change_others else "Made by", reader.display_name)
    people = [
        Link(f"{one.name} ({one.total.certifications})", data.scope.rows_url(user=one.username))
        for one in shifters(data.report_rows)
    ]
    yield LabelledText("Shifters", tuple(people) or (Link("nobody certified anything"),))
    for note in data.week_notes:
        if note.oncalls:
            yield labelled_text("On-calls" if len(data.week_notes) == 1 else f"On-calls {note.week}", note.oncalls)
    if chips := data.scope.filters.as_chips(with_days=False):
        yield labelled_text("Only", *(chip.text for chip in chips))
    yield labelled_text("As of", f"{timezone.now():%Y-%m-%d %H:%M} UTC")


def build_sections(data: ReportData) -> list[ReportSection]:
    """In the order of the meeting; of very many certifications the sums alone, said to be so."""
    if len(data.report_rows) > MAX_LISTED:
        return [_totals_only_section(data), *_week_note_sections(data, "summary", "Summary")]
    return without_empty(
        [
            _luminosity_section(data),
            *_luminosity_chart_sections(data),
            _fills_section(data),
            *(_day_section(data, one) for one in days(data.report_rows, data.changes)),
            _certification_section(data),
            _conditions_section(data),
            *(_week_note_sections(data, "summary", "Summary") or [_no_summary_section(data)]),
            _runs_section(data),
            _not_good_section(data),
        ]
    )


def _totals_only_section(data: ReportData) -> ReportSection:
    note = (
        f"These are {len(data.report_rows)} certifications. Of more than {MAX_LISTED} the report has the sums alone: "
        "choose fewer days to have days, fills, runs and comments."
    )
    rows = [overview_row(data.scope, row, {}) for row in overview(data.report_rows)]
    return ReportSection("weekly", "Certification", note, table=ReportTable(OVERVIEW_HEADINGS, rows))


def _luminosity_section(data: ReportData) -> ReportSection | None:
    found = fill_lumis(data.report_rows)
    table = ReportTable(FILL_LUMI_HEADINGS, [fill_lumi_row(data.scope, one) for one in found])
    return ReportSection("luminosity", "Recorded luminosity", lumi_explanation(found), table=table) if found else None


def _luminosity_chart_sections(data: ReportData) -> list[ReportSection]:
    """By reconstruction: over all days of a short range, else those with data."""
    every = data.scope.days.all()
    return [
        ReportSection(
            f"bars-{name}",
            f"Recorded luminosity by day, {name}",
            reconstruction=name,
            amounts=amounts,
            days=every if 0 < len(every) <= _MAX_DAYS_DRAWN else sorted(amounts),
        )
        for name, amounts in lumi_by_day(data.report_rows).items()
        if any(value > 0 for verdicts in amounts.values() for value in verdicts.values())
    ]


def _fills_section(data: ReportData) -> ReportSection | None:
    rows = [
        (fill_cell(data.scope, fill.number, fill.report_rows), *verdict_run_cells(row, fill.report_rows))
        for fill in fills(data.report_rows)
        for row in overview(fill.report_rows)
    ]
    table = ReportTable((ColumnHeading("Fill"), *RUN_HEADINGS), rows)
    return ReportSection("fills", "Fills and certified runs", table=table) if rows else None


def _day_section(data: ReportData, one: Day) -> ReportSection:
    day_filter = {"date_min": f"{one.day}", "date_max": f"{one.day}"}
    words = [note for note in data.day_notes if note.day == one.day]
    return ReportSection(
        f"day-{one.day}",
        f"{one.day:%A} {one.day}",
        totals=report_totals(data.scope, one.report_rows, day_filter),
        table=ReportTable(OVERVIEW_HEADINGS, [overview_row(data.scope, row, day_filter) for row in one.overview_rows]),
        shares=verdict_shares(one.overview_rows),
        texts=(*_collision_fills(data.scope, one), *_verdict_changes(one.changes), *map(_day_note_text, words)),
    )


def _collision_fills(scope: Scope, one: Day) -> list[LabelledText]:
    mine = [fill for fill in fills(one.report_rows) if fill.number in one.fills]
    links = [link for fill in mine for link in fill_cell(scope, fill.number, fill.report_rows).links]
    return [LabelledText("Fills of collisions", tuple(links))] if links else []


def _day_note_text(note: DayNote) -> LabelledText:
    return labelled_text(note.user.display_name, "\n".join(filter(None, (note.comment, note.links))))


def _verdict_changes(changes: Sequence[FlagChange]) -> list[LabelledText]:
    found = tuple(
        Link(f"{one.run_number} ({one.express.verdict} to {one.prompt.verdict})", certification_url(one.prompt))
        for one in changes
    )
    return [LabelledText("Changed from express to prompt", found)] if found else []


def _certification_section(data: ReportData) -> ReportSection:
    found = overview(data.report_rows)
    if not found:
        return ReportSection("weekly", "Weekly certification", "Nothing was certified on these days.")
    stale = tuple(
        Link(f"{line.run_number} {line.group.reconstruction} ({'; '.join(line.stale)})", certification_url(line))
        for line in data.report_rows
        if line.stale
    )
    others = [
        *_verdict_changes(data.changes),
        *([LabelledText("Changed since they were certified", stale)] if stale else []),
    ]
    return ReportSection(
        "weekly",
        "Weekly certification",
        "In each row each run counts once.",
        totals=report_totals(data.scope, data.report_rows, {}),
        table=ReportTable(OVERVIEW_HEADINGS, [overview_row(data.scope, row, {}) for row in found]),
        shares=verdict_shares(found),
        texts=tuple(others),
    )


def _week_note_sections(data: ReportData, field: str, title: str) -> list[ReportSection]:
    """The shift leaders' words, as typed; with the week where there are several."""
    return [
        ReportSection(
            f"{field}-{note.week}",
            title if len(data.week_notes) == 1 else f"{title} {note.week}",
            texts=(labelled_text("", text),),
        )
        for note in data.week_notes
        if (text := getattr(note, field))
    ]


def _conditions_section(data: ReportData) -> ReportSection | None:
    fields = {"conditions": "Conditions", "issues": "Issues"}
    texts = [
        labelled_text(title if len(data.week_notes) == 1 else f"{title} {note.week}", text)
        for note in data.week_notes
        for field, title in fields.items()
        if (text := getattr(note, field))
    ]
    return ReportSection("conditions", "Conditions and issues", texts=tuple(texts)) if texts else None


def _no_summary_section(data: ReportData) -> ReportSection:
    return ReportSection("summary", f"Summary of {data.scope.title.lower()}", "No summary is written yet.")


def _runs_section(data: ReportData) -> ReportSection | None:
    rows = [
        (day_cell(data.scope, one.day), *verdict_run_cells(row, one.report_rows))
        for one in days(data.report_rows, [])
        for row in one.overview_rows
    ]
    return (
        ReportSection(
            "runs", "Runs by day", table=ReportTable((ColumnHeading("Shift day", is_nowrap=True), *RUN_HEADINGS), rows)
        )
        if rows
        else None
    )


def _not_good_section(data: ReportData) -> ReportSection | None:
    """What is not good, with what was said of it."""
    not_good = [line for line in data.report_rows if line.verdict != Verdict.GOOD]
    rows = [not_good_row(line) for line in sorted(not_good, key=lambda one: (one.run_number, one.group.order))]
    return (
        ReportSection("why", "Bad and undecided, and why", table=ReportTable(NOT_GOOD_HEADINGS, rows)) if rows else None
    )
