"""Patterns of dataset names."""

import pytest

from golden.dataset_patterns import PatternInvalid, parse_pattern, pattern_name

NAME = "/PromptReco/Collisions2018A/DQM"


@pytest.mark.parametrize(
    ("pattern", "is_match"),
    [
        (NAME, True),
        ("/PromptReco/Collisions2018(A|B)/DQM", True),
        ("/PromptReco/Collisions2018(C|B)/DQM", False),
        ("/PromptReco/Collisions2018_/DQM", True),
        ("/PromptReco/%", True),
        ("%Collisions2018%", True),
        ("Collisions2018", False),
        ("/promptreco/Collisions2018A/DQM", False),
        ("/PromptReco/Collisions2018A/DQ.", False),
    ],
)
def test_pattern_matches_the_whole_name(pattern, is_match):
    assert parse_pattern(pattern).matches(NAME) is is_match


@pytest.mark.parametrize(
    ("pattern", "message"),
    [
        ("", "empty"),
        (f"{NAME} ", "blank"),
        ("*", r"'\*' at character 1"),
        ("/A[A-D]", r"'\[' at character 3"),
        ("A|B", "outside of parentheses"),
        ("(A|B", "not closed"),
        ("A)", "no partner"),
        ("((A))", "inside another"),
        ("%%%%", "more than 3 signs"),
        ("(a|aa)" * 4, "3 parentheses"),
        ("x" * 151, "151 characters"),
        ("a\x00b", "not supported"),
    ],
)
def test_what_is_no_pattern_is_refused(pattern, message):
    with pytest.raises(PatternInvalid, match=message):
        parse_pattern(pattern)


def test_short_form_for_file_names():
    assert pattern_name(NAME) == "PromptReco-Collisions2018A"
    assert pattern_name("/PromptReco/Collisions2018(A|B)/DQM") == "PromptReco-Collisions2018-A-B"
    assert pattern_name("%") == "all"
