"""Widths of table columns from their contents."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports.slides.deck import BODY, PAD_X, TableCell
from reports.slides.text_metrics import clean_text, longest_widths

CONTINUATION_MARK = "\xa0…"  # after the first cell of a row that continues on the next slide
_ROUNDING_MARGIN = 0.5  # pt, so that a width that is rounded down still holds its word

RowCells = Sequence[TableCell]


@dataclass(frozen=True)
class Column:
    """A column of a table, by its heading."""

    heading: str
    is_number: bool = False

    @property
    def heading_cell(self) -> TableCell:
        return TableCell(_break_in_two(self.heading), is_bold=True, fill="sunken")


@dataclass(frozen=True)
class ColumnWidths:
    """Width of the longest word and the longest line of each column, in points per point of font size."""

    longest_words: list[float]
    longest_lines: list[float]

    def has_cut_words(self, size: float) -> bool:
        """Whether a word must be broken at this font size (pt)."""
        return sum(_with_padding(self.longest_words, size)) > BODY.width

    def has_wrapped_lines(self, size: float) -> bool:
        """Whether a line must be wrapped at this font size (pt)."""
        return sum(_with_padding(self.longest_lines, size)) > BODY.width

    def widths_at(self, size: float) -> tuple[float, ...]:
        """Column widths (pt) that fill the slide: room for whole words first, the rest in proportion to the lines."""
        widths = _limit_to_room(_with_padding(self.longest_words, size), BODY.width)
        wanted = [min(width, BODY.width) for width in _with_padding(self.longest_lines, size)]
        missing = [max(wanted_width - width, 0.0) for wanted_width, width in zip(wanted, widths, strict=True)]
        free = BODY.width - sum(widths)
        if (total := sum(missing)) > free:
            return tuple(width + free * share / total for width, share in zip(widths, missing, strict=True))
        widths = [width + share for width, share in zip(widths, missing, strict=True)]
        return tuple(BODY.width * width / sum(widths) for width in widths)


def column_widths(columns: Sequence[Column], rows: Sequence[RowCells]) -> ColumnWidths:
    """The widths that the cells of these rows and the headings need."""
    headings = [column.heading_cell for column in columns]
    tails = [CONTINUATION_MARK, *[""] * (len(columns) - 1)]
    by_column = [
        [longest_widths(clean_text(cell.text) + tail, cell.is_bold) for cell in cells]
        for tail, *cells in zip(tails, headings, *rows, strict=True)
    ]
    longest_words, longest_lines = zip(
        *([max(widths) for widths in zip(*cells, strict=True)] for cells in by_column), strict=True
    )
    return ColumnWidths(list(longest_words), list(longest_lines))


def _with_padding(widths: list[float], size: float) -> list[float]:
    return [width * size + 2 * PAD_X + _ROUNDING_MARGIN for width in widths]


def _limit_to_room(widths: list[float], available: float) -> list[float]:
    """The widths, the largest reduced to a common width if the sum exceeds `available` (pt)."""
    remaining = available
    for index, width in enumerate(sorted(widths)):
        if width > (fair := remaining / (len(widths) - index)):
            return [min(width, fair) for width in widths]
        remaining -= width
    return widths


def _break_in_two(heading: str) -> str:
    """The heading with no-break spaces, so that it wraps into at most two lines of similar length."""
    words = heading.split(" ")
    splits = [("\xa0".join(words[:position]), "\xa0".join(words[position:])) for position in range(1, len(words))]
    return " ".join(min(splits, key=lambda split: max(map(len, split)))) if splits else heading
