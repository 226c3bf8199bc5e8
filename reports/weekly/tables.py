"""Tables of the weekly report: headings and rows. Counts have the URL of their rows; no URL occurs twice in a row."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

from django.urls import reverse

from certify.models.choices import Verdict
from certify.models.components import Component
from infrastructure.number_ranges import format_ranges
from oms.choices import RunType
from oms.formatting import inst_lumi_in_column, lumi_in_column
from reports.fill_statistics import FillLumi, lumi_of_runs
from reports.statistics import OverviewRow, statistics_by_verdict, statistics_of, with_unknown_count, with_verdict
from reports.weekly.sections import ColumnHeading, Link, ReportCell, ReportTable, ReportTotal, make_cell

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from reports.rows import ReportRow
    from reports.scope import Scope

_OUT_HEADING = ColumnHeading("Out of good")
_OUT_COLUMN = 9  # after the luminosity of bad runs
_OVERVIEW_HEADINGS = (
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
OUT_HEADINGS = (
    ColumnHeading("Run"),
    ColumnHeading("Reconstruction"),
    ColumnHeading("Verdict"),
    ColumnHeading("Out"),
    *(ColumnHeading(f"{component.label} bad") for component in Component),
    ColumnHeading("Why", is_long_text=True),
    ColumnHeading("Shifter"),
)


def fill_lumi_row(scope: Scope, fill: FillLumi) -> tuple[ReportCell, ...]:
    runs = make_cell(run_range_text(fill.first_run, fill.last_run), run_range_url(scope, fill.first_run, fill.last_run))
    facts = fill.facts
    values = (
        lumi_in_column(facts.delivered_lumi),
        lumi_in_column(facts.recorded_lumi),
        "not reported" if facts.efficiency_lumi is None else f"{facts.efficiency_lumi:.2f}",
        with_unknown_count(lumi_in_column(fill.certified), fill.unknown_lumi),
        inst_lumi_in_column(facts.peak_lumi),
        "not reported" if facts.peak_pileup is None else f"{facts.peak_pileup:.1f}",
        "not reported" if facts.bunches_colliding is None else facts.bunches_colliding,
    )
    return (make_cell(fill.number), runs, *map(make_cell, values))


def run_range_url(scope: Scope, first: int, last: int) -> str:
    """The rows between these runs."""
    return scope.rows_url(runs_min=first, runs_max=last)


def run_range_text(first: int, last: int) -> str:
    """A range of runs as text."""
    return f"{first}" if first == last else f"{first}–{last}"


def fill_cell(scope: Scope, number: int | None, report_rows: list[ReportRow]) -> ReportCell:
    runs = [report_row.run_number for report_row in report_rows]
    return make_cell(number, run_range_url(scope, min(runs), max(runs))) if number else make_cell("not known")


def verdict_run_cells(row: OverviewRow, report_rows: Iterable[ReportRow]) -> tuple[ReportCell, ...]:
    """Run type, reconstruction and the runs of each verdict, oldest first."""
    matching_rows = [
        report_row
        for report_row in report_rows
        if (report_row.group.run_type, report_row.group.reconstruction) == (row.run_type, row.reconstruction)
    ]
    runs = (ReportCell(_run_links(with_verdict(matching_rows, verdict)), verdict.value) for verdict in Verdict)
    return (make_cell(row.run_type), make_cell(row.reconstruction), *runs)


def _run_links(report_rows: Iterable[ReportRow]) -> tuple[Link, ...]:
    return tuple(
        Link(_run_text(report_row), certification_url(report_row))
        for report_row in sorted(report_rows, key=lambda report_row: report_row.run_number)
    )


def _run_text(report_row: ReportRow) -> str:
    out = report_row.out.short_text
    return f"{report_row.run_number} ({out})" if out else f"{report_row.run_number}"


def certification_url(report_row: ReportRow) -> str:
    return _certification_url(report_row.pk)


@lru_cache(maxsize=4096)
def _certification_url(pk: int) -> str:
    return reverse("listruns:certification", args=[pk])


def overview_table(scope: Scope, rows: list[OverviewRow], day_filter: dict[str, str]) -> ReportTable:
    """The overview; it has a column of what is out of good runs if there is something.

    `day_filter`: parameters that restrict the linked certifications to some days.
    """
    headings, cells = [*_OVERVIEW_HEADINGS], [[*_overview_row(scope, row, day_filter)] for row in rows]
    if any(row.good_out for row in rows):
        headings.insert(_OUT_COLUMN, _OUT_HEADING)
        for row, row_cells in zip(rows, cells, strict=True):
            row_cells.insert(_OUT_COLUMN, _out_cell(scope, row, day_filter))
    return ReportTable(tuple(headings), [tuple(row_cells) for row_cells in cells])


def _out_cell(scope: Scope, row: OverviewRow, day_filter: dict[str, str]) -> ReportCell:
    row_filter = {"run_type": row.run_type, "reconstruction": row.reconstruction, **day_filter}
    return make_cell(row.good_out, scope.rows_url(**row_filter, verdict=Verdict.GOOD.value, ranges="on"))


def _overview_row(scope: Scope, row: OverviewRow, day_filter: dict[str, str]) -> tuple[ReportCell, ...]:
    row_filter = {"run_type": row.run_type, "reconstruction": row.reconstruction, **day_filter}
    url, bad = scope.rows_url(**row_filter), row.for_verdict(Verdict.BAD)
    return (
        make_cell(row.run_type),
        make_cell(row.reconstruction),
        make_cell(row.total.runs, url),
        *(
            make_cell(row.for_verdict(verdict).runs, scope.rows_url(**row_filter, verdict=verdict.value), verdict.value)
            for verdict in Verdict
        ),
        make_cell(with_unknown_count(f"{row.total.lumisections}", row.total.unknown_lumisections)),
        make_cell(with_unknown_count(lumi_in_column(row.total.recorded_lumi), row.total.unknown_lumi)),
        make_cell(with_unknown_count(lumi_in_column(bad.recorded_lumi), bad.unknown_lumi)),
        make_cell(row.without_trackermap, scope.rows_url(**row_filter, trackermap="missing")),
    )


def report_totals(scope: Scope, report_rows: list[ReportRow], day_filter: dict[str, str]) -> tuple[ReportTotal, ...]:
    """The totals of these rows; luminosity is that of collisions, each run counted once.

    `day_filter`: parameters that restrict the linked certifications to some days.
    """
    total, by_verdict = statistics_of(report_rows), statistics_by_verdict(report_rows)
    counts = {verdict: by_verdict[verdict].certifications if verdict in by_verdict else 0 for verdict in Verdict}
    collisions = [report_row for report_row in report_rows if report_row.group.run_type == RunType.COLLISIONS]
    lumi, unknown_lumi = lumi_of_runs(collisions)
    all_url, collisions_url = (
        scope.rows_url(**day_filter),
        scope.rows_url(**day_filter, run_type=RunType.COLLISIONS.value),
    )
    return (
        ReportTotal("Runs", Link(f"{total.runs}", all_url)),
        ReportTotal("Certifications", Link(f"{total.certifications}", all_url)),
        *(
            ReportTotal(
                verdict.label, Link(f"{count}", scope.rows_url(**day_filter, verdict=verdict.value)), verdict.value
            )
            if count
            else ReportTotal(verdict.label, Link("0"))
            for verdict, count in counts.items()
        ),
        *(
            [ReportTotal("Recorded", Link(with_unknown_count(lumi_in_column(lumi), unknown_lumi), collisions_url))]
            if collisions
            else []
        ),
    )


def verdict_shares(rows: Iterable[OverviewRow]) -> list[tuple[str, dict[Verdict, int]]]:
    """Number of runs by verdict, for each run type and reconstruction."""
    return [
        (
            f"{row.run_type} {row.reconstruction}",
            {verdict: statistics.runs for verdict, statistics in row.by_verdict.items()},
        )
        for row in rows
    ]


def day_cell(scope: Scope, day: date) -> ReportCell:
    return make_cell(f"{day:%a} {day}", scope.rows_url(date_min=f"{day}", date_max=f"{day}"))


def not_good_row(report_row: ReportRow) -> tuple[ReportCell, ...]:
    return (
        *_verdict_cells(report_row),
        *(make_cell(report_row.flag_text(component.value)) for component in Component),
        make_cell(report_row.reason_and_comment),
        make_cell(report_row.shifter),
    )


def out_row(report_row: ReportRow) -> tuple[ReportCell, ...]:
    ranges = report_row.ranges
    return (
        *_verdict_cells(report_row),
        make_cell(report_row.out.figures),
        *(make_cell(format_ranges(ranges.get(component, ()))) for component in Component),
        make_cell(report_row.reason_and_comment),
        make_cell(report_row.shifter),
    )


def _verdict_cells(report_row: ReportRow) -> tuple[ReportCell, ...]:
    """Run, reconstruction and verdict."""
    verdict_text = Verdict(report_row.verdict).label + (", stale" if report_row.stale else "")
    return (
        make_cell(report_row.run_number, certification_url(report_row)),
        make_cell(report_row.group.reconstruction),
        ReportCell((Link(verdict_text),), report_row.verdict, is_verdict=True),
    )
