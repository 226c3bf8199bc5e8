"""The weekly report as a deck of slides: each section on as many slides as it needs."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reports.slides.column_widths import Column
from reports.slides.deck import Deck, Paragraph, Rect, RectangleShape, Slide, TableCell, TextBox
from reports.slides.phrases import VERDICT_LABELS
from reports.slides.plots import MAX_DAYS, bar_slides
from reports.slides.table_layout import TableExtras, table_slides
from reports.slides.text_layout import fit_paragraphs, text_height, text_slides
from reports.slides.totals import SlideTotal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from reports.weekly.sections import (
        ColumnHeading,
        LabelledText,
        ReportCell,
        ReportSection,
        ReportTable,
        ReportTotal,
        WeeklyReport,
    )

_COVER_RULE = Rect(72, 160, 120, 4)
_COVER_TEXT = Rect(72, 184, 816, 304)
_PERIOD_SIZE, _PERIOD_GAP = 24.0, 20.0


def build_deck(report: WeeklyReport) -> Deck:
    """All slides of the report."""
    slides = [*_cover_slides(report), *(slide for section in report.sections for slide in _section_slides(section))]
    title = f"{report.title}, {report.period}"
    author = report.cover[0].text if report.cover else ""
    return Deck(title, author, f"CMS Tracker · {title}", slides)


def _cover_slides(report: WeeklyReport) -> Iterator[Slide]:
    """The cover with the title and labelled texts; long texts go on slides of their own."""
    period = Paragraph(report.period, _PERIOD_SIZE, "muted")
    room = _COVER_TEXT.height - text_height([period], _COVER_TEXT.width) - _PERIOD_GAP
    people = fit_paragraphs(
        [paragraph for labelled in report.cover for paragraph in _labelled_paragraphs(labelled)],
        _COVER_TEXT.width,
        room,
    )
    fits = text_height(people, _COVER_TEXT.width) <= room
    shown = [period, Paragraph("", size=_PERIOD_GAP / 1.25), *people] if fits else [period]
    yield Slide(
        report.title, (RectangleShape(_COVER_RULE, "accent"), TextBox(_COVER_TEXT, tuple(shown))), is_cover=True
    )
    if not fits:
        yield from text_slides("Who and what", people)


def _section_slides(section: ReportSection) -> list[Slide]:
    if section.amounts:
        days = section.days if len(section.days) <= MAX_DAYS else sorted(section.amounts)
        return bar_slides(section.title, days, section.amounts)
    paragraphs = [paragraph for labelled in section.texts for paragraph in _labelled_paragraphs(labelled)]
    if section.table is None:
        note = [Paragraph(section.note, tone="muted")] if section.note else []
        return text_slides(section.title, [*note, *paragraphs])
    extras = TableExtras([_slide_total(total) for total in section.totals], section.note, paragraphs, section.shares)
    return table_slides(section.title, _columns(section.table), _rows(section.table), extras)


def _slide_total(total: ReportTotal) -> SlideTotal:
    return SlideTotal(VERDICT_LABELS.get(total.verdict, total.label), total.link.text, total.verdict)


def _labelled_paragraphs(labelled: LabelledText) -> Iterator[Paragraph]:
    """A label with its text; lines that begin with a dash, star or bullet become list items."""
    first, *others = labelled.text.replace("\r\n", "\n").split("\n")
    if labelled.label and (others or _is_bullet(first)):
        yield Paragraph(f"{labelled.label}:", is_bold=True)
        others.insert(0, first)
    elif labelled.label:
        yield Paragraph(f"{labelled.label}: {first}")
    else:
        others.insert(0, first)
    yield from (_typed_paragraph(line) for line in others)


def _is_bullet(line: str) -> bool:
    return line.lstrip().startswith(("- ", "* ", "• "))


def _typed_paragraph(line: str) -> Paragraph:
    return Paragraph(line.lstrip()[2:].lstrip() if _is_bullet(line) else line, is_bullet=_is_bullet(line))


def _columns(table: ReportTable) -> list[Column]:
    return [Column(_heading_text(heading), heading.is_number) for heading in table.headings]


def _heading_text(heading: ColumnHeading) -> str:
    return VERDICT_LABELS.get(heading.verdict, heading.text)


def _rows(table: ReportTable) -> list[list[TableCell]]:
    return [[_table_cell(heading, figure) for heading, figure in row] for row in table.cells]


def _table_cell(heading: ColumnHeading, cell: ReportCell) -> TableCell:
    if cell.is_verdict:
        symbol = VERDICT_LABELS[cell.verdict][:2]
        return TableCell(symbol + cell.text, cell.verdict, is_bold=True, fill=f"{cell.verdict}-soft")
    plain = TableCell(_without_breaks(cell.text) if heading.is_number or heading.is_nowrap else cell.text)
    return replace(plain, tone=cell.verdict) if cell.verdict and cell.text != "0" else plain


def _without_breaks(number: str) -> str:
    """The text with no-break spaces, so that a number stays with its unit; the count of unknown may wrap."""
    return number.replace(" ", "\xa0").replace("\xa0(", " (")
