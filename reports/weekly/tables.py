"""The tables of the weekly report: their columns, and a row of each, every number with the address of its rows."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from functools import lru_cache

from django.urls import reverse

from certify.models.choices import Component, Verdict
from oms.choices import RunType
from oms.formatting import inst_lumi_text, lumi_text
from reports.filters.week import Scope
from reports.rows import Line
from reports.statistics import FillLumi, Row, lumi_of_runs, sum_of, sums_by_verdict, with_verdict
from reports.weekly.sections import Figure, Heading, Link, Total, figure

OF_A_KIND = (
    Heading("Run type"),
    Heading("Reconstruction"),
    Heading("Runs", is_number=True),
    Heading("Good", is_number=True, verdict="good"),
    Heading("Bad", is_number=True, verdict="bad"),
    Heading("Undecided", is_number=True, verdict="undecided"),
    Heading("Lumisections", is_number=True),
    Heading("Recorded", is_number=True),
    Heading("Of it bad", is_number=True),
    Heading("No tracker map", is_number=True),
)
RUNS = (
    Heading("Run type"),
    Heading("Reconstruction"),
    Heading("Good", verdict="good"),
    Heading("Bad", verdict="bad"),
    Heading("Undecided", verdict="undecided"),
)
FILL_LUMI = (
    Heading("Fill"),
    Heading("Certified runs", is_whole=True),
    Heading("Delivered", is_number=True),
    Heading("Recorded", is_number=True),
    Heading("Efficiency (%)", is_number=True),
    Heading("Certified", is_number=True),
    Heading("Peak luminosity", is_number=True),
    Heading("Peak pile-up", is_number=True),
    Heading("Colliding bunches", is_number=True),
)
WHY = (
    Heading("Run"),
    Heading("Reconstruction"),
    Heading("Verdict"),
    *(Heading(component.label) for component in Component),
    Heading("Why", is_long=True),
    Heading("Shifter"),
)


def fill_lumi(scope: Scope, one: FillLumi) -> tuple[Figure, ...]:
    url = rows_of_runs(scope, one.first_run, one.last_run)
    facts = one.facts
    values = (
        one.number,
        span(one.first_run, one.last_run),
        lumi_text(facts.delivered_lumi),
        lumi_text(facts.recorded_lumi),
        "not reported" if facts.efficiency_lumi is None else f"{facts.efficiency_lumi:.2f}",
        lumi_text(one.certified),
        inst_lumi_text(facts.peak_lumi),
        "not reported" if facts.peak_pileup is None else f"{facts.peak_pileup:.1f}",
        "not reported" if facts.bunches_colliding is None else facts.bunches_colliding,
    )
    return tuple(figure(value, url) for value in values)


def rows_of_runs(scope: Scope, first: int, last: int) -> str:
    """The rows between these runs: the list says it by two ends, the week by a range."""
    return scope.rows_url(runs_min=first, runs_max=last) or scope.rows_url(runs=f"{first}-{last}")


def span(first: int, last: int) -> str:
    """Runs from the first to the last in words."""
    return f"{first}" if first == last else f"{first}–{last}"


def fill_number(scope: Scope, number: int | None, lines: list[Line]) -> Figure:
    runs = [line.run_number for line in lines]
    return figure(number, rows_of_runs(scope, min(runs), max(runs))) if number else figure("not known")


def runs_by_verdict(row: Row, lines: Iterable[Line]) -> tuple[Figure, ...]:
    """Run type, reconstruction and the runs of each verdict, oldest first."""
    mine = [one for one in lines if (one.kind.run_type, one.kind.reconstruction) == (row.run_type, row.reconstruction)]
    runs = (Figure(_links(with_verdict(mine, verdict)), verdict.value) for verdict in Verdict)
    return (figure(row.run_type), figure(row.reconstruction), *runs)


def _links(lines: Iterable[Line]) -> tuple[Link, ...]:
    return tuple(Link(f"{line.run_number}", row_url(line)) for line in sorted(lines, key=lambda one: one.run_number))


def row_url(line: Line) -> str:
    return _row_url(line.pk)


@lru_cache(maxsize=4096)
def _row_url(pk: int) -> str:
    return reverse("listruns:certification", args=[pk])


def of_a_kind(scope: Scope, row: Row, on: dict[str, str]) -> tuple[Figure, ...]:
    """A row of numbers; `on` narrows where their rows are to some days."""
    of = {"run_type": row.run_type, "reconstruction": row.reconstruction, **on}
    url, bad = scope.rows_url(**of), row.of(Verdict.BAD)
    return (
        figure(row.run_type),
        figure(row.reconstruction),
        figure(row.total.runs, url),
        *(
            figure(row.of(verdict).runs, scope.rows_url(**of, verdict=verdict.value), verdict.value)
            for verdict in Verdict
        ),
        figure(_with_unknown(f"{row.total.lumisections}", row.total.unknown_lumisections), url),
        figure(_with_unknown(lumi_text(row.total.recorded_lumi), row.total.unknown_lumi), url),
        figure(
            _with_unknown(lumi_text(bad.recorded_lumi), bad.unknown_lumi),
            scope.rows_url(**of, verdict=Verdict.BAD.value) if bad.runs else "",
        ),
        figure(row.without_trackermap, scope.rows_url(**of, trackermap="missing")),
    )


def totals(scope: Scope, lines: list[Line], on: dict[str, str]) -> tuple[Total, ...]:
    """The sums of these lines, luminosity of collisions with each run once; `on` narrows their rows to some days."""
    total, by_verdict = sum_of(lines), sums_by_verdict(lines)
    counts = {verdict: by_verdict[verdict].certifications if verdict in by_verdict else 0 for verdict in Verdict}
    collisions = [line for line in lines if line.kind.run_type == RunType.COLLISIONS]
    everything, theirs = scope.rows_url(**on), scope.rows_url(**on, run_type=RunType.COLLISIONS.value)
    return (
        Total("Runs", Link(f"{total.runs}", everything)),
        Total("Certifications", Link(f"{total.certifications}", everything)),
        *(
            Total(verdict.label, Link(f"{count}", scope.rows_url(**on, verdict=verdict.value)), verdict.value)
            if count
            else Total(verdict.label, Link("0"))
            for verdict, count in counts.items()
        ),
        *([Total("Recorded", Link(lumi_text(lumi_of_runs(collisions)), theirs))] if collisions else []),
    )


def shares(rows: Iterable[Row]) -> list[tuple[str, dict[Verdict, int]]]:
    """The runs of each verdict, by run type and reconstruction."""
    return [
        (f"{row.run_type} {row.reconstruction}", {verdict: one.runs for verdict, one in row.by_verdict.items()})
        for row in rows
    ]


def _with_unknown(text: str, unknown: int) -> str:
    return f"{text} ({unknown} unknown)" if unknown else text


def day_figure(scope: Scope, day: date) -> Figure:
    return figure(f"{day:%a} {day}", scope.rows_url(date_min=f"{day}", date_max=f"{day}"))


def reason_row(line: Line) -> tuple[Figure, ...]:
    word = Verdict(line.verdict).label + (", stale" if line.stale else "")
    return (
        figure(line.run_number, row_url(line)),
        figure(line.kind.reconstruction),
        Figure((Link(word),), line.verdict, is_word=True),
        *(figure(line.flag_text(component.value)) for component in Component),
        figure(line.why),
        figure(line.shifter),
    )
