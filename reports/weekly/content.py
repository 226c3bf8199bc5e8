"""What the weekly report says, from the sums of all reports; every number with the address of its rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.utils import timezone

from certify.models.choices import Verdict
from reports.date_range import week_name
from reports.filters.week import Scope
from reports.models import DayNote, WeekNote
from reports.rows import Line
from reports.selectors import words_on
from reports.statistics import Day, FlagChange, days, fill_lumis, fills, lumi_by_day, overview, shifters
from reports.weekly.sections import Heading, Link, Report, Said, Section, Table, filled, said
from reports.weekly.tables import (
    FILL_LUMI,
    OF_A_KIND,
    RUNS,
    WHY,
    day_figure,
    fill_lumi,
    fill_number,
    of_a_kind,
    reason_row,
    row_url,
    runs_by_verdict,
    shares,
    totals,
)
from shiftleader.parts.fills import says_of_lumi
from users.models import User

MOST_LISTED = 2000
_MOST_DAYS_DRAWN = 31


@dataclass(frozen=True)
class Material:
    """Everything that the report is made of: four queries, whatever the range."""

    scope: Scope
    lines: list[Line]
    changes: list[FlagChange]
    notes: list[WeekNote]
    words: list[DayNote]


def material(scope: Scope) -> Material:
    """Read it."""
    lines = scope.lines()
    words = words_on({line.day for line in lines}, scope.said.get("user") or ())
    return Material(scope, lines, scope.flag_changes(), _notes(scope), words)


def _notes(scope: Scope) -> list[WeekNote]:
    """The words on each week that the days touch; none where a side is open."""
    weeks = {week_name(day) for day in scope.days.all()}
    return list(WeekNote.objects.filter(week__in=weeks).order_by("week")) if weeks else []


def report_of(scope: Scope, reader: User, filters: Sequence[str]) -> Report:
    """The report on these days, as this person gives it. `filters`: those that are set, in words."""
    of = material(scope)
    name = scope.week or f"{scope.first or 'begin'}-{scope.last or 'now'}"
    period = scope.title
    if scope.week:
        period += f", {scope.first} to {scope.last}"
    return Report("Weekly report", period, f"tracker-{name}", tuple(_cover(of, reader, filters)), sections_of(of))


def _cover(of: Material, reader: User, filters: Sequence[str]) -> Iterable[Said]:
    yield said("Shift leader" if reader.may_change_others else "Made by", reader.display_name)
    people = [
        Link(f"{one.name} ({one.total.certifications})", of.scope.rows_url(user=one.username))
        for one in shifters(of.lines)
    ]
    yield Said("Shifters", tuple(people) or (Link("nobody certified anything"),))
    for note in of.notes:
        if note.oncalls:
            yield said("On-calls" if len(of.notes) == 1 else f"On-calls {note.week}", note.oncalls)
    if filters:
        yield said("Only", *filters)
    yield said("As of", f"{timezone.now():%Y-%m-%d %H:%M} UTC")


def sections_of(of: Material) -> list[Section]:
    """In the order of the meeting; of very many certifications the sums alone, said to be so."""
    if len(of.lines) > MOST_LISTED:
        return [_too_many(of), *_typed(of, "summary", "Summary")]
    return filled(
        [
            _luminosity(of),
            *_bars(of),
            _fills(of),
            *(_day(of, one) for one in days(of.lines, of.changes)),
            _weekly(of),
            _conditions_and_issues(of),
            *(_typed(of, "summary", "Summary") or [_no_summary(of)]),
            _runs_by_day(of),
            _why(of),
        ]
    )


def _too_many(of: Material) -> Section:
    note = (
        f"These are {len(of.lines)} certifications. Of more than {MOST_LISTED} the report has the sums alone: "
        "choose fewer days to have days, fills, runs and comments."
    )
    rows = [of_a_kind(of.scope, row, {}) for row in overview(of.lines)]
    return Section("weekly", "Certification", note, table=Table(OF_A_KIND, rows))


def _luminosity(of: Material) -> Section | None:
    found = fill_lumis(of.lines)
    table = Table(FILL_LUMI, [fill_lumi(of.scope, one) for one in found])
    return Section("luminosity", "Recorded luminosity", says_of_lumi(found), table=table) if found else None


def _bars(of: Material) -> list[Section]:
    """By reconstruction: over all days of a short range, else those with data."""
    every = of.scope.days.all()
    return [
        Section(
            f"bars-{name}",
            f"Recorded luminosity by day, {name}",
            reconstruction=name,
            amounts=amounts,
            days=every if 0 < len(every) <= _MOST_DAYS_DRAWN else sorted(amounts),
        )
        for name, amounts in lumi_by_day(of.lines).items()
        if any(value > 0 for verdicts in amounts.values() for value in verdicts.values())
    ]


def _fills(of: Material) -> Section | None:
    rows = [
        (fill_number(of.scope, fill.number, fill.lines), *runs_by_verdict(row, fill.lines))
        for fill in fills(of.lines)
        for row in overview(fill.lines)
    ]
    table = Table((Heading("Fill"), *RUNS), rows)
    return Section("fills", "Fills and certified runs", table=table) if rows else None


def _day(of: Material, one: Day) -> Section:
    on = {"date_min": f"{one.day}", "date_max": f"{one.day}"}
    words = [note for note in of.words if note.day == one.day]
    return Section(
        f"day-{one.day}",
        f"{one.day:%A} {one.day}",
        totals=totals(of.scope, one.lines, on),
        table=Table(OF_A_KIND, [of_a_kind(of.scope, row, on) for row in one.rows]),
        shares=shares(one.rows),
        said=(*_fills_of(of.scope, one), *_changes(one.changes), *map(_words_of, words)),
    )


def _fills_of(scope: Scope, one: Day) -> list[Said]:
    mine = [fill for fill in fills(one.lines) if fill.number in one.fills]
    links = [link for fill in mine for link in fill_number(scope, fill.number, fill.lines).links]
    return [Said("Fills of collisions", tuple(links))] if links else []


def _words_of(note: DayNote) -> Said:
    return said(note.user.display_name, "\n".join(filter(None, (note.comment, note.links))))


def _changes(changes: Sequence[FlagChange]) -> list[Said]:
    found = tuple(
        Link(f"{one.run_number} ({one.express.verdict} to {one.prompt.verdict})", row_url(one.prompt))
        for one in changes
    )
    return [Said("Changed from express to prompt", found)] if found else []


def _weekly(of: Material) -> Section:
    found = overview(of.lines)
    if not found:
        return Section("weekly", "Weekly certification", "Nothing was certified on these days.")
    stale = tuple(
        Link(f"{line.run_number} {line.kind.reconstruction} ({'; '.join(line.stale)})", row_url(line))
        for line in of.lines
        if line.stale
    )
    others = [*_changes(of.changes), *([Said("Changed since they were certified", stale)] if stale else [])]
    return Section(
        "weekly",
        "Weekly certification",
        "In each row each run counts once.",
        totals=totals(of.scope, of.lines, {}),
        table=Table(OF_A_KIND, [of_a_kind(of.scope, row, {}) for row in found]),
        shares=shares(found),
        said=tuple(others),
    )


def _typed(of: Material, field: str, title: str) -> list[Section]:
    """The shift leaders' words, as typed; with the week where there are several."""
    return [
        Section(f"{field}-{note.week}", title if len(of.notes) == 1 else f"{title} {note.week}", said=(said("", text),))
        for note in of.notes
        if (text := getattr(note, field))
    ]


