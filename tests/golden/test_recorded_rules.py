"""The 45 rules that a real Run Registry answered: the same ranges here, or refused with a reason."""

import pytest
from datalogic_py import Engine

from golden.evaluation import CompiledPolicy, good_ranges
from golden.policy_check import check_logic
from golden.policy_text import PolicyInvalid
from infrastructure.number_ranges import merged_ranges
from sandbox import world
from sandbox.registry.lumisections import _lumisection_luminosities
from tests.golden.rules import DATASET, RUNS, certified_run, lumisections, recorded_rules

RULES = {rule["name"]: rule for rule in recorded_rules()}
# What the two evaluators understand otherwise, or what Run Registry answers without a sense.
DIFFERENT = {"filter merge", "log", "method", "unknown op", "top-level list", "plain true", "number 5", "text"}
# Names that are not in the vocabulary, or values that are not read: Run Registry takes them for null.
NOT_OFFERED = {
    "missing_some": "There is no variable “a”",
    "var default": "There is no variable “lumisection.rr.nope”",
    "missing var==null": "There is no variable “lumisection.rr.nope”",
    "triplet .status": "There is no variable “lumisection.rr.tracker-pixel.status”",
    "lumi": "The luminosity of a lumisection is not part of rules",
    "run.lumisection": "There is no variable “run.lumisection”",
    "old path run.run.oms": "Did you mean run.oms.energy?",
    "map": "names no variable",
    "all none": "names no variable",
}
OFFERED = sorted(RULES.keys() - DIFFERENT - NOT_OFFERED.keys())


def _answer(name):
    """The ranges that Run Registry gave, {run: ranges}."""
    ranges = RULES[name]["ranges"]
    if ranges == "even lumisections":
        return {run: [(n, n) for n in lumisections(run) if n % 2 == 0] for run in RUNS}
    return {int(run): [tuple(span) for span in spans] for run, spans in ranges.items()}


def test_there_are_45_rules():
    assert len(RULES) == 45
    assert {*DIFFERENT, *NOT_OFFERED} <= RULES.keys()


@pytest.fixture(scope="module")
def runs():
    return [certified_run(number) for number in RUNS]


@pytest.mark.parametrize("name", OFFERED)
def test_a_policy_selects_what_run_registry_selects(name, runs):
    policy = CompiledPolicy(RULES[name]["rule"])
    ranges = {run.key.run_number: list(good_ranges(policy.outcomes(run))) for run in runs}
    assert {run: spans for run, spans in ranges.items() if spans} == _answer(name)


@pytest.fixture(scope="module")
def contexts():
    """{run: {lumisection: context}} with all that Run Registry has, as it has it."""
    found = {}
    for run in RUNS:
        luminosities = _lumisection_luminosities(run)
        rest = {
            "run": {"run_number": run, "oms": world.runs()[run], "rr": {"class": "Collisions18", "state": "SIGNOFF"}},
            "dataset": {"name": DATASET, "tracker_state": "OPEN"},
        }
        found[run] = {
            number: rest
            | {
                "lumisection": {
                    "lumisection_number": number,
                    "oms": detectors | {"recorded": luminosities.get(number, {}).get("recorded")},
                    "rr": columns,
                }
            }
            for number, (detectors, columns) in lumisections(run).items()
        }
    return found


@pytest.mark.parametrize("name", sorted(RULES.keys() - DIFFERENT))
def test_the_evaluator_selects_what_run_registry_selects(name, contexts):
    rule = Engine().compile_strict(RULES[name]["rule"])
    ranges = {
        run: merged_ranges((n, n) for n, context in of_run.items() if rule.evaluate(context))
        for run, of_run in contexts.items()
    }
    assert {run: spans for run, spans in ranges.items() if spans} == _answer(name)


@pytest.mark.parametrize(("name", "message"), NOT_OFFERED.items())
def test_names_that_run_registry_takes_for_null_are_refused(name, message):
    with pytest.raises(PolicyInvalid, match=message):
        check_logic(RULES[name]["rule"])


@pytest.mark.parametrize("name", sorted(DIFFERENT))
def test_what_the_evaluators_understand_otherwise_is_refused(name):
    with pytest.raises(PolicyInvalid):
        check_logic(RULES[name]["rule"])
