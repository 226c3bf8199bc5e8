"""Parsing of cells. Each function raises `ValueError` with the rest of a sentence that begins with the column."""

from __future__ import annotations

import datetime as dt
import re
from decimal import Decimal
from typing import TYPE_CHECKING

from certify.imports.problems import quote
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN
from certify.rules.shift_day import FIRST_SHIFT_DAY
from infrastructure.number_ranges import RangesInvalid, parse_ranges

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.number_ranges import NumberRanges

LIMIT = 2**31  # of counts and luminosities in the database
_TRUE, _FALSE = ("true", "t", "yes", "1"), ("false", "f", "no", "0", "")
_INTEGER = re.compile(r"[0-9]{1,15}(\.0{1,2})?", re.ASCII)  # with ".0" where a column of numbers had gaps
_SCIENTIFIC = re.compile(r"[0-9](\.[0-9]{1,15})?[eE]\+?[0-9]{1,2}", re.ASCII)
_DECIMAL = re.compile(r"([0-9]{1,15}(\.[0-9]*)?|\.[0-9]+)([eE][+-]?[0-9]{1,3})?", re.ASCII)
_NOT_STORABLE = re.compile("[\0\ud800-\udfff]")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", re.ASCII)


def check_characters(text: str) -> None:
    """Refuse characters that no database stores."""
    broken = _NOT_STORABLE.search(text)
    if broken and broken[0] == "\0":
        raise ValueError(f"has a NUL character: {quote(text)}. Remove it.")
    if broken:
        raise ValueError(f"has half of a character: {quote(text)}. Write the whole character, or remove it.")


def parse_choice(text: str, choices: Collection[str], default: str = "") -> str:
    """Return the word of the cell in lower case, `default` if it is empty."""
    word = text.strip().lower() or default
    if word not in choices:
        raise ValueError(f"{f'is {quote(text)}' if word else 'is empty'}. Give one of {', '.join(choices)}.")
    return word


def parse_boolean(text: str) -> bool:
    """Return whether the cell says true. An empty cell says false."""
    word = text.strip().lower()
    if word not in (*_TRUE, *_FALSE):
        raise ValueError(f"is {quote(text)}. Give true or false.")
    return word in _TRUE


def parse_run_number(text: str) -> int:
    """Return the run number of a cell."""
    number = _parse_integer(text)
    if number is None or not FIRST_RUN <= number <= LAST_RUN:
        raise ValueError(f"is {quote(text)}. Give a run number from {FIRST_RUN} to {LAST_RUN}.")
    return number


def parse_count(text: str) -> int | None:
    """Return the integer of a cell, None if it is empty."""
    if not text.strip():
        return None
    number = _parse_integer(text)
    if number is None or number >= LIMIT:
        raise ValueError(f"is {quote(text)}. Give a whole number from 0, or nothing.")
    return number


def _parse_integer(text: str) -> int | None:
    """Return 316187 for "316187", "316187.0" and "3.16187E+05", None for other texts.

    Three zeros after the point may be a thousand. "3.16E+05" may be any of a thousand numbers, shortened.
    """
    text = text.strip()
    if _INTEGER.fullmatch(text):
        return int(text.partition(".")[0])
    if not _SCIENTIFIC.fullmatch(text):
        return None
    number = Decimal(text)
    if int(number.as_tuple().exponent) > 0:
        raise ValueError(f"is {quote(text)}, which a spreadsheet has shortened. Give all digits.")
    return int(number) if number == int(number) else None


def parse_bad_lumisections(text: str) -> NumberRanges:
    """Return the ranges of lumisections of a cell, none if it is empty."""
    try:
        return parse_ranges(text)
    except RangesInvalid as error:
        raise ValueError(f"is {quote(text)}. {error}") from None


def parse_amount(text: str) -> float | None:
    """Return the number of a cell, None if it is empty."""
    if not text.strip():
        return None
    if not _DECIMAL.fullmatch(text.strip()):
        raise ValueError(f"is {quote(text)}. Give a number from 0 with a decimal point, such as 12.5, or nothing.")
    number = float(text)
    if number >= LIMIT:
        raise ValueError(f"is {quote(text)}, which is too large. Give it in the unit of the column.")
    return number


def parse_day(text: str) -> dt.date | None:
    """Return the shift day of a cell, None if it is empty."""
    text = text.strip()
    if not text:
        return None
    try:
        day = dt.date.fromisoformat(text if _DAY.fullmatch(text) else "")
    except ValueError:
        raise ValueError(f"is {quote(text)}. Give the day as 2018-05-01.") from None
    if day < FIRST_SHIFT_DAY:
        raise ValueError(f"is {text}, before {FIRST_SHIFT_DAY.year}. Give the shift day.")
    if day > dt.datetime.now(dt.UTC).date() + dt.timedelta(days=1):
        raise ValueError(f"is {text}, later than tomorrow (UTC). Give the shift day.")
    return day


def parse_name(text: str, length: int) -> str:
    """Return the text of one line without surrounding space."""
    text = text.strip()
    if not text.isprintable():
        raise ValueError(f"has an invisible character: {quote(text)}. Remove it.")
    return parse_text(text, length)


def parse_text(text: str, length: int) -> str:
    """Return the text unchanged. Raises `ValueError` if it is longer than `length`."""
    if len(text) > length:
        raise ValueError(f"has {len(text):,} characters. Shorten it to {length:,}.")
    return text
