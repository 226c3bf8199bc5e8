"""Comparison of verdict facts: what counts as a difference under each rule."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.models import TrackerCertification
from certify.rules.fact_comparison import SINCE_CERTIFIED, SINCE_SHOWN, WITH_TWIN, compare_facts
from certify.rules.reference_type import has_fitting_type
from oms.choices import RunType
from oms.models import OmsRun
from oms.verdict_facts import VERDICT_FACTS, verdict_facts

FACTS = {"run_type": "collisions", "lumisections": 600, "recorded_lumi": 100.0}
RULES = [SINCE_CERTIFIED, SINCE_SHOWN, WITH_TWIN]
ANY_FACTS = st.fixed_dictionaries(
    {
        "run_type": st.sampled_from(RunType.values),
        "lumisections": st.none() | st.integers(0, 5000),
        "recorded_lumi": st.none() | st.floats(-1, 1000),
    }
)


def _different(before, after, rule):
    return [row.name for row in compare_facts(before, after, rule) if row.is_different]


@pytest.mark.parametrize(
    ("name", "before", "after", "differs"),
    [
        # (since certified, since shown, with the twin)
        ("recorded_lumi", 100.0, 101.0, (False, False, False)),
        ("recorded_lumi", 100.0, 101.1, (True, True, False)),
        ("recorded_lumi", 100.0, 89.0, (True, True, False)),
        ("recorded_lumi", 100.0, 88.9, (True, True, True)),
        ("recorded_lumi", 0.0, 0.0, (False, False, False)),
        ("recorded_lumi", None, 5.0, (False, True, False)),
        ("recorded_lumi", 5.0, None, (True, True, False)),
        ("recorded_lumi", None, None, (False, False, False)),
        ("lumisections", 600, 601, (True, True, True)),
        ("lumisections", None, 600, (False, True, False)),
        ("lumisections", 600, None, (True, True, False)),
        ("run_type", "collisions", "cosmics", (True, True, True)),
        ("run_type", "unknown", "cosmics", (True, True, False)),
        ("run_type", "cosmics", "unknown", (True, True, False)),
    ],
)
def test_difference_of_a_fact_under_each_rule(name, before, after, differs):
    different = tuple(_different(FACTS | {name: before}, FACTS | {name: after}, rule) for rule in RULES)
    assert different == tuple([name] if is_different else [] for is_different in differs)


@given(facts=ANY_FACTS)
def test_facts_do_not_differ_from_themselves(facts):
    assert [_different(facts, facts, rule) for rule in RULES] == [[], [], []]


@given(facts=ANY_FACTS, twin_facts=ANY_FACTS)
def test_comparison_with_the_twin_is_symmetric(facts, twin_facts):
    assert _different(facts, twin_facts, WITH_TWIN) == _different(twin_facts, facts, WITH_TWIN)


def test_each_fact_has_a_row_with_texts():
    rows = compare_facts(FACTS | {"lumisections": None}, FACTS | {"recorded_lumi": 80.112}, SINCE_SHOWN)
    assert [(row.name, row.label, row.short_label) for row in rows] == [
        ("run_type", "run type", "run type"),
        ("lumisections", "lumisections", "lumisections"),
        ("recorded_lumi", "recorded luminosity", "recorded"),
    ]
    assert [(row.before_text, row.after_text) for row in rows] == [
        ("collisions", "collisions"),
        ("none", "600"),
        ("100.000 /pb", "80.112 /pb"),
    ]


def test_run_and_certification_have_all_verdict_facts():
    for model in (OmsRun, TrackerCertification):
        assert list(verdict_facts(model())) == list(VERDICT_FACTS)


@pytest.mark.parametrize("run_type", [*RunType.values, None])
@pytest.mark.parametrize("reference_type", [*RunType.values, None])
def test_only_two_different_known_types_do_not_fit(run_type, reference_type):
    fits = {run_type, reference_type} != {"collisions", "cosmics"}
    assert has_fitting_type(run_type, reference_type) is fits
