"""Layout of text on as many slides as it needs, line by line; nothing is dropped."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from reports.slides.deck import BODY, BULLET_INDENT, CONTINUED_SIZES, SIZES, Paragraph, Shape, Slide, TextBox
from reports.slides.text_metrics import WrappedLine, clean_text, join_lines, wrap_text

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence


def text_slides(title: str, paragraphs: Sequence[Paragraph]) -> list[Slide]:
    """The paragraphs on one slide in the largest size that fits, or on several slides."""
    pages = paginate_paragraphs(fit_paragraphs(paragraphs, BODY.width, BODY.height), BODY.height)
    return number_slides(title, [(TextBox(BODY, tuple(page)),) for page in pages])


def fit_paragraphs(
    paragraphs: Sequence[Paragraph], wide: float, high: float, largest: float = SIZES[0]
) -> list[Paragraph]:
    """The paragraphs in the largest font size that fits; in the first of `CONTINUED_SIZES` if none fits."""
    candidates = (
        [replace(paragraph, size=size) for paragraph in paragraphs]
        for size in SIZES
        if CONTINUED_SIZES[0] <= size <= largest
    )
    fitting = next((resized for resized in candidates if text_height(resized, wide) <= high), None)
    return fitting or [replace(paragraph, size=CONTINUED_SIZES[0]) for paragraph in paragraphs]


def number_slides(title: str, pages: Sequence[tuple[Shape, ...]]) -> list[Slide]:
    """The slides of one section, numbered in the title if there are several."""
    many = len(pages) > 1
    return [
        Slide(f"{title} ({number} of {len(pages)})" if many else title, shapes)
        for number, shapes in enumerate(pages, start=1)
    ]


def paginate_paragraphs(paragraphs: Iterable[Paragraph], first: float) -> list[list[Paragraph]]:
    """The paragraphs of each slide. `first`: the height (pt) on the first slide, which may stay empty."""
    pages: list[list[Paragraph]] = [[]]
    left = first
    for paragraph in paragraphs:
        for piece in _split_paragraph(paragraph, left):
            if (height := text_height([piece], BODY.width)) > left + 1e-6:
                pages.append([])
                left = BODY.height
            pages[-1].append(piece)
            left -= height
    return pages


def _split_paragraph(paragraph: Paragraph, left: float) -> Iterator[Paragraph]:
    """The part of a paragraph that fits this slide, then the parts for the following slides, all with one indent."""
    lines = wrap_paragraph(paragraph, BODY.width)
    room, whole = (int(height / paragraph.line_height + 1e-6) for height in (max(left, 0.0), BODY.height))
    while len(lines) > room:
        if room:
            yield replace(paragraph, text=join_lines(lines[:room]))
            lines = lines[room:]
        room = whole
    yield replace(paragraph, text=join_lines(lines))


def wrap_paragraph(paragraph: Paragraph, room: float) -> list[WrappedLine]:
    """The lines of a paragraph in a width of `room` points."""
    indent = BULLET_INDENT if paragraph.is_bullet else 0.0
    return wrap_text(clean_text(paragraph.text), room - indent, paragraph.size, paragraph.is_bold)


def text_height(paragraphs: Iterable[Paragraph], room: float) -> float:
    """Height (pt) of these paragraphs in a width of `room` points."""
    return sum(len(wrap_paragraph(paragraph, room)) * paragraph.line_height for paragraph in paragraphs)
