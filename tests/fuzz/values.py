"""Strategies for values of fields and URLs, valid and invalid."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_from_bytes

from hypothesis import strategies as st

# Values that have caused errors: no digits, too many, non-ASCII digits, invalid dates, lone surrogates.
KNOWN_TROUBLE = [
    *(
        "",
        " ",
        "\0",
        "a\0b",
        "\x1b",
        "\r\n",
        "\ud800",
        "\udfff\ud800",
        "\u202e",
        "\ufeff",
        "é",
        "<script>",
        "{{ 7 }}",
        "%00",
    ),
    *(
        "0",
        "-1",
        "1_000",
        "0x10",
        "１２３",
        "٣",
        "²",
        "1e400",
        "-1e400",
        "nan",
        "inf",
        "-inf",
        "1e-400",
        "3,8",
        ".5",
        "5.",
    ),
    *(str(2**31), str(2**63), str(2**64), "-" + str(2**63), "9" * 400, "9" * 5000, "0" * 5000),
    *("2018-02-30", "0000-01-01", "0001-01-01", "9999-12-31", "10000-01-01", "2018-5-1", "01/05/2018", "today"),
    *("None", "null", "true", "on", "off", "[]", "{}", "[object Object]", "NaN", "undefined"),
    *("00000000-0000-0000-0000-000000000000", "{00000000-0000-0000-0000-000000000000}", "urn:uuid:1", "z" * 36),
    *("316187-316199", "100000-9999999", "316199-316187", "315259,,315260", "--", "-", "315259 - ", "－"),
    *("../../etc/passwd", "//evil.example", "http://[", "https://evil.example/", "/list/", "javascript:1", "?", "#"),
    *("x" * 151, "x" * 501, "x" * 2001, "x" * 20_000, "/x/Express/" + "y" * 200, "-date", "--date", "verdict,,"),
]
TEXTS = st.text(st.characters(), max_size=24)
NUMBERS = st.integers().map(str) | st.floats().map(repr)
VALUES = st.sampled_from(KNOWN_TROUBLE) | TEXTS | NUMBERS
Fields = list[tuple[str, str]]


@st.composite
def changed(draw: st.DrawFn, fields: dict[str, list[str]], names: list[str]) -> Fields:
    """The fields of a form with some of `names` absent, repeated or changed, and possibly an unknown field."""
    result = {name: list(values) for name, values in fields.items()}
    for name in draw(st.lists(st.sampled_from(names or ["x"]), max_size=3)):
        variant = draw(st.sampled_from(("anything", "anything", "absent", "repeated", "of another")))
        result[name] = _values(draw, variant, result)
    if draw(st.integers(0, 3)) == 3:
        result[draw(VALUES)] = [draw(VALUES)]
    return [(name, value) for name, values in result.items() for value in values]


def _values(draw: st.DrawFn, variant: str, fields: dict[str, list[str]]) -> list[str]:
    if variant == "absent":
        return []
    if variant == "of another" and fields:
        return fields[draw(st.sampled_from(sorted(fields)))]
    return draw(st.lists(VALUES, min_size=1, max_size=1 if variant == "anything" else 3))


def encoded(fields: Fields) -> str:
    """The fields URL-encoded; text that is not valid UTF-8 is sent as bytes."""
    return "&".join(f"{quoted(name)}={quoted(value)}" for name, value in fields)


def quoted(text: str) -> str:
    """The text quoted for a path, query or body; text that is not valid UTF-8 is sent as bytes."""
    return quote_from_bytes(text.encode("utf-8", "surrogatepass"), safe="")


# Queries and bodies that no form creates.
RAW_QUERIES = st.binary(max_size=40).map(quote_from_bytes) | st.sampled_from(
    ["&&&", "=", "a=%", "a=%zz", "%ff=%fe", "a[]=1&a[b]=2", "runs=%ed%a0%80", ";", "page=1&page=2", "a=1;b=2", "%00"]
)
JSON: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | VALUES,
    lambda inside: st.lists(inside, max_size=3) | st.dictionaries(VALUES, inside, max_size=3),
    max_leaves=5,
)
