"""The tables of the weekly report: their columns, and a row of each, every number with the address of its rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django.urls import reverse

from certify.models.choices import Component, Verdict
from oms.choices import RunType
from oms.formatting import inst_lumi_text, lumi_text
from reports.fill_statistics import FillLumi, lumi_of_runs
from reports.rows import ReportRow
from reports.scope import Scope
from reports.statistics import OverviewRow, statistics_by_verdict, statistics_of, with_verdict
from reports.weekly.sections import ColumnHeading, Link, ReportCell, ReportTotal, make_cell

OVERVIEW_HEADINGS = (
    ColumnHeading("Run type"),
    ColumnHeading("Reconstruction"),
    ColumnHeading("Runs", is_number=True),
    ColumnHeading("Good", is_number=True, verdict="good"),
    ColumnHeading("Bad", is_number=True, verdict="bad"),
    ColumnHeading("Undecided", is_number=True, verdict="undecided"),
    ColumnHeading("Lumisections", is_number=True),
    ColumnHeading("Recorded", is_number=True),
    ColumnHeading("Of which bad", is_number=True),
    ColumnHeading("No tracker map", is_number=True),
)
RUN_HEADINGS = (
    ColumnHeading("Run type"),
    ColumnHeading("Reconstruction"),
    ColumnHeading("Good", verdict="good"),
    ColumnHeading("Bad", verdict="bad"),
    ColumnHeading("Undecided", verdict="undecided"),
)
FILL_LUMI_HEADINGS = (
    ColumnHeading("Fill"),
    ColumnHeading("Certified runs", is_nowrap=True),
    ColumnHeading("Delivered", is_number=True),
    ColumnHeading("Recorded", is_number=True),
    ColumnHeading("Efficiency (%)", is_number=True),
    ColumnHeading("Certified", is_number=True),
    ColumnHeading("Peak luminosity", is_number=True),
    ColumnHeading("Peak pile-up", is_number=True),
    ColumnHeading("Colliding bunches", is_number=True),
)
NOT_GOOD_HEADINGS = (
    ColumnHeading("Run"),
    ColumnHeading("Reconstruction"),
    ColumnHeading("Verdict"),
    *(ColumnHeading(component.label) for component in Component),
    ColumnHeading("Why", is_long_text=True),
    ColumnHeading("Shifter"),
)


def fill_lumi_row(scope: Scope, one: FillLumi) -> tuple[ReportCell, ...]:
    url = run_range_url(scope, one.first_run, one.last_run)
    facts = one.facts
    values = (
        one.number,
        run_range_text(one.first_run, one.last_run),
        lumi_text(facts.delivered_lumi),
        lumi_text(facts.recorded_lumi),
        "not reported" if facts.efficiency_lumi is None else f"{facts.efficiency_lumi:.2f}",
        lumi_text(one.certified),
        inst_lumi_text(facts.peak_lumi),
        "not reported" if facts.peak_pileup is None else f"{facts.peak_pileup:.1f}",
        "not reported" if facts.bunches_colliding is None else facts.bunches_colliding,
    )
    return tuple(make_cell(value, url) for value in values)


def run_range_url(scope: Scope, first: int, last: int) -> str:
    """The rows between these runs."""
    return scope.rows_url(runs_min=first, runs_max=last)


def run_range_text(first: int, last: int) -> str:
    """Runs from the first to the last in words."""
    return f"{first}" if first == last else f"{first}–{last}"


def fill_cell(scope: Scope, number: int | None, lines: list[ReportRow]) -> ReportCell:
    runs = [line.run_number for line in lines]
    return make_cell(number, run_range_url(scope, min(runs), max(runs))) if number else make_cell("not known")


def verdict_run_cells(row: OverviewRow, lines: Iterable[ReportRow]) -> tuple[ReportCell, ...]:
    """Run type, reconstruction and the runs of each verdict, oldest first."""
    mine = [
        one for one in lines if (one.group.run_type, one.group.reconstruction) == (row.run_type, row.reconstruction)
    ]
    runs = (ReportCell(_run_links(with_verdict(mine, verdict)), verdict.value) for verdict in Verdict)
    return (make_cell(row.run_type), make_cell(row.reconstruction), *runs)


def _run_links(lines: Iterable[ReportRow]) -> tuple[Link, ...]:
    return tuple(
        Link(f"{line.run_number}", certification_url(line)) for line in sorted(lines, key=lambda one: one.run_number)
    )


def certification_url(line: ReportRow) -> str:
    return _certification_url(line.pk)


@lru_cache(maxsize=4096)
def _certification_url(pk: int) -> str:
    return reverse("listruns:certification", args=[pk])


def overview_row(scope: Scope, row: OverviewRow, day_filter: dict[str, str]) -> tuple[ReportCell, ...]:
    """A row of numbers; `on` narrows where their rows are to some days."""
    of = {"run_type": row.run_type, "reconstruction": row.reconstruction, **day_filter}
    url, bad = scope.rows_url(**of), row.for_verdict(Verdict.BAD)
    return (
        make_cell(row.run_type),
        make_cell(row.reconstruction),
        make_cell(row.total.runs, url),
        *(
            make_cell(row.for_verdict(verdict).runs, scope.rows_url(**of, verdict=verdict.value), verdict.value)
            for verdict in Verdict
        ),
        make_cell(_with_unknown_count(f"{row.total.lumisections}", row.total.unknown_lumisections), url),
        make_cell(_with_unknown_count(lumi_text(row.total.recorded_lumi), row.total.unknown_lumi), url),
        make_cell(
            _with_unknown_count(lumi_text(bad.recorded_lumi), bad.unknown_lumi),
            scope.rows_url(**of, verdict=Verdict.BAD.value) if bad.runs else "",
        ),
        make_cell(row.without_trackermap, scope.rows_url(**of, trackermap="missing")),
    )


def report_totals(scope: Scope, lines: list[ReportRow], day_filter: dict[str, str]) -> tuple[ReportTotal, ...]:
    """The sums of these lines, luminosity of collisions with each run once; `on` narrows their rows to some days."""
    total, by_verdict = statistics_of(lines), statistics_by_verdict(lines)
    counts = {verdict: by_verdict[verdict].certifications if verdict in by_verdict else 0 for verdict in Verdict}
    collisions = [line for line in lines if line.group.run_type == RunType.COLLISIONS]
    everything, theirs = scope.rows_url(**day_filter), scope.rows_url(**day_filter, run_type=RunType.COLLISIONS.value)
    return (
        ReportTotal("Runs", Link(f"{total.runs}", everything)),
        ReportTotal("Certifications", Link(f"{total.certifications}", everything)),
        *(
            ReportTotal(
                verdict.label, Link(f"{count}", scope.rows_url(**day_filter, verdict=verdict.value)), verdict.value
            )
            if count
            else ReportTotal(verdict.label, Link("0"))
            for verdict, count in counts.items()
        ),
        *([ReportTotal("Recorded", Link(lumi_text(lumi_of_runs(collisions)), theirs))] if collisions else []),
    )


def verdict_shares(rows: Iterable[OverviewRow]) -> list[tuple[str, dict[Verdict, int]]]:
    """The runs of each verdict, by run type and reconstruction."""
    return [
        (f"{row.run_type} {row.reconstruction}", {verdict: one.runs for verdict, one in row.by_verdict.items()})
        for row in rows
    ]


def _with_unknown_count(text: str, unknown: int) -> str:
    return f"{text} ({unknown} unknown)" if unknown else text


def day_cell(scope: Scope, day: date) -> ReportCell:
    return make_cell(f"{day:%a} {day}", scope.rows_url(date_min=f"{day}", date_max=f"{day}"))


def not_good_row(line: ReportRow) -> tuple[ReportCell, ...]:
    word = Verdict(line.verdict).label + (", stale" if line.stale else "")
    return (
        make_cell(line.run_number, certification_url(line)),
        make_cell(line.group.reconstruction),
        ReportCell((Link(word),), line.verdict, is_verdict=True),
        *(make_cell(line.flag_text(component.value)) for component in Component),
        make_cell(line.reason_and_comment),
        make_cell(line.shifter),
    )
