"""The text of a search for runs: numbers and inclusive ranges, as people type and paste them."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

FIRST_RUN = 100_000
LAST_RUN = 9_999_999
MOST_RUNS = 100

_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")  # hyphens, en and em dash, minus, with the space around them
_BREAKS = re.compile(r"[\s,;]+")
_RUN_OR_RANGE = re.compile(r"(?P<first>[0-9]+)(?:-(?P<last>[0-9]+))?", re.ASCII)


def parse(text: str) -> list[int]:
    """The runs that `text` names, newest first, each once; ValueError with a sentence for a person."""
    words = words_of(text)
    if not words:
        raise ValueError("No run number. Type some, such as 316187, 316199-316202.")
    runs: set[int] = set()
    for word in words:
        runs.update(_runs_of(word))
    if len(runs) > MOST_RUNS:
        raise ValueError(f"These are {len(runs)} runs; a search takes at most {MOST_RUNS}. Search for fewer.")
    return sorted(runs, reverse=True)


def words_of(text: str) -> list[str]:
    """What stands between commas, spaces and line breaks; a range is one word, with any dash and space around it."""
    return [word for word in _BREAKS.split(_DASHES.sub("-", text.strip())) if word]


def spans(text: str) -> list[tuple[int, int]]:
    """The ranges that `text` names, as (first, last), however long; ValueError with a sentence for a person."""
    words = words_of(text)
    if len(words) > MOST_RUNS:
        raise ValueError(f"These are {len(words)} runs and ranges; at most {MOST_RUNS} can be given. Give fewer.")
    return sorted({_span(word) for word in words})


def in_spans(found: Iterable[tuple[int, int]]) -> str:
    """Ranges as a person writes them: 315190-315193, 315196."""
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in found)


def _span(word: str) -> tuple[int, int]:
    match = _RUN_OR_RANGE.fullmatch(word)
    if not match:
        raise ValueError(f"“{_short(word)}” is neither a run number nor a range. Write 316187 or 316199-316202.")
    first = _run_number(match["first"])
    last = _run_number(match["last"] or match["first"])
    if last < first:
        raise ValueError(f"The range {word} runs backwards. Write {last}-{first}.")
    return first, last


def _runs_of(word: str) -> range:
    first, last = _span(word)
    if last - first >= MOST_RUNS:
        raise ValueError(f"{word} is {last - first + 1} runs; a search takes at most {MOST_RUNS}. Search for fewer.")
    return range(first, last + 1)


def _run_number(digits: str) -> int:
    number = int(digits[:20])  # beyond this it is out of range anyway, and int() refuses very long texts
    if not FIRST_RUN <= number <= LAST_RUN:
        raise ValueError(f"{_short(digits)} is not a run number. Run numbers are {FIRST_RUN} to {LAST_RUN}.")
    return number


def _short(word: str) -> str:
    return word if len(word) <= 24 else f"{word[:24]}…"


def in_words(runs: Iterable[int]) -> str:
    """Runs as a person writes them, oldest first: 315190-315193, 315196."""
    return in_spans(_stretches(runs))


def _stretches(runs: Iterable[int]) -> Iterator[tuple[int, int]]:
    ordered = sorted(set(runs))
    if not ordered:
        return
    first = ordered[0]
    for run, following in pairwise([*ordered, ordered[-1] + 2]):
        if following != run + 1:
            yield first, run
            first = following
