"""The weekly report as plain data: sections with tables, words and amounts, drawn as a page and as slides alike."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from certify.models.choices import Verdict

Amounts = dict[date, dict[Verdict, float]]


@dataclass(frozen=True)
class Link:
    """Words or a number, with the address of the rows it stands for; empty where there are none."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class ReportCell:
    """What stands in one place of a table. `verdict`: the one it is about; `is_word`: it says the verdict itself."""

    links: tuple[Link, ...] = ()
    verdict: str = ""
    is_verdict: bool = False

    @property
    def text(self) -> str:
        return ", ".join(link.text for link in self.links)


def make_cell(text: object, url: str = "", verdict: str = "") -> ReportCell:
    """One word or number; a zero has no rows to lead to."""
    said = str(text)
    return ReportCell((Link(said, "" if said == "0" else url),) if said else (), verdict)


@dataclass(frozen=True)
class ColumnHeading:
    """Head of a column. `is_whole`: what stands below it stays on one line; `is_long`: it is a text."""

    text: str
    is_number: bool = False
    verdict: str = ""
    is_nowrap: bool = False
    is_long_text: bool = False


@dataclass(frozen=True)
class ReportTable:
    headings: tuple[ColumnHeading, ...]
    rows: Sequence[tuple[ReportCell, ...]]

    @property
    def cells(self) -> list[list[tuple[ColumnHeading, ReportCell]]]:
        """The rows, each figure with its heading."""
        return [list(zip(self.headings, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class LabelledText:
    """Something under a label: words as typed, or numbers with their rows."""

    label: str
    links: tuple[Link, ...]

    @property
    def text(self) -> str:
        return ", ".join(link.text for link in self.links)


def labelled_text(label: str, *texts: str) -> LabelledText:
    return LabelledText(label, tuple(Link(text) for text in texts))


@dataclass(frozen=True)
class ReportTotal:
    """A sum that stands large above a table. `verdict`: the one that it counts."""

    label: str
    link: Link
    verdict: str = ""


@dataclass(frozen=True)
class ReportSection:
    """One thing of the report.

    `amounts`: recorded luminosity (1/pb) of `reconstruction`, drawn as bars. `shares`: runs of each verdict by what
    they are, drawn as bars of a slide.
    """

    name: str
    title: str
    note: str = ""
    totals: tuple[ReportTotal, ...] = ()
    table: ReportTable | None = None
    shares: Sequence[tuple[str, dict[Verdict, int]]] = ()
    texts: tuple[LabelledText, ...] = ()
    reconstruction: str = ""
    amounts: Amounts = field(default_factory=dict)
    days: Sequence[date] = ()


@dataclass(frozen=True)
class WeeklyReport:
    """All of it. `period`: the days in words; `cover`: who and what, under the title."""

    title: str
    period: str
    file_name: str
    cover: tuple[LabelledText, ...]
    sections: Sequence[ReportSection]


def without_empty(sections: Iterable[ReportSection | None]) -> list[ReportSection]:
    """Those that there are."""
    return [section for section in sections if section]
