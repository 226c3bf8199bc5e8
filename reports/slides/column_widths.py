"""Columns of a table as wide as what stands in them asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.slides.deck import BODY, PAD_X, Cell
from reports.slides.text_metrics import clean, longest

GOING_ON = "\xa0…"  # after the first cell of a row that goes on
_SLACK = 0.5  # pt, so that a width rounded down still holds its word

Cells = Sequence[Cell]


@dataclass(frozen=True)
class Column:
    """A column of a table by its head."""

    head: str
    is_number: bool = False

    @property
    def head_cell(self) -> Cell:
        return Cell(_in_two(self.head), is_bold=True, fill="sunken")


@dataclass(frozen=True)
class Widths:
    """The longest word and the longest line of each column, in points for each point of size."""

    words: list[float]
    lines: list[float]

    def cut_words(self, size: float) -> bool:
        """Whether the slide is too narrow for whole words at this size."""
        return sum(_padded(self.words, size)) > BODY.width

    def wrap(self, size: float) -> bool:
        """Whether the slide is too narrow for whole lines at this size."""
        return sum(_padded(self.lines, size)) > BODY.width

    def at(self, size: float) -> tuple[float, ...]:
        """The widths (pt) that fill the slide: whole words first, then by what the lines want."""
        least = _within(_padded(self.words, size), BODY.width)
        most = [min(one, BODY.width) for one in _padded(self.lines, size)]
        wants = [max(want - has, 0.0) for want, has in zip(most, least, strict=True)]
        left = BODY.width - sum(least)
        if (wanted := sum(wants)) > left:
            return tuple(has + left * want / wanted for has, want in zip(least, wants, strict=True))
        widths = [has + want for has, want in zip(least, wants, strict=True)]
        return tuple(BODY.width * one / sum(widths) for one in widths)


def widths_of(columns: Sequence[Column], rows: Sequence[Cells]) -> Widths:
    """What the columns of these rows ask for, their heads included."""
    heads = [one.head_cell for one in columns]
    tails = [GOING_ON, *[""] * (len(columns) - 1)]
    by_column = [
        [longest(clean(cell.text) + tail, cell.is_bold) for cell in cells]
        for tail, *cells in zip(tails, heads, *rows, strict=True)
    ]
    words, lines = zip(*([max(one) for one in zip(*some, strict=True)] for some in by_column), strict=True)
    return Widths(list(words), list(lines))


def _padded(wide: list[float], size: float) -> list[float]:
    return [one * size + 2 * PAD_X + _SLACK for one in wide]


def _within(least: list[float], room: float) -> list[float]:
    """All within the room: where that is too little, the widest give way, each to the same width."""
    left = room
    for place, one in enumerate(sorted(least)):
        if one > (fair := left / (len(least) - place)):
            return [min(one, fair) for one in least]
        left -= one
    return least


def _in_two(head: str) -> str:
    """A head that breaks into two lines at most, as even as they can be."""
    words = head.split(" ")
    ways = [("\xa0".join(words[:place]), "\xa0".join(words[place:])) for place in range(1, len(words))]
    return " ".join(min(ways, key=lambda way: max(map(len, way)))) if ways else head
