"""The daily report as text for the electronic logbook: the same certifications give the same bytes, at any time.

What became of their facts since is no part of it; the page says that beside the text.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Iterator

from prettytable import PrettyTable
from prettytable.prettytable import HRuleStyle

from certify.models.choices import Component, Verdict
from oms.formatting import lumi_text
from reports.rows import Kind, Line, by_kind
from reports.statistics import sums_by_verdict, with_verdict

WIDTH = 78
COMMENT_WIDTH = 50
_ORDER = (Component.TRACKING, Component.PIXEL, Component.STRIP)
Kinds = list[tuple[Kind, list[Line]]]


def logbook_text(lines: list[Line], comment: str = "", links: str = "") -> str:
    """The report on these lines, with the shifter's own words where there are any."""
    kinds = by_kind(lines)
    sections = [
        ("Reference Runs", _references(lines)),
        ("Runs Checked", _runs_checked(kinds)),
        ("Tracker Maps", _tracker_maps(kinds)),
        ("Certified Runs", _verdicts(kinds)),
        ("Sum of Quantities", _sums(kinds)),
        ("Special Comments", comment.splitlines()),
        ("Links to the Prompt Feedback Plots", links.splitlines()),
    ]
    parts = [
        "\n".join([*_title(title), *body]) for title, body in ((title, list(body)) for title, body in sections) if body
    ]
    return "\n\n".join(parts) + "\n" if parts else ""


def _title(title: str) -> list[str]:
    return ["=" * WIDTH, title, "=" * WIDTH]


def _references(lines: list[Line]) -> Iterator[str]:
    yield from sorted({line.reference for line in lines})


def _numbered(kinds: Kinds) -> Iterator[tuple[str, Kind, list[Line]]]:
    for number, (kind, lines) in enumerate(kinds, start=1):
        yield f"Type {number}", kind, lines


def _runs_checked(kinds: Kinds) -> Iterator[str]:
    for name, kind, lines in _numbered(kinds):
        yield f"{name}: {kind.heading}"
        table = _grid(
            "Run", "Reference Run", "Number of LS", "Int. Luminosity", *(one.label for one in _ORDER), "Comment"
        )
        for line in lines:
            flags = (line.flag_text(component.value) for component in _ORDER)
            table.add_row(
                [
                    line.run_number,
                    line.reference,
                    _count(line.lumisections),
                    _lumi(line.recorded_lumi),
                    *flags,
                    _wrapped(line.comment),
                ]
            )
        yield table.get_string()
        yield ""


def _tracker_maps(kinds: Kinds) -> Iterator[str]:
    for name, _kind, lines in _numbered(kinds):
        yield name
        yield from _listed("Exists", (line for line in lines if line.has_trackermap))
        yield from _listed("Missing", (line for line in lines if not line.has_trackermap))


def _verdicts(kinds: Kinds) -> Iterator[str]:
    for name, _kind, lines in _numbered(kinds):
        yield name
        for verdict in Verdict:
            yield from _listed(verdict.label, with_verdict(lines, verdict))


def _listed(word: str, lines: Iterable[Line]) -> Iterator[str]:
    """The runs under a word, oldest first, in lines of the report's width; nothing where there are none."""
    if runs := " ".join(str(number) for number in sorted({line.run_number for line in lines})):
        yield from textwrap.wrap(f" {word}: {runs}", WIDTH, subsequent_indent="   ", drop_whitespace=False)


def _sums(kinds: Kinds) -> Iterator[str]:
    for name, _kind, lines in _numbered(kinds):
        table = _grid(name, "Sum of LS", "Sum of int. luminosity")
        for verdict, of in sums_by_verdict(lines).items():
            table.add_row([verdict.label, of.lumisections, _lumi(of.recorded_lumi)])
        yield table.get_string()
        yield ""


def _ascii(words: str) -> str:
    """In the plain ASCII that the logbook's fixed-width field wants."""
    return words.replace("µ", "u").replace("→", "->")


def _grid(*columns: str) -> PrettyTable:
    return PrettyTable(columns, align="l", hrules=HRuleStyle.ALL)


def _count(number: int | None) -> str:
    return "unknown" if number is None else str(number)


def _lumi(value: float | None) -> str:
    return "unknown" if value is None else _ascii(lumi_text(value))


def _wrapped(comment: str) -> str:
    lines = comment.replace("\r", "").splitlines()
    return "\n".join(part for line in lines for part in (textwrap.wrap(line, COMMENT_WIDTH) or [""]))
