"""The weekly report as a deck: each section on as many slides as it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from reports.slides.column_widths import Column
from reports.slides.deck import Block, Box, Cell, Deck, Paragraph, Slide, Words
from reports.slides.phrases import VERDICT_WORDS
from reports.slides.plots import MOST_DAYS, bar_slides
from reports.slides.table_layout import Beside, table_slides
from reports.slides.text_layout import as_large_as_fits, text_height, text_slides
from reports.slides.totals import Tile
from reports.weekly.sections import Figure, Heading, Report, Said, Section, Table, Total

_RULE = Box(72, 160, 120, 4)
_COVER = Box(72, 184, 816, 304)
_PERIOD, _UNDER = 24.0, 20.0


def deck_of(report: Report) -> Deck:
    """All slides of the report."""
    slides = [*_cover(report), *(slide for section in report.sections for slide in _section(section))]
    title = f"{report.title}, {report.period}"
    author = report.cover[0].text if report.cover else ""
    return Deck(title, author, f"CMS Tracker · {title}", slides)


def _cover(report: Report) -> Iterator[Slide]:
    """The title with who and what; where that is long, it has slides of its own."""
    period = Paragraph(report.period, _PERIOD, "muted")
    room = _COVER.height - text_height([period], _COVER.width) - _UNDER
    people = as_large_as_fits([one for said in report.cover for one in _said(said)], _COVER.width, room)
    fits = text_height(people, _COVER.width) <= room
    shown = [period, Paragraph("", size=_UNDER / 1.25), *people] if fits else [period]
    yield Slide(report.title, (Block(_RULE, "accent"), Words(_COVER, tuple(shown))), is_cover=True)
    if not fits:
        yield from text_slides("Who and what", people)


def _section(section: Section) -> list[Slide]:
    if section.amounts:
        days = section.days if len(section.days) <= MOST_DAYS else sorted(section.amounts)
        return bar_slides(section.title, days, section.amounts)
    text = [one for said in section.said for one in _said(said)]
    if section.table is None:
        note = [Paragraph(section.note, tone="muted")] if section.note else []
        return text_slides(section.title, [*note, *text])
    beside = Beside([_tile(one) for one in section.totals], section.note, text, section.shares)
    return table_slides(section.title, _columns(section.table), _rows(section.table), beside)


def _tile(total: Total) -> Tile:
    return Tile(VERDICT_WORDS.get(total.verdict, total.label), total.link.text, total.verdict)


def _said(said: Said) -> Iterator[Paragraph]:
    """A label with what stands under it; lines that begin with a dash or a star are points."""
    first, *others = said.text.replace("\r\n", "\n").split("\n")
    if said.label and (others or _is_point(first)):
        yield Paragraph(f"{said.label}:", is_bold=True)
        others.insert(0, first)
    elif said.label:
        yield Paragraph(f"{said.label}: {first}")
    else:
        others.insert(0, first)
    yield from (_typed(line) for line in others)


def _is_point(line: str) -> bool:
    return line.lstrip().startswith(("- ", "* ", "• "))


def _typed(line: str) -> Paragraph:
    return Paragraph(line.lstrip()[2:].lstrip() if _is_point(line) else line, is_point=_is_point(line))


def _columns(table: Table) -> list[Column]:
    return [Column(_head(one), one.is_number) for one in table.headings]


def _head(heading: Heading) -> str:
    return VERDICT_WORDS.get(heading.verdict, heading.text)


def _rows(table: Table) -> list[list[Cell]]:
    return [[_cell(heading, figure) for heading, figure in row] for row in table.cells]


def _cell(heading: Heading, figure: Figure) -> Cell:
    if figure.is_word:
        mark = VERDICT_WORDS[figure.verdict][:2]
        return Cell(mark + figure.text, figure.verdict, is_bold=True, fill=f"{figure.verdict}-soft")
    plain = Cell(_whole(figure.text) if heading.is_number or heading.is_whole else figure.text)
    return replace(plain, tone=figure.verdict) if figure.verdict and figure.text != "0" else plain


def _whole(number: str) -> str:
    """What stays on a line, a number with its unit; how many are unknown may stand on the next."""
    return number.replace(" ", "\xa0").replace("\xa0(", " (")
