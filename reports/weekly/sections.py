"""The weekly report as plain data: sections with tables, texts and amounts, rendered as a page and as slides."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING

from certify.models.choices import Verdict
from reports.lumi_sums import LumiSum

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Amounts = dict[date, dict[Verdict, LumiSum]]


@dataclass(frozen=True)
class Link:
    """A text or number with the URL of the certifications that it counts, or an empty URL."""

    text: str
    url: str = ""


@dataclass(frozen=True)
class ReportCell:
    """A cell of a table. `verdict`: the verdict that it is about; `is_verdict`: the cell shows the verdict itself."""

    links: tuple[Link, ...] = ()
    verdict: str = ""
    is_verdict: bool = False

    @property
    def text(self) -> str:
        return ", ".join(link.text for link in self.links)


def make_cell(text: object, url: str = "", verdict: str = "") -> ReportCell:
    """A cell with one text or number; zero is not linked."""
    cell_text = str(text)
    return ReportCell((Link(cell_text, "" if cell_text == "0" else url),) if cell_text else (), verdict)


@dataclass(frozen=True)
class ColumnHeading:
    """Heading of a column. `is_nowrap`: its cells stay on one line; `is_long_text`: its cells are free text."""

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
        """The rows, each cell with the heading of its column."""
        return [list(zip(self.headings, row, strict=True)) for row in self.rows]


@dataclass(frozen=True)
class LabelledText:
    """A label with its texts, or with numbers that are linked to their certifications."""

    label: str
    links: tuple[Link, ...]

    @property
    def text(self) -> str:
        return ", ".join(link.text for link in self.links)


def labelled_text(label: str, *texts: str) -> LabelledText:
    return LabelledText(label, tuple(Link(text) for text in texts))


@dataclass(frozen=True)
class ReportTotal:
    """A sum shown in large type above a table. `verdict`: the verdict that it counts."""

    label: str
    link: Link
    verdict: str = ""


@dataclass(frozen=True)
class ReportSection:
    """A section of the report.

    `amounts`: recorded luminosity of `reconstruction` by day and verdict, drawn as bars. `shares`: label and
    number of runs by verdict, drawn as bars on slides.
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
    """The whole report. `period`: the days as text; `cover`: labelled texts below the title."""

    title: str
    period: str
    file_name: str
    cover: tuple[LabelledText, ...]
    sections: Sequence[ReportSection]


def without_empty(sections: Iterable[ReportSection | None]) -> list[ReportSection]:
    """The sections that are not None."""
    return [section for section in sections if section]
