"""The daily report as text for the electronic logbook: the same certifications give the same bytes, at any time.

What became of their facts since is no part of it; the page says that beside the text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from prettytable import PrettyTable
from prettytable.prettytable import HRuleStyle

from certify.models.choices import Verdict
from certify.models.components import Component
from oms.formatting import lumi_text
from reports.rows import ReportGroup, ReportRow, grouped_rows
from reports.statistics import statistics_by_verdict, with_verdict

WIDTH = 78
COMMENT_WIDTH = 50
# What rests on others stands before them.
_COMPONENT_ORDER = sorted(Component, key=lambda one: not one.declaration.prerequisites)
Groups = list[tuple[ReportGroup, list[ReportRow]]]


def logbook_text(lines: list[ReportRow], comment: str = "", links: str = "") -> str:
    """The report on these lines, with the shifter's own words where there are any."""
    kinds = grouped_rows(lines)
    sections = [
        ("Reference Runs", _references(lines)),
        ("Runs Checked", _runs_checked(kinds)),
        ("Tracker Maps", _tracker_maps(kinds)),
        ("Certified Runs", _verdicts(kinds)),
        ("Sum of Quantities", _statistics(kinds)),
        ("Special Comments", comment.splitlines()),
        ("Links to the Prompt Feedback Plots", links.splitlines()),
    ]
    parts = [
        "\n".join([*_title(title), *body]) for title, body in ((title, list(body)) for title, body in sections) if body
    ]
    return "\n\n".join(parts) + "\n" if parts else ""


def _title(title: str) -> list[str]:
    return ["=" * WIDTH, title, "=" * WIDTH]


def _references(lines: list[ReportRow]) -> Iterator[str]:
    yield from sorted({line.reference for line in lines})


def _numbered_groups(kinds: Groups) -> Iterator[tuple[str, ReportGroup, list[ReportRow]]]:
    for number, (kind, lines) in enumerate(kinds, start=1):
        yield f"Type {number}", kind, lines


def _runs_checked(kinds: Groups) -> Iterator[str]:
    for name, kind, lines in _numbered_groups(kinds):
        yield f"{name}: {kind.heading}"
        table = _grid(
            "Run",
            "Reference Run",
            "Number of LS",
            "Int. Luminosity",
            *(one.label for one in _COMPONENT_ORDER),
            "Comment",
        )
        for line in lines:
            flags = (line.flag_text(component.value) for component in _COMPONENT_ORDER)
            table.add_row(
                [
                    line.run_number,
                    line.reference,
                    _count_text(line.lumisections),
                    _lumi_text(line.recorded_lumi),
                    *flags,
                    _wrapped(line.comment),
                ]
            )
        yield table.get_string()
        yield ""


def _tracker_maps(kinds: Groups) -> Iterator[str]:
    for name, _kind, lines in _numbered_groups(kinds):
        yield name
        yield from _run_list("Exists", (line for line in lines if line.has_trackermap))
        yield from _run_list("Missing", (line for line in lines if not line.has_trackermap))


def _verdicts(kinds: Groups) -> Iterator[str]:
    for name, _kind, lines in _numbered_groups(kinds):
        yield name
        for verdict in Verdict:
            yield from _run_list(verdict.label, with_verdict(lines, verdict))


def _run_list(word: str, lines: Iterable[ReportRow]) -> Iterator[str]:
    """The runs under a word, oldest first, in lines of the report's width; nothing where there are none."""
    if runs := " ".join(str(number) for number in sorted({line.run_number for line in lines})):
        yield from textwrap.wrap(f" {word}: {runs}", WIDTH, subsequent_indent="   ", drop_whitespace=False)


def _statistics(kinds: Groups) -> Iterator[str]:
    for name, _kind, lines in _numbered_groups(kinds):
        table = _grid(name, "Sum of LS", "Sum of int. luminosity")
        for verdict, of in statistics_by_verdict(lines).items():
            table.add_row([verdict.label, of.lumisections, _lumi_text(of.recorded_lumi)])
        yield table.get_string()
        yield ""


def _ascii(words: str) -> str:
    """In the plain ASCII that the logbook's fixed-width field wants."""
    return words.replace("µ", "u").replace("→", "->")


def _grid(*columns: str) -> PrettyTable:
    return PrettyTable(columns, align="l", hrules=HRuleStyle.ALL)


def _count_text(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _lumi_text(value: float | None) -> str:
    return "unknown" if value is None else _ascii(lumi_text(value))


def _wrapped(comment: str) -> str:
    lines = comment.replace("\r", "").splitlines()
    return "\n".join(part for line in lines for part in (textwrap.wrap(line, COMMENT_WIDTH) or [""]))
