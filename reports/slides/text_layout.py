"""Text on as many slides as it needs, line by line; nothing is dropped."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from reports.slides.deck import BODY, GOES_ON, POINT_INDENT, SIZES, Paragraph, Shape, Slide, Words
from reports.slides.text_metrics import Line, clean, joined, wrapped


def text_slides(title: str, paragraphs: Sequence[Paragraph]) -> list[Slide]:
    """Paragraphs on one slide as large as they fit, or on more."""
    pages = text_pages(as_large_as_fits(paragraphs, BODY.width, BODY.height), BODY.height)
    return numbered(title, [(Words(BODY, tuple(page)),) for page in pages])


def as_large_as_fits(
    paragraphs: Sequence[Paragraph], wide: float, high: float, largest: float = SIZES[0]
) -> list[Paragraph]:
    """The paragraphs in the largest size that fits; where none does, in that of what goes on."""
    sized = ([replace(one, size=size) for one in paragraphs] for size in SIZES if GOES_ON[0] <= size <= largest)
    large = next((some for some in sized if text_height(some, wide) <= high), None)
    return large or [replace(one, size=GOES_ON[0]) for one in paragraphs]


def numbered(title: str, pages: Sequence[tuple[Shape, ...]]) -> list[Slide]:
    """The slides of one thing, which say how many there are when it is more than one."""
    many = len(pages) > 1
    return [
        Slide(f"{title} ({number} of {len(pages)})" if many else title, shapes)
        for number, shapes in enumerate(pages, start=1)
    ]


def text_pages(paragraphs: Iterable[Paragraph], first: float) -> list[list[Paragraph]]:
    """The paragraphs of each slide. `first`: the height that the first slide has for them; it may stay empty."""
    pages: list[list[Paragraph]] = [[]]
    left = first
    for paragraph in paragraphs:
        for piece in _pieces(paragraph, left):
            if (high := text_height([piece], BODY.width)) > left + 1e-6:
                pages.append([])
                left = BODY.height
            pages[-1].append(piece)
            left -= high
    return pages


def _pieces(paragraph: Paragraph, left: float) -> Iterator[Paragraph]:
    """What of a paragraph still stands on this slide, then what each next one takes; all as far in as the first."""
    lines = lines_of(paragraph, BODY.width)
    room, whole = (int(height / paragraph.line + 1e-6) for height in (max(left, 0.0), BODY.height))
    while len(lines) > room:
        if room:
            yield replace(paragraph, text=joined(lines[:room]))
            lines = lines[room:]
        room = whole
    yield replace(paragraph, text=joined(lines))


def lines_of(paragraph: Paragraph, room: float) -> list[Line]:
    """The lines of a paragraph in so much room."""
    indent = POINT_INDENT if paragraph.is_point else 0.0
    return wrapped(clean(paragraph.text), room - indent, paragraph.size, paragraph.is_bold)


def text_height(paragraphs: Iterable[Paragraph], room: float) -> float:
    """How high these paragraphs are in so much room."""
    return sum(len(lines_of(one, room)) * one.line for one in paragraphs)
