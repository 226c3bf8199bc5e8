"""Sections of the weekly report. Counts have the URL of the certifications that they count."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.filters.date_range import week_name
from certify.models.choices import Verdict
from reports.fill_statistics import fill_lumis, fills
from reports.lumi_sums import lumi_by_day
from reports.models import DayNote, WeekNote
from reports.selectors import day_notes_on
from reports.statistics import Day, FlagChange, days, overview, shifters
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
    OUT_HEADINGS,
    RUN_HEADINGS,
    certification_url,
    day_cell,
    fill_cell,
    fill_lumi_row,
    not_good_row,
    out_row,
    overview_table,
    report_totals,
    verdict_run_cells,
    verdict_shares,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from reports.rows import ReportRow
    from reports.scope import Scope
    from users.models import User

MAX_LISTED = 2000
_MAX_DAYS_DRAWN = 31


@dataclass(frozen=True)
class ReportData:
    """The data of the report: four queries, for any range of days."""

    scope: Scope
    report_rows: list[ReportRow]
    changes: list[FlagChange]
    week_notes: list[WeekNote]
    day_notes: list[DayNote]


def load_report_data(scope: Scope) -> ReportData:
    """Read the data of a scope: four queries."""
    rows = scope.report_rows()
    day_notes = day_notes_on({row.day for row in rows}, scope.values.get("user") or ())
    return ReportData(scope, rows, scope.flag_changes(), _week_notes(scope), day_notes)


def _week_notes(scope: Scope) -> list[WeekNote]:
    """The notes on each week that the days overlap; none if a side of the range is open."""
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
        Link(f"{shifter.name} ({shifter.total.certifications})", data.scope.rows_url(user=shifter.username))
        for shifter in shifters(data.report_rows)
    ]
    yield LabelledText("Shifters", tuple(people) or (Link("nobody certified anything"),))
    for note in data.week_notes:
        if note.oncalls:
            yield labelled_text("On-calls" if len(data.week_notes) == 1 else f"On-calls {note.week}", note.oncalls)
    if chips := data.scope.filters.as_chips(with_days=False):
        yield labelled_text("Only", *(chip.text for chip in chips))
    yield labelled_text("As of", f"{timezone.now():%Y-%m-%d %H:%M} UTC")


def build_sections(data: ReportData) -> list[ReportSection]:
    """All sections in the order of the meeting; only the sums for more than `MAX_LISTED` certifications."""
    if len(data.report_rows) > MAX_LISTED:
        return [_totals_only_section(data), *_week_note_sections(data, "summary", "Summary")]
    return without_empty(
        [
            _luminosity_section(data),
            *_luminosity_chart_sections(data),
            _fills_section(data),
            *(_day_section(data, day) for day in days(data.report_rows, data.changes)),
            _certification_section(data),
            _conditions_section(data),
            *(_week_note_sections(data, "summary", "Summary") or [_no_summary_section(data)]),
            _runs_section(data),
            _not_good_section(data),
            _out_section(data),
        ]
    )


def _totals_only_section(data: ReportData) -> ReportSection:
    note = (
        f"These are {len(data.report_rows)} certifications. Of more than {MAX_LISTED} the report has the sums alone: "
        "choose fewer days to have days, fills, runs and comments."
    )
    table = overview_table(data.scope, overview(data.report_rows), {})
    return ReportSection("weekly", "Certification", note, table=table)


def _luminosity_section(data: ReportData) -> ReportSection | None:
    fill_rows = fill_lumis(data.report_rows)
    table = ReportTable(FILL_LUMI_HEADINGS, [fill_lumi_row(data.scope, fill) for fill in fill_rows])
    return (
        ReportSection("luminosity", "Recorded luminosity", lumi_explanation(fill_rows), table=table)
        if fill_rows
        else None
    )


def _luminosity_chart_sections(data: ReportData) -> list[ReportSection]:
    """A chart per reconstruction, over all days of a short range, else over the days with data."""
    all_days = data.scope.days.all()
    return [
        ReportSection(
            f"bars-{name}",
            f"Recorded luminosity by day, {name}",
            reconstruction=name,
            amounts=amounts,
            days=all_days if 0 < len(all_days) <= _MAX_DAYS_DRAWN else sorted(amounts),
        )
        for name, amounts in lumi_by_day(data.report_rows).items()
        if any(lumi.positive for verdicts in amounts.values() for lumi in verdicts.values())
    ]


def _fills_section(data: ReportData) -> ReportSection | None:
    rows = [
        (fill_cell(data.scope, fill.number, fill.report_rows), *verdict_run_cells(row, fill.report_rows))
        for fill in fills(data.report_rows)
        for row in overview(fill.report_rows)
    ]
    table = ReportTable((ColumnHeading("Fill"), *RUN_HEADINGS), rows)
    return ReportSection("fills", "Fills and certified runs", table=table) if rows else None


def _day_section(data: ReportData, day: Day) -> ReportSection:
    day_filter = {"date_min": f"{day.day}", "date_max": f"{day.day}"}
    notes = [note for note in data.day_notes if note.day == day.day]
    return ReportSection(
        f"day-{day.day}",
        f"{day.day:%A} {day.day}",
        totals=report_totals(data.scope, day.report_rows, day_filter),
        table=overview_table(data.scope, day.overview_rows, day_filter),
        shares=verdict_shares(day.overview_rows),
        texts=(
            *_collision_fills(data.scope, day),
            *_verdict_changes(day.changes),
            *map(_day_note_text, notes),
        ),
    )


def _collision_fills(scope: Scope, day: Day) -> list[LabelledText]:
    collision_fills = [fill for fill in fills(day.report_rows) if fill.number in day.fills]
    links = [link for fill in collision_fills for link in fill_cell(scope, fill.number, fill.report_rows).links]
    return [LabelledText("Fills of collisions", tuple(links))] if links else []


def _day_note_text(note: DayNote) -> LabelledText:
    return labelled_text(note.user.display_name, "\n".join(filter(None, (note.comment, note.links))))


def _verdict_changes(changes: Sequence[FlagChange]) -> list[LabelledText]:
    links = tuple(
        Link(
            f"{change.run_number} ({change.express.verdict} to {change.prompt.verdict})",
            certification_url(change.prompt),
        )
        for change in changes
    )
    return [LabelledText("Changed from express to prompt", links)] if links else []


def _certification_section(data: ReportData) -> ReportSection:
    overview_rows = overview(data.report_rows)
    if not overview_rows:
        return ReportSection("weekly", "Weekly certification", "Nothing was certified on these days.")
    stale = tuple(
        Link(f"{row.run_number} {row.group.reconstruction} ({'; '.join(row.stale)})", certification_url(row))
        for row in data.report_rows
        if row.stale
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
        table=overview_table(data.scope, overview_rows, {}),
        shares=verdict_shares(overview_rows),
        texts=tuple(others),
    )


def _week_note_sections(data: ReportData, field: str, title: str) -> list[ReportSection]:
    """One field of the shift leaders' notes as typed; titled with the week if there are several."""
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
        (day_cell(data.scope, day.day), *verdict_run_cells(row, day.report_rows))
        for day in days(data.report_rows, [])
        for row in day.overview_rows
    ]
    return (
        ReportSection(
            "runs", "Runs by day", table=ReportTable((ColumnHeading("Shift day", is_nowrap=True), *RUN_HEADINGS), rows)
        )
        if rows
        else None
    )


def _not_good_section(data: ReportData) -> ReportSection | None:
    """The certifications that are not good, with reason and comment."""
    not_good = [row for row in data.report_rows if row.verdict != Verdict.GOOD]
    rows = [not_good_row(row) for row in sorted(not_good, key=lambda row: (row.run_number, row.group.order))]
    return (
        ReportSection("why", "Bad and undecided, and why", table=ReportTable(NOT_GOOD_HEADINGS, rows)) if rows else None
    )


def _out_section(data: ReportData) -> ReportSection | None:
    """The certifications with bad lumisections, with reason and comment."""
    with_out = [row for row in data.report_rows if row.out.counting]
    rows = [out_row(row) for row in sorted(with_out, key=lambda row: (row.run_number, row.group.order))]
    return ReportSection("out", "Bad lumisections, and why", table=ReportTable(OUT_HEADINGS, rows)) if rows else None
