"""The weekly report as a deck: each section on as many slides as it needs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from shiftleader.report.sections import Figure, Heading, Report, Said, Section, Table
from shiftleader.slides.deck import BODY, Box, Cell, Deck, Paragraph, Slide, Words
from shiftleader.slides.flow import text_height, text_slides
from shiftleader.slides.plots import MOST_DAYS, bar_slides
from shiftleader.slides.tableflow import Column, table_slides
from shiftleader.slides.words import VERDICT_WORDS

_COVER = Box(72, 180, 816, 300)


def deck_of(report: Report) -> Deck:
    """All slides of the report."""
    slides = [*_cover(report), *(slide for section in report.sections for slide in _section(section))]
    title = f"{report.title}, {report.period}"
    author = report.cover[0].text if report.cover else ""
    return Deck(title, author, f"CMS Tracker · {title}", slides)


def _cover(report: Report) -> Iterator[Slide]:
    """The title with who and what; where that is long, it has slides of its own."""
    period = Paragraph(report.period, size=20)
    people = [one for said in report.cover for one in _said(said, size=14)]
    fits = text_height([period, *people], _COVER.width) + 20 <= _COVER.height
    shown = [period, Paragraph("", size=16), *people] if fits else [period]
    yield Slide(report.title, (Words(_COVER, tuple(shown)),), is_cover=True)
    if not fits:
        yield from text_slides("Who and what", people)


def _section(section: Section) -> list[Slide]:
    if section.amounts:
        days = section.days if len(section.days) <= MOST_DAYS else sorted(section.amounts)
        return bar_slides(section.title, days, section.amounts)
    text = [one for said in section.said for one in _said(said, size=13)]
    if section.table is None:
        note = [Paragraph(section.note, size=13, tone="muted")] if section.note else []
        return text_slides(section.title, [*note, *text])
    return table_slides(section.title, _columns(section.table), _rows(section.table), section.note, text)


def _said(said: Said, size: float) -> Iterator[Paragraph]:
    """A label with what stands under it; lines that begin with a dash or a star are points."""
    first, *others = said.text.replace("\r\n", "\n").split("\n")
    if said.label and (others or _is_point(first)):
        yield Paragraph(f"{said.label}:", size, is_bold=True)
        others.insert(0, first)
    elif said.label:
        yield Paragraph(f"{said.label}: {first}", size)
    else:
        others.insert(0, first)
    yield from (_typed(line, size) for line in others)


def _is_point(line: str) -> bool:
    return line.lstrip().startswith(("- ", "* ", "• "))


def _typed(line: str, size: float) -> Paragraph:
    return Paragraph(line.lstrip()[2:].lstrip() if _is_point(line) else line, size, is_point=_is_point(line))


def _columns(table: Table) -> list[Column]:
    """The shares of the headings as points of the slide."""
    whole = sum(heading.share for heading in table.headings)
    return [Column(_head(one), one.share / whole * BODY.width, one.is_number) for one in table.headings]


def _head(heading: Heading) -> str:
    return VERDICT_WORDS.get(heading.verdict, heading.text)


def _rows(table: Table) -> list[list[Cell]]:
    return [[_cell(figure) for figure in row] for row in table.rows]


def _cell(figure: Figure) -> Cell:
    if figure.is_word:
        mark = VERDICT_WORDS[figure.verdict][:2]
        return Cell(mark + figure.text, figure.verdict, is_bold=True, fill=f"{figure.verdict}-soft")
    plain = Cell(figure.text)
    return replace(plain, tone=figure.verdict) if figure.verdict and figure.text != "0" else plain
