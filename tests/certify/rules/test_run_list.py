"""Run lists as people type and paste them."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.rules.run_list import MAX_UNREAD, digits_of_run, parse_ranges, parse_run_numbers, read_run_list
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN, MAX_RUNS, format_run_numbers

BRILCALC_TABLE = """\
#Data tag : 23v1 , Norm tag: onlineresult
+-------------+-------------------+-----+------+----------------+---------------+
| run:fill    | time              | nls | ncms | delivered(/pb) | recorded(/pb) |
+-------------+-------------------+-----+------+----------------+---------------+
| 316187:6674 | 05/12/18 01:11:11 | 888 | 880  | 12.345         | 11.9          |
| 316199:6675 | 05/12/18 05:11:11 | 172 | 172  | 2.345          | 1.9           |
+-------------+-------------------+-----+------+----------------+---------------+
#Summary:
+-------+------+------+------+-------------------+------------------+
| nfill | nrun | nls  | ncms | totdelivered(/pb) | totrecorded(/pb) |
+-------+------+------+------+-------------------+------------------+
| 2     | 2    | 1060 | 1052 | 14.690            | 13.8             |
+-------+------+------+------+-------------------+------------------+
"""
BRILCALC_CSV = """\
#Data tag : 23v1 , Norm tag: onlineresult
#run:fill,time,nls,ncms,delivered(/pb),recorded(/pb)
316187:6674,05/12/18 01:11:11,888,880,12.345,11.9
316199:6675,1526101871,172,172,2.345,1.9
#Summary:
#nfill,nrun,nls,ncms,totdelivered(/pb),totrecorded(/pb)
#2,2,1060,1052,14.690,13.8
"""
TWO, THREE = [316199, 316187], [316201, 316200, 316199]


@pytest.mark.parametrize(
    "text",
    [
        '{"316187": [[1, 88], [91, 92]], "316199": [[1, 172]]}',
        '{"316187": [[1, 88],\n  [91, 92]],\n "316199": [[1, 172]]',
        "{316187: [(1, 88)], 316199: [(1, 172)]}",
        "{'316187': 88, '316199': 172}",
        '{"runs": [316187, 316199]}',
        "[316187, 316199]",
        "('316187', \"316199\")",
        "{316187, 316199}",
        "316187:6674, 316199:6675",
        "316187:1-316187:88, 316199:1",
        BRILCALC_TABLE,
        BRILCALC_CSV,
        "|316187|316199|",
        "| *Run* | *316187* |\n|---|---|\n| *run* | 316199 |",
        "|| 316187 || 316199 ||",
        "^ Run ^\n| 316187 |\n| 316199 |",
        "> 316187\n>\n>> - 316199",
        "- 316187\n- 316199",
        "316187\n- 316199",
        "-316187\n–316199",
        "* 316187\n• 316199",
        "1. 316187\n2) 316199",
        "- [ ] 316187\n- [ ] 316199",
        "Run 316187, run #316199",
        "Runs: 316187 and 316199.",
        "run_number=316187 & Run Number: 316199",
        "316187/316199",
        "316187 + 316199",
        "316187.0 316199.00",
        "316187 # bad HV\n316199 # good",
        "“316187”, «316199»",
        "\ufeff316187\n316199\u200b",
        "316\u200b187 316\u00ad199",
        "316187\u200b316199",
        "316187\u00ad316199",
        "316187\u00a0316199",
        "316187\u2028316199\r\n\r316187",
    ],
)
def test_two_runs_in_any_notation(text):
    assert parse_run_numbers(text) == TWO
    assert read_run_list(text).unread == {}


@pytest.mark.parametrize(
    "text",
    [
        "316199..316201",
        "316199...316201",
        "316199…316201",
        "316199 … 316201",
        "316199 to 316201",
        "Run 316199 to run 316201",
        "from 316199 through 316201",
        "316199–316201",
        "316199 — 316201",
        "316199--316201",
        "316199\u2011316201",
        "316199 \u2212 316201",
        "['316199-316201']",
        "- 316199 - 316201",
        "316199:12-316201:80",
    ],
)
def test_range_in_any_notation(text):
    assert parse_run_numbers(text) == THREE
    assert parse_ranges(text) == [(316199, 316201)]


@pytest.mark.parametrize(
    ("text", "unread"),
    [
        ("316187-99", ["316187-99"]),
        ("316187 6674 888", ["6674", "888"]),
        ("316187:316199", ["316187:316199"]),
        ("316187.05", ["316187.05"]),
        ("316.187", ["316.187"]),
        ("316,187", ["316", "187"]),
        ("12/05/2018", ["12/05/2018"]),
        ("316187\n...\n316199", ["..."]),
        ("316187 -\n316199", ["316187 -"]),
        ("316187\n-\n316199", ["-"]),
        ("316187 until 316199", ["until"]),
        ("not 316187", ["not"]),
        ("from 316187", ["from 316187"]),
        ("316187 # see 316199", ["# see 316199"]),
        ("#316187", ["#316187"]),
        ("3.16187E+05", ["3.16187E+05"]),
        ("316187316199", ["316187316199"]),
        ('{"316187": [[1, 316199]]}', ['316187": [[1, 316199]]']),
        ('{"316187": [[1, 88], [91', ["1", "88", "91"]),
        ("#Summary:\n| 316187 | 2 |", ["2"]),
    ],
)
def test_piece_that_is_no_run_is_named_and_not_guessed(text, unread):
    assert list(read_run_list(text).unread) == unread
    with pytest.raises(ValueError) as refusal:
        parse_run_numbers(text)
    assert all(piece[:24] in str(refusal.value) for piece in unread)


def test_number_outside_the_limits_in_a_range_is_named_with_the_range():
    with pytest.raises(ValueError) as refusal:
        parse_run_numbers("316187-99")
    assert str(refusal.value) == (
        "“316187-99” is not a range: 99 is not a run number. Run numbers are 100000 to 9999999."
    )


def test_further_unread_pieces_are_named_and_the_rest_is_counted():
    with pytest.raises(ValueError) as refusal:
        parse_run_numbers("316187 a b c d e f")
    assert str(refusal.value).endswith("Write 316187 or 316199-316202. Not read either: “b”, “c”, “d” and 2 more.")


def test_unread_pieces_are_stored_up_to_a_limit():
    found = read_run_list(" ".join(f"x{number}" for number in range(MAX_UNREAD + 70)))
    assert (len(found.unread), found.unread_count) == (MAX_UNREAD, MAX_UNREAD + 70)


def test_ranges_that_touch_or_overlap_are_one():
    assert parse_ranges("316199-316201, 316202 316187 316200-316205") == [(316187, 316187), (316199, 316205)]


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        (" “316187” ", "316187"),
        ("\ufeff316187", "316187"),
        ("run 316187", "316187"),
        ("6674\u200b", "6674"),
        ("316187 316199", "316187 316199"),
        ("316187-316199", "316187-316199"),
    ],
)
def test_digits_of_the_one_run_of_a_text(text, digits):
    assert digits_of_run(text) == digits


def reading_time(text):
    """The CPU time (s) of reading a text, the best of three."""
    times = []
    for _ in range(3):
        start = time.process_time()
        read_run_list(text)
        times.append(time.process_time() - start)
    return min(times)


@pytest.mark.parametrize(
    "piece",
    [
        "9",
        "1-",
        "316187:[",
        '"316187":[[1,2',
        "\u200b1",
        "1 to ",
        "> ",
        "\n",
        "> \n",
        "#\n",
        "315257\n",
        "#Summary\n",
        "[",
        "from ",
        "run ",
        "316187:6 |",
    ],
)
def test_reading_time_grows_in_proportion_to_the_length(piece):
    """Four times the text takes about four times as long; if each piece were read again and again, sixteen times."""
    assert reading_time(piece * (60_000 // len(piece))) < 10 * reading_time(piece * (15_000 // len(piece))) + 0.05


@given(st.text(alphabet="0123456789-\u2013.,:;…| \n[]{}()\"'#>\u200b\u00adrunto", max_size=60))
def test_any_text_gives_ranges_of_possible_runs(text):
    for first, last in read_run_list(text).ranges:
        assert FIRST_RUN <= first <= last <= LAST_RUN


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
        ("316.187", "“316.187” is neither a run number nor a range. Write 316187 or 316199-316202."),
        (
            "31618\u0667",
            "“31618\u0667” is neither a run number nor a range. Write 316187 or 316199-316202.",
        ),
        ("1-2-3", "“1-2-3” is neither a run number nor a range. Write 316187 or 316199-316202."),
        ("04/05/2018", "“04/05/2018” looks like a date, not a run number. Give the numbers of the runs."),
        ("316187, 7.11.2017", "“7.11.2017” looks like a date, not a run number. Give the numbers of the runs."),
        ("2018-05-04", "“2018-05-04” looks like a date, not a run number. Give the numbers of the runs."),
        ("99999", "99999 is not a run number. Run numbers are 100000 to 9999999."),
        ("10000000", "10000000 is not a run number. Run numbers are 100000 to 9999999."),
        (
            "316187-10000000",
            "“316187-10000000” is not a range: 10000000 is not a run number. Run numbers are 100000 to 9999999.",
        ),
        ("316202-316199", "The range 316202-316199 runs backwards. Write 316199-316202."),
        ("316100-316200", "316100-316200 is 101 runs; a search takes at most 100. Search for fewer."),
        ("316100-316198 315000 315001", "These are 101 runs; a search takes at most 100. Search for fewer."),
    ],
)
def test_invalid_text_is_refused_with_a_sentence(text, sentence):
    with pytest.raises(ValueError) as refusal:
        parse_run_numbers(text)
    assert str(refusal.value) == sentence


@pytest.mark.parametrize("text", ["9" * 5000, "x" * 5000, "1" * 5000 + "-" + "2" * 5000])
def test_long_text_is_truncated_in_the_sentence(text):
    with pytest.raises(ValueError) as refusal:
        parse_run_numbers(text)
    assert len(str(refusal.value)) < 150


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
    except ValueError as refusal:
        assert str(refusal).endswith(".")
        assert "invalid literal" not in str(refusal)
    else:
        assert 1 <= len(runs) <= MAX_RUNS
        assert runs == sorted(set(runs), reverse=True)
