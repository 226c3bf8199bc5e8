"""Ranges of numbers: what a person may type, and the algebra."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from infrastructure.number_ranges import (
    RangesInvalid,
    common_ranges,
    count_numbers,
    format_ranges,
    merged_ranges,
    parse_ranges,
    ranges_without,
)

LAST = 60
_spans = st.tuples(st.integers(1, LAST), st.integers(1, LAST)).map(lambda pair: (min(pair), max(pair)))
_lists = st.lists(_spans, max_size=12)


def numbers(ranges) -> set[int]:
    return {number for first, last in ranges for number in range(first, last + 1)}


def is_minimal(ranges) -> bool:
    return all(later[0] > earlier[1] + 1 for earlier, later in pairwise(ranges))


@given(_lists, _lists)
def test_algebra_equals_that_of_sets(ranges, others):
    expected = {
        "union": numbers(ranges) | numbers(others),
        "common": numbers(ranges) & numbers(others),
        "without": numbers(ranges) - numbers(others),
    }
    found = {
        "union": merged_ranges([*ranges, *others]),
        "common": common_ranges(ranges, others),
        "without": ranges_without(ranges, others),
    }
    assert {name: numbers(spans) for name, spans in found.items()} == expected
    assert all(is_minimal(spans) for spans in found.values())
    assert {name: count_numbers(spans) for name, spans in found.items()} == {
        name: len(members) for name, members in expected.items()
    }


@given(_lists.map(merged_ranges))
def test_text_of_ranges_reads_as_the_same_ranges(ranges):
    assert parse_ranges(format_ranges(ranges)) == tuple(ranges)


@pytest.mark.parametrize(
    ("text", "ranges"),
    [
        ("", ()),
        (" \n ", ()),
        ("352", ((352, 352),)),
        ("310-330, 352", ((310, 330), (352, 352))),
        ("352 310-330", ((310, 330), (352, 352))),
        ("310 – 330; 352,", ((310, 330), (352, 352))),
        ("310—330\n352", ((310, 330), (352, 352))),
        ("310-330, 331-340", ((310, 340),)),
        ("0310-0330", ((310, 330),)),
        (f"310{' ' * 400_000}352", ((310, 310), (352, 352))),  # hours if each space were tried as the start of a dash
    ],
)
def test_ranges_are_read_as_people_write_them(text, ranges):
    assert parse_ranges(text) == ranges


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("all", "“all” is no range of lumisections. Write ranges as 310-330, 352."),
        ("310-", "“310-” is no range of lumisections. Write ranges as 310-330, 352."),
        ("-5", "“-5” is no range of lumisections. Write ranges as 310-330, 352."),
        ("310-320-330", "“310-320-330” is no range of lumisections. Write ranges as 310-330, 352."),
        ("3.5", "“3.5” is no range of lumisections. Write ranges as 310-330, 352."),
        ("٣", "“٣” is no range of lumisections. Write ranges as 310-330, 352."),
        ("12345678", "“12345678” is no range of lumisections. Write ranges as 310-330, 352."),
        ("0-5", "“0-5” begins at 0. Lumisections begin at 1."),
        ("330-310", "“330-310” ends before it begins. Write 310-330."),
        ("310-330, 320", "310-330 and 320 overlap. Write each lumisection once."),
        ("7, 7", "7 and 7 overlap. Write each lumisection once."),
        ("7, 7, 7", "7 and 7 overlap. Write each lumisection once."),
        (
            "500-510, 20-10, abc, 505, 3-, abc",
            "“abc”, “3-” are no ranges of lumisections. Write ranges as 310-330, 352. {} Write 10-20. {}".format(
                "“20-10” ends before it begins.", "500-510 and 505 overlap. Write each lumisection once."
            ),
        ),
        (
            " ".join(f"a{number}" for number in range(8)),
            "“a0”, “a1”, “a2”, “a3”, “a4”, 3 more are no ranges of lumisections. Write ranges as 310-330, 352.",
        ),
        (
            "2-1 3-2 4-3 5-4 6-5 7-6 8-7",
            " ".join(f"“{n + 1}-{n}” ends before it begins. Write {n}-{n + 1}." for n in range(1, 6))
            + " 2 more are wrong.",
        ),
        (f"{'x' * 40}", f"“{'x' * 30}…” is no range of lumisections. Write ranges as 310-330, 352."),
    ],
)
def test_what_cannot_be_read_is_named_with_what_to_write(text, sentence):
    with pytest.raises(RangesInvalid) as caught:
        parse_ranges(text)
    assert str(caught.value) == sentence


def test_thousands_of_ranges_cost_no_more_than_their_number():
    many = [(number, number) for number in range(1, 400_000, 2)]  # minutes if each were compared with each
    odd = [(first + 1, first + 1) for first, _ in many]
    assert ranges_without(many, odd) == many
    assert common_ranges(many, odd) == []
