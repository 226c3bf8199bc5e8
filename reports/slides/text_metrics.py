"""Width and wrapping of text without a font file.

Slides are set in Arial. The widths are those of Arial, Helvetica and Liberation Sans, in thousandths of the font
size, with a margin so that a similar font does not overflow the computed layout.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

_WIDTHS = {
    191: "'",
    222: "ijl",
    278: ' !,./:;I[\\]ft|{}"',
    333: "()-`r",
    389: "*",
    469: "^",
    500: "Jcksvxyz",
    556: "#$0123456789?L_abdeghnopqu",
    584: "+<=>~",
    611: "FTZ",
    667: "&ABEKPSVXY",
    722: "CDHNRUw",
    778: "GOQ",
    833: "Mm",
    889: "%",
    944: "W",
    1015: "@",
}
_LETTER_WIDTHS = {letter: width for width, letters in _WIDTHS.items() for letter in letters} | {
    "|": 260,
    "{": 334,
    '"': 355,
}
_LETTER_WIDTHS |= (
    dict.fromkeys("⁻⁰¹²³⁴⁵⁶⁷⁸⁹", 370) | dict.fromkeys("’‘“”", 333) | {"–": 556, "×": 584, "µ": 576, "·": 333}
)
_LETTER_WIDTHS["\xa0"] = _LETTER_WIDTHS[" "]
_DEFAULT_WIDTH, _WIDE_LETTER_WIDTH = 900, 1350  # letters without an entry; East Asian letters and pictographs
_BOLD_FACTOR, _SAFETY_FACTOR = 1.12, 1.04
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_WORD = re.compile(r"[^\S\xa0]*[\S\xa0]+")  # a no-break space belongs to its word


def clean_text(text: str) -> str:
    """Text that XML can contain: line ends as \\n, no control characters, no tabs."""
    text = text.replace("\r\n", "\n").replace("\r", "\n").replace("\u2028", "\n").replace("\u2029", "\n")
    return _CONTROL.sub("", text.replace("\x0b", "\n").replace("\t", "    "))


@lru_cache(maxsize=4096)
def _letter_width(letter: str) -> int:
    """Width in thousandths of the font size; zero for combining accents."""
    if letter in _LETTER_WIDTHS:
        return _LETTER_WIDTHS[letter]
    if unicodedata.combining(letter):
        return 0
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE_LETTER_WIDTH
    base = unicodedata.normalize("NFD", letter)[0]
    return _LETTER_WIDTHS.get(base, 1000 if unicodedata.category(letter)[0] in "SP" else _DEFAULT_WIDTH)


def _text_units(text: str) -> int:
    return sum(map(_letter_width, text))


def _points_per_unit(size: float, is_bold: bool) -> float:
    """Points per unit of letter width."""
    return size / 1000 * _SAFETY_FACTOR * (_BOLD_FACTOR if is_bold else 1.0)


def longest_widths(text: str, is_bold: bool = False) -> tuple[float, float]:
    """Widths of the longest word and the longest line, in points per point of font size."""
    scale, longest_word, longest_line = _points_per_unit(1, is_bold), 0, 0
    for line in text.split("\n"):
        longest_line = max(longest_line, _text_units(line))
        first, *others = _WORD.findall(line) or [""]
        longest_word = max(longest_word, _text_units(first), *(_text_units(word.lstrip()) for word in others))
    return longest_word * scale, longest_line * scale


def text_width(text: str, size: float, is_bold: bool = False) -> float:
    """Maximum width (pt) of a line of text in this font size."""
    return _text_units(text) * _points_per_unit(size, is_bold)


@dataclass(frozen=True)
class WrappedLine:
    """A wrapped line. `end`: the text between it and the next: spaces, a line end, or nothing inside a word."""

    text: str
    end: str = ""


def wrap_text(text: str, room: float, size: float, is_bold: bool = False) -> list[WrappedLine]:
    """The lines of a text in a width of `room` points; at least one. Joined with their ends they give the text."""
    units = int(room / _points_per_unit(size, is_bold))
    lines: list[WrappedLine] = []
    for paragraph in text.split("\n"):
        lines += _wrap_paragraph(paragraph, units)
        lines[-1] = WrappedLine(lines[-1].text, "\n")
    return [*lines[:-1], WrappedLine(lines[-1].text)]


def _wrap_paragraph(text: str, room: int) -> list[WrappedLine]:
    lines, line, taken = [], "", 0
    for word in _WORD.findall(text):
        added, width = word, _text_units(word)
        if line and taken + width > room:
            added = word.lstrip()
            lines.append(WrappedLine(line, word[: len(word) - len(added)]))
            line, taken, width = "", 0, _text_units(added)
        line, taken = line + added, taken + width
        while taken > room and len(line) > 1:
            fits = _fitting_letters(line, room)
            lines.append(WrappedLine(line[:fits]))
            line = line[fits:]
            taken = _text_units(line)
    return [*lines, WrappedLine(line)]


def _fitting_letters(word: str, room: int) -> int:
    """The number of letters of a word that fit in `room` units; at least one."""
    taken = 0
    for count, letter in enumerate(word):
        taken += _letter_width(letter)
        if taken > room:
            return max(count, 1)
    return len(word)


def join_lines(lines: list[WrappedLine]) -> str:
    """The text of these lines, without the end of the last."""
    return "".join(line.text + line.end for line in lines[:-1]) + (lines[-1].text if lines else "")
