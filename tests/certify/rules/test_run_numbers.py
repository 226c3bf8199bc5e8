"""Parsing and formatting of run numbers in the search."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.rules.run_numbers import FIRST_RUN, LAST_RUN, MAX_RUNS, format_run_numbers, parse_run_numbers


@pytest.mark.parametrize(
    ("text", "runs"),
    [
        ("316187", [316187]),
        ("316187,316199-316202", [316202, 316201, 316200, 316199, 316187]),
        (" 316187 ,, 316199 \n316200\r\n;316201\t", [316201, 316200, 316199, 316187]),
        ("316199 - 316201", [316201, 316200, 316199]),
        ("316199\u2013316200", [316200, 316199]),
        ("316199 \u2014 316200", [316200, 316199]),
        ("316187, 316187 316187-316187", [316187]),
        ("100000 9999999", [9999999, 100000]),
        ("316100-316199", list(range(316199, 316099, -1))),
    ],
)
def test_runs_are_read_newest_first_and_each_once(text, runs):
    assert parse_run_numbers(text) == runs


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "No run number. Type some, such as 316187, 316199-316202."),
        (" ,\n; ", "No run number. Type some, such as 316187, 316199-316202."),
        ("31618x", "“31618x” is neither a run number nor a range. Write 316187 or 316199-316202."),
        ("316187-", "“316187-” is neither a run number nor a range. Write 316187 or 316199-316202."),
        ("-316187", "“-316187” is neither a run number nor a range. Write 316187 or 316199-316202."),
        ("316.187", "“316.187” is neither a run number nor a range. Write 316187 or 316199-316202."),
        (
            "31618\u0667",
            "“31618\u0667” is neither a run number nor a range. Write 316187 or 316199-316202.",
        ),
        ("1-2-3", "“1-2-3” is neither a run number nor a range. Write 316187 or 316199-316202."),
        ("99999", "99999 is not a run number. Run numbers are 100000 to 9999999."),
        ("10000000", "10000000 is not a run number. Run numbers are 100000 to 9999999."),
        ("316187-10000000", "10000000 is not a run number. Run numbers are 100000 to 9999999."),
        ("316202-316199", "The range 316202-316199 runs backwards. Write 316199-316202."),
        ("316100-316200", "316100-316200 is 101 runs; a search takes at most 100. Search for fewer."),
        ("316100-316198 315000 315001", "These are 101 runs; a search takes at most 100. Search for fewer."),
    ],
)
def test_invalid_text_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(ValueError) as error:
        parse_run_numbers(text)
    assert str(error.value) == sentence


@pytest.mark.parametrize("text", ["9" * 5000, "x" * 5000, "1" * 5000 + "-" + "2" * 5000])
def test_long_text_is_truncated_in_the_sentence(text):
    with pytest.raises(ValueError) as error:
        parse_run_numbers(text)
    assert len(str(error.value)) < 120


def test_runs_are_formatted_as_ranges_from_the_oldest():
    assert format_run_numbers([316202, 316187, 316201, 316199]) == "316187, 316199, 316201-316202"
    assert format_run_numbers([]) == ""


@given(st.sets(st.integers(FIRST_RUN, LAST_RUN), min_size=1, max_size=MAX_RUNS))
def test_formatted_runs_are_parsed_as_the_same_runs(runs):
    assert parse_run_numbers(format_run_numbers(runs)) == sorted(runs, reverse=True)


@given(st.text(alphabet="0123456789-\u2013,; \n.x\x00\u0663", max_size=60) | st.text(max_size=40))
def test_any_text_is_parsed_or_refused_with_a_sentence(text):
    try:
        runs = parse_run_numbers(text)
    except ValueError as error:
        assert str(error).endswith(".")
        assert "invalid literal" not in str(error)
    else:
        assert 1 <= len(runs) <= MAX_RUNS
        assert runs == sorted(set(runs), reverse=True)
