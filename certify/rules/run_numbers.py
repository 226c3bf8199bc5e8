"""Parsing and formatting of run numbers and inclusive ranges, as people type and paste them."""

import re
from collections.abc import Iterable, Iterator
from itertools import pairwise

FIRST_RUN = 100_000
LAST_RUN = 9_999_999
MAX_RUNS = 100

_DASHES = re.compile(r"\s*[-\u2010-\u2015\u2212]\s*")  # hyphens, en and em dash, minus, with the space around them
_BREAKS = re.compile(r"[\s,;]+")
_RUN_OR_RANGE = re.compile(r"(?P<first>[0-9]+)(?:-(?P<last>[0-9]+))?", re.ASCII)


def parse_run_numbers(text: str) -> list[int]:
    """Return the runs in `text`, newest first, without duplicates.

    Raises ValueError, with a sentence to show, for no runs, more than `MAX_RUNS`, or invalid text.
    """
    tokens = split_tokens(text)
    if not tokens:
        raise ValueError("No run number. Type some, such as 316187, 316199-316202.")
    runs: set[int] = set()
    for token in tokens:
        runs.update(_parse_runs(token))
    if len(runs) > MAX_RUNS:
        raise ValueError(f"These are {len(runs)} runs; a search takes at most {MAX_RUNS}. Search for fewer.")
    return sorted(runs, reverse=True)


def split_tokens(text: str) -> list[str]:
    """Split at commas, semicolons and white space. A range is one token, with any dash and spaces beside the dash."""
    return [token for token in _BREAKS.split(_DASHES.sub("-", text.strip())) if token]


def parse_ranges(text: str) -> list[tuple[int, int]]:
    """Return the ranges in `text` as sorted (first, last), of any length.

    Raises ValueError, with a sentence to show, for more than `MAX_RUNS` tokens or invalid text.
    """
    tokens = split_tokens(text)
    if len(tokens) > MAX_RUNS:
        raise ValueError(f"These are {len(tokens)} runs and ranges; at most {MAX_RUNS} can be given. Give fewer.")
    return sorted({_parse_range(token) for token in tokens})


def format_ranges(ranges: Iterable[tuple[int, int]]) -> str:
    """Format ranges as "315190-315193, 315196"."""
    return ", ".join(f"{first}-{last}" if last > first else f"{first}" for first, last in ranges)


def _parse_range(token: str) -> tuple[int, int]:
    match = _RUN_OR_RANGE.fullmatch(token)
    if not match:
        raise ValueError(f"“{_shortened(token)}” is neither a run number nor a range. Write 316187 or 316199-316202.")
    first = _parse_run_number(match["first"])
    last = _parse_run_number(match["last"] or match["first"])
    if last < first:
        raise ValueError(f"The range {token} runs backwards. Write {last}-{first}.")
    return first, last


def _parse_runs(token: str) -> range:
    first, last = _parse_range(token)
    if last - first >= MAX_RUNS:
        raise ValueError(f"{token} is {last - first + 1} runs; a search takes at most {MAX_RUNS}. Search for fewer.")
    return range(first, last + 1)


def _parse_run_number(digits: str) -> int:
    number = int(digits[:20])  # longer numbers are out of range anyway, and int() raises for very long texts
    if not FIRST_RUN <= number <= LAST_RUN:
        raise ValueError(f"{_shortened(digits)} is not a run number. Run numbers are {FIRST_RUN} to {LAST_RUN}.")
    return number


def _shortened(token: str) -> str:
    return token if len(token) <= 24 else f"{token[:24]}…"


def format_run_numbers(runs: Iterable[int]) -> str:
    """Format runs as ranges, oldest first: "315190-315193, 315196"."""
    return format_ranges(_consecutive_ranges(runs))


def _consecutive_ranges(runs: Iterable[int]) -> Iterator[tuple[int, int]]:
    ordered = sorted(set(runs))
    if not ordered:
        return
    first = ordered[0]
    for run, following in pairwise([*ordered, ordered[-1] + 2]):
        if following != run + 1:
            yield first, run
            first = following
