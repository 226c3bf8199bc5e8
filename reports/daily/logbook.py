"""The daily report as text for the electronic logbook: the same certifications always give the same bytes.

Later changes of their facts are not part of the text; the page shows these separately.
"""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

from prettytable import PrettyTable
from prettytable.prettytable import HRuleStyle

from certify.models.choices import Verdict
from certify.models.components import Component
from infrastructure.number_ranges import format_ranges
from oms.formatting import at_least, lumi_in_column
from reports.rows import ReportGroup, ReportRow, grouped_rows
from reports.statistics import statistics_by_verdict, with_unknown_count, with_verdict

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from reports.statistics import OutSum

WIDTH = 78
COMMENT_WIDTH = 50
RANGES_WIDTH = 16
# Components that depend on others come first.
_COMPONENT_ORDER = sorted(Component, key=lambda component: not component.declaration.prerequisites)
Groups = list[tuple[ReportGroup, list[ReportRow]]]


def logbook_text(rows: list[ReportRow], comment: str = "", links: str = "") -> str:
    """The text of the report on these rows, with the note of the shifter (comment, links) if it is not empty."""
    groups = grouped_rows(rows)
    sections = [
        ("Reference Runs", _references(rows)),
        ("Runs Checked", _runs_checked(groups)),
        ("Tracker Maps", _tracker_maps(groups)),
        ("Certified Runs", _verdicts(groups)),
        ("Sum of Quantities", _statistics(groups)),
        ("Special Comments", comment.splitlines()),
        ("Links to the Prompt Feedback Plots", links.splitlines()),
    ]
    parts = [
        "\n".join([*_title(title), *body]) for title, body in ((title, list(body)) for title, body in sections) if body
    ]
    return "\n\n".join(parts) + "\n" if parts else ""


def _title(title: str) -> list[str]:
    return ["=" * WIDTH, title, "=" * WIDTH]


def _references(rows: list[ReportRow]) -> Iterator[str]:
    yield from sorted({row.reference for row in rows})


def _numbered_groups(groups: Groups) -> Iterator[tuple[str, ReportGroup, list[ReportRow]]]:
    for number, (group, rows) in enumerate(groups, start=1):
        yield f"Type {number}", group, rows


def _runs_checked(groups: Groups) -> Iterator[str]:
    for name, group, rows in _numbered_groups(groups):
        yield f"{name}: {group.heading}"
        table = _grid(
            "Run",
            "Reference Run",
            "Number of LS",
            "Int. Luminosity",
            *(component.label for component in _COMPONENT_ORDER),
            "Comment",
        )
        for row in rows:
            flags = (_flag_text(row, component) for component in _COMPONENT_ORDER)
            table.add_row(
                [
                    row.run_number,
                    row.reference,
                    _count_text(row.lumisections),
                    _lumi_text(row.recorded_lumi),
                    *flags,
                    _wrapped(row.comment_text),
                ]
            )
        yield table.get_string()
        yield ""


def _tracker_maps(groups: Groups) -> Iterator[str]:
    for name, _group, rows in _numbered_groups(groups):
        yield name
        yield from _run_list("Exists", (row for row in rows if row.has_trackermap))
        yield from _run_list("Missing", (row for row in rows if not row.has_trackermap))


def _verdicts(groups: Groups) -> Iterator[str]:
    for name, _group, rows in _numbered_groups(groups):
        yield name
        for verdict in Verdict:
            yield from _run_list(verdict.label, with_verdict(rows, verdict))
        yield from _lumisections_out(rows)


def _run_list(label: str, rows: Iterable[ReportRow]) -> Iterator[str]:
    """The runs with their label, oldest first, wrapped at the width of the report; nothing without runs."""
    if runs := " ".join(str(number) for number in sorted({row.run_number for row in rows})):
        yield from textwrap.wrap(f" {label}: {runs}", WIDTH, subsequent_indent="   ", drop_whitespace=False)


def _lumisections_out(rows: Iterable[ReportRow]) -> Iterator[str]:
    """A line for each run with bad lumisections, oldest first: "316187: good, 21 of 617 LS out (Strip 310-330)"."""
    for row in sorted(rows, key=lambda row: row.run_number):
        if out := row.out.text_with_ranges:
            yield from textwrap.wrap(
                f" {row.run_number}: {row.verdict}, {_ascii(out)}",
                WIDTH,
                subsequent_indent="   ",
                drop_whitespace=False,
            )


def _statistics(groups: Groups) -> Iterator[str]:
    for name, group, rows in _numbered_groups(groups):
        table = _grid(name, "Sum of LS", "Sum of int. luminosity")
        for verdict, statistics in statistics_by_verdict(rows).items():
            lumisections = with_unknown_count(str(statistics.lumisections), statistics.unknown_lumisections)
            lumi = with_unknown_count(_lumi_text(statistics.recorded_lumi), statistics.unknown_lumi)
            table.add_row([verdict.label, lumisections, lumi])
            out = statistics.out[group.reconstruction]
            if out.runs:
                table.add_row([f"out of {verdict.value}", *_out_texts(out)])
        yield table.get_string()
        yield ""


def _ascii(text: str) -> str:
    """The text in plain ASCII, for the fixed-width field of the logbook."""
    return text.replace("µ", "u").replace("→", "->")


def _grid(*columns: str) -> PrettyTable:
    return PrettyTable(columns, align="l", hrules=HRuleStyle.ALL)


def _count_text(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _lumi_text(value: float | None) -> str:
    return "unknown" if value is None else _ascii(lumi_in_column(value))


def _out_texts(out: OutSum) -> tuple[str, str]:
    """What is out: the lumisections with the number of runs, and their luminosity."""
    count = f"{out.lumisections} in {out.runs} run{'s' if out.runs > 1 else ''}"
    return count, at_least(_lumi_text(out.lumi), is_partial=out.is_lumi_partial)


def _flag_text(row: ReportRow, component: Component) -> str:
    """The flag, and below it the bad lumisections."""
    ranges = row.ranges.get(component)
    out = textwrap.wrap(f"{format_ranges(ranges)} out", RANGES_WIDTH) if ranges else []
    return "\n".join([row.flag_text(component.value), *out])


def _wrapped(comment: str) -> str:
    lines = comment.replace("\r", "").splitlines()
    return "\n".join(part for line in lines for part in (textwrap.wrap(line, COMMENT_WIDTH) or [""]))