def _conditions_and_issues(of: Material) -> Section | None:
    fields = {"conditions": "Conditions", "issues": "Issues"}
    texts = [
        said(title if len(of.notes) == 1 else f"{title} {note.week}", text)
        for note in of.notes
        for field, title in fields.items()
        if (text := getattr(note, field))
    ]
    return Section("conditions", "Conditions and issues", said=tuple(texts)) if texts else None


def _no_summary(of: Material) -> Section:
    return Section("summary", f"Summary of {of.scope.title.lower()}", "No summary is written yet.")


def _runs_by_day(of: Material) -> Section | None:
    rows = [
        (day_figure(of.scope, one.day), *runs_by_verdict(row, one.lines))
        for one in days(of.lines, [])
        for row in one.rows
    ]
    return (
        Section("runs", "Runs by day", table=Table((Heading("Shift day", is_whole=True), *RUNS), rows))
        if rows
        else None
    )


def _why(of: Material) -> Section | None:
    """What is not good, with what was said of it."""
    not_good = [line for line in of.lines if line.verdict != Verdict.GOOD]
    rows = [reason_row(line) for line in sorted(not_good, key=lambda one: (one.run_number, one.kind.order))]
    return Section("why", "Bad and undecided, and why", table=Table(WHY, rows)) if rows else None
