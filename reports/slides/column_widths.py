"""Columns of a table as wide as what stands in them asks for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.slides.deck import BODY, PAD_X, TableCell
from reports.slides.text_metrics import clean_text, longest_widths

CONTINUATION_MARK = "\xa0…"  # after the first cell of a row that goes on
_ROUNDING_MARGIN = 0.5  # pt, so that a width rounded down still holds its word

RowCells = Sequence[TableCell]


@dataclass(frozen=True)
class Column:
    """A column of a table by its head."""

    heading: str
    is_number: bool = False

    @property
    def heading_cell(self) -> TableCell:
        return TableCell(_break_in_two(self.heading), is_bold=True, fill="sunken")


@dataclass(frozen=True)
class ColumnWidths:
    """The longest word and the longest line of each column, in points for each point of size."""

    longest_words: list[float]
    longest_lines: list[float]

    def has_cut_words(self, size: float) -> bool:
        """Whether the slide is too narrow for whole words at this size."""
        return sum(_with_padding(self.longest_words, size)) > BODY.width

    def has_wrapped_lines(self, size: float) -> bool:
        """Whether the slide is too narrow for whole lines at this size."""
        return sum(_with_padding(self.longest_lines, size)) > BODY.width

    def widths_at(self, size: float) -> tuple[float, ...]:
        """The widths (pt) that fill the slide: whole words first, then by what the lines want."""
        least = _limit_to_room(_with_padding(self.longest_words, size), BODY.width)
        most = [min(one, BODY.width) for one in _with_padding(self.longest_lines, size)]
        wants = [max(want - has, 0.0) for want, has in zip(most, least, strict=True)]
        left = BODY.width - sum(least)
        if (wanted := sum(wants)) > left:
            return tuple(has + left * want / wanted for has, want in zip(least, wants, strict=True))
        widths = [has + want for has, want in zip(least, wants, strict=True)]
        return tuple(BODY.width * one / sum(widths) for one in widths)


def column_widths(columns: Sequence[Column], rows: Sequence[RowCells]) -> ColumnWidths:
    """What the columns of these rows ask for, their heads included."""
    heads = [one.heading_cell for one in columns]
    tails = [CONTINUATION_MARK, *[""] * (len(columns) - 1)]
    by_column = [
        [longest_widths(clean_text(cell.text) + tail, cell.is_bold) for cell in cells]
        for tail, *cells in zip(tails, heads, *rows, strict=True)
    ]
    words, lines = zip(*([max(one) for one in zip(*some, strict=True)] for some in by_column), strict=True)
    return ColumnWidths(list(words), list(lines))


def _with_padding(wide: list[float], size: float) -> list[float]:
    return [one * size + 2 * PAD_X + _ROUNDING_MARGIN for one in wide]


def _limit_to_room(least: list[float], room: float) -> list[float]:
    """All within the room: where that is too little, the widest give way, each to the same width."""
    left = room
    for place, one in enumerate(sorted(least)):
        if one > (fair := left / (len(least) - place)):
            return [min(one, fair) for one in least]
        left -= one
    return least


def _break_in_two(heading: str) -> str:
    """A head that breaks into two lines at most, as even as they can be."""
    words = heading.split(" ")
    ways = [("\xa0".join(words[:place]), "\xa0".join(words[place:])) for place in range(1, len(words))]
    return " ".join(min(ways, key=lambda way: max(map(len, way)))) if ways else heading
