"""Reader of run lists as people type and paste them: JSON, Python, brilcalc, wiki tables, quotes, bullets."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.rules.run_numbers import FIRST_RUN, LAST_RUN, MAX_RUNS
from infrastructure.number_ranges import merged_ranges

if TYPE_CHECKING:
    from collections.abc import Iterator

MAX_UNREAD = 50  # pieces that are stored; the others are counted
_NO_RUN = "No run number. Type some, such as 316187, 316199-316202."
_TOO_MANY = f"a search takes at most {MAX_RUNS}. Search for fewer."
_NAMED_PIECES = 3  # besides the first one

_CONTROL = "\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f"
_INVISIBLE = _CONTROL + "\u00ad\u061c\u180e\u200b-\u200f\u202a-\u202e\u2060-\u206f\ufe00-\ufe0f\ufeff"
_INVISIBLES = re.compile(f"[{_INVISIBLE}]+")
_BROKEN_NUMBER = re.compile(f"(?<![0-9])[0-9]++(?:[{_INVISIBLE}]++[0-9]++)++")

_DASHES = "-\u2010-\u2015\u2212"
_IN_LIST = r"[^\[\]:{}A-Za-z]"  # stops at the next key, so that reading stays linear
_LUMISECTIONS = re.compile(
    rf"(?<![\w.])(?P<run>[0-9]{{6,7}})[\"'”]?\s*:\s*(?P<list>\[(?>{_IN_LIST}|\[{_IN_LIST}*+\])*+\])", re.ASCII
)
_TIME = r"(?:[0-9]{2}/[0-9]{2}/[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}|\b1[0-9]{9}\b)"
_BRILCALC_ROW = re.compile(rf"[\s|>]*(?P<run>[0-9]{{6,7}}):[0-9]{{1,5}}\s*[|,;].*?{_TIME}")
_BRILCALC_HEADING = re.compile(r"[\s|>#]*run:fill\b(?!.*[0-9]{6})")
_BRILCALC_SUMMARY = re.compile(r"^[ \t>#]*Summary:?[ \t]*$(?:\n[ \t]*[+|#].*$)*+", re.MULTILINE)
_PERHAPS_RUN = re.compile(r"(?<![0-9.])[0-9]{6,7}(?![0-9.])")
_BULLET = re.compile(rf"[\s>|]*+(?:[{_DASHES}*•·‣◦▪●○■+][ \t]*(?=\S)|\(?[0-9]{{1,3}}[.)][ \t]+(?=\S))?")
_RULE = re.compile(r"[\s|+:=_*-]{2,}")

_NUMBER = r"[0-9]++(?:\.0++(?![0-9]))?(?:[\"'”]?\s*:\s*[0-9]{1,5}+(?![0-9.]))?"  # 315257, 315257.0, 315257:6616
_JOIN = rf"\s*(?:[{_DASHES}]{{1,3}}|\.{{2,3}}|…|(?<=\s)(?:to|through)(?=\s))\s*"
_RUN_WORD = r"runs?(?:[\s_-]?(?:numbers?|list|nos?\.?|nrs?\.?))?(?![a-z])\s*[:=#]*"
_END = r"(?=[\s,;|/&+*\])}>\"'`”’»]|[.:!?](?:[\s\"'\[({]|$)|$)"
_DATE = (
    r"(?<![\w/.-])(?:[0-9]{1,2}(?P<day_first>[/.-])[0-9]{1,2}(?P=day_first)[0-9]{4}"
    r"|[0-9]{4}(?P<year_first>[/.-])[0-9]{1,2}(?P=year_first)[0-9]{1,2})(?![\w/-])"
)
_TOKEN = re.compile(
    rf"(?P<comment>\#.*)|(?P<date>{_DATE})|(?P<noise>{_RUN_WORD}|[\s,;|/&+\[\](){{}}\"'`“”‘’„«»*^]+|[.:](?=\s|$|[\"'\[({{])|and(?!\w))"
    rf"|(?P<runs>(?:from\s+)?{_NUMBER}(?:{_JOIN}(?:{_RUN_WORD}\s*)?{_NUMBER})*+(?:{_JOIN}|{_END}))"
    r"|(?P<word>[^\s,;|]+)",
    re.IGNORECASE,
)
_JOINS = re.compile(_JOIN, re.IGNORECASE)
_PART = re.compile(rf"(?:{_RUN_WORD}\s*)?(?P<number>[0-9]+)(?:\.0+)?(?:[\"'”]?\s*:\s*[0-9]+)?", re.IGNORECASE)

_FROM = re.compile(r"from\s+", re.IGNORECASE)

RunRange = tuple[int, int]


@dataclass(frozen=True)
class RunList:
    """The runs of a text, in its order, and the pieces of it that could not be read.

    `ranges`: (first, last), both included; a run by itself has first == last. `unread`: {piece: sentence that says what
    is wrong}, at most `MAX_UNREAD`; `unread_count`: all of them.
    """

    ranges: tuple[RunRange, ...]
    unread: dict[str, str]
    unread_count: int

    @property
    def size(self) -> int:
        """The sum of the lengths of the ranges; runs that occur twice count twice."""
        return sum(last - first + 1 for first, last in self.ranges)


def read_run_list(text: str) -> RunList:
    """Read run numbers and ranges. Keys of JSON are runs and their lists lumisections; a comment starts with #.

    Nothing is guessed: what is neither a run, a range nor punctuation is in `unread`.
    """
    ranges: list[RunRange] = []
    unread: dict[str, str] = {}
    count = 0
    for piece, result in _pieces(text):
        if not isinstance(result, str):
            ranges.append(result)
        elif piece not in unread:
            count += 1
            if len(unread) < MAX_UNREAD:
                unread[piece] = result
    return RunList(tuple(ranges), unread, count)


def parse_run_numbers(text: str) -> list[int]:
    """Return the runs in `text`, newest first, without duplicates.

    Raises ValueError, with a sentence to show, for no runs, more than `MAX_RUNS`, or text that is not a run list.
    """
    found = read_run_list(text)
    if not found.ranges and not found.unread:
        raise ValueError(_NO_RUN)
    _refuse_unread(found)
    for first, last in found.ranges:
        if last - first >= MAX_RUNS:
            raise ValueError(f"{first}-{last} is {last - first + 1} runs; {_TOO_MANY}")
    runs = {run for first, last in found.ranges for run in range(first, last + 1)}
    if len(runs) > MAX_RUNS:
        raise ValueError(f"These are {len(runs)} runs; {_TOO_MANY}")
    return sorted(runs, reverse=True)


def parse_ranges(text: str) -> list[tuple[int, int]]:
    """Return the ranges in `text` as sorted (first, last), of any length; runs without gap become one range.

    Raises ValueError, with a sentence to show, for more than `MAX_RUNS` ranges or text that is not a run list.
    """
    found = read_run_list(text)
    _refuse_unread(found)
    ranges = merged_ranges(found.ranges)
    if len(ranges) > MAX_RUNS:
        raise ValueError(f"These are {len(ranges)} runs and ranges; at most {MAX_RUNS} can be given. Give fewer.")
    return ranges


def digits_of_run(text: str) -> str:
    """Return the digits of the one run in `text`, else the text without invisible characters."""
    found = read_run_list(text)
    runs = set(found.ranges)
    if found.unread or len(runs) != 1 or found.ranges[0][0] != found.ranges[0][1]:
        return _INVISIBLES.sub("", text)
    return str(found.ranges[0][0])


def number_of_runs(text: str) -> int:
    """Return how many runs a list or range has, with nothing else in it; 0 for any other text and for one run."""
    found = read_run_list(text)
    return found.size if found.size > 1 and not found.unread else 0


def _shortened(piece: str) -> str:
    """Return at most 24 characters of a piece."""
    return piece if len(piece) <= 24 else f"{piece[:24]}…"


def _pieces(text: str) -> Iterator[tuple[str, RunRange | str]]:
    """Yield each piece with its range, or with a sentence that says what is wrong with it."""
    visible = "\n".join(_INVISIBLES.sub("", _BROKEN_NUMBER.sub(_joined_number, text)).splitlines())
    wrong: list[tuple[str, RunRange | str]] = []

    def replace(match: re.Match[str]) -> str:
        if not re.search(r"[0-9]{6}", match["list"]):
            return f"{match['run']} "
        piece = _shortened(match[0])
        wrong.append((piece, f"“{piece}” is not a list of lumisections of a run. Give the runs alone."))
        return " "

    for line in _LUMISECTIONS.sub(replace, _BRILCALC_SUMMARY.sub(_without_summary, visible)).splitlines():
        yield from _pieces_of_line(line)
    yield from wrong


def _joined_number(match: re.Match[str]) -> str:
    """Digits around invisible characters: one run, or else several runs if each part is one."""
    parts = _INVISIBLES.split(match[0])
    is_list = len("".join(parts)) > 7 and all(len(part) in (6, 7) for part in parts)
    return " ".join(parts) if is_list else "".join(parts)


def _without_summary(match: re.Match[str]) -> str:
    """Drop the totals at the end of a table of brilcalc, unless they may hold a run."""
    return match[0] if _PERHAPS_RUN.search(match[0]) else ""


def _pieces_of_line(line: str) -> Iterator[tuple[str, RunRange | str]]:
    if _BRILCALC_HEADING.match(line) or _RULE.fullmatch(line):
        return
    if row := _BRILCALC_ROW.match(line):
        yield row["run"], _range_of(row["run"])
        return
    bullet = _BULLET.match(line)
    for token in _TOKEN.finditer(line, bullet.end() if bullet else 0):
        piece = token[0].strip()
        if token["runs"]:
            yield piece, _range_of(piece)
        elif token["date"]:
            yield piece, f"“{piece}” looks like a date, not a run number. Give the numbers of the runs."
        elif token["word"]:
            piece = piece.rstrip(")]}'\"") or piece
            yield piece, _neither(piece)
        elif token["comment"] and _PERHAPS_RUN.search(piece):
            yield piece, f"“{_shortened(piece)}” is a comment with a number. Remove it, or give the run without #."


def _range_of(piece: str) -> RunRange | str:
    """Return the range, or a sentence that says what is wrong."""
    start = _FROM.match(piece)
    parts = [_PART.fullmatch(part) for part in _JOINS.split(piece[start.end() if start else 0 :])]
    numbers = [match["number"] for match in parts if match]
    if len(numbers) != len(parts) or len(numbers) > 2 or (start and len(numbers) < 2):
        return _neither(piece)
    for number in numbers:
        if not FIRST_RUN <= int(number[:20]) <= LAST_RUN:  # int() raises for very long texts
            is_range = f"“{_shortened(piece)}” is not a range: " if len(numbers) > 1 else ""
            return f"{is_range}{_shortened(number)} is not a run number. Run numbers are {FIRST_RUN} to {LAST_RUN}."
    first, last = int(numbers[0]), int(numbers[-1])
    if last < first:
        return f"The range {piece} runs backwards. Write {last}-{first}."
    return first, last


def _neither(piece: str) -> str:
    return f"“{_shortened(piece)}” is neither a run number nor a range. Write 316187 or 316199-316202."


def _refuse_unread(found: RunList) -> None:
    """Raise ValueError for the first piece that could not be read; it names some of the others."""
    if not found.unread:
        return
    (_, sentence), *others = found.unread.items()
    if others:
        named = ", ".join(f"“{_shortened(piece)}”" for piece, _ in others[:_NAMED_PIECES])
        more = found.unread_count - 1 - len(others[:_NAMED_PIECES])
        sentence += f" Not read either: {named}{f' and {more} more' if more else ''}."
    raise ValueError(sentence)
