"""What a policy may be: each refusal names the place and what to do."""

import json
import random
from datetime import UTC, datetime

import pytest
from datalogic_py import Engine

from golden.clauses import clause_label, split_clauses
from golden.contexts import REGISTRY_FIELDS, SEGMENT_FIELDS, CertificationKey, CertifiedRun, Segment
from golden.evaluation import CompiledPolicy, EvaluationFailed, rule_context
from golden.policy_check import MAX_WORK, check_logic
from golden.policy_text import PolicyInvalid, read_logic
from golden.registry_values import READ
from golden.rule_types import OPERATORS
from golden.vocabulary import VARIABLES, ValueType
from tests.proof import scaled

ENERGY = {"var": "run.oms.energy"}
BPIX = {"var": "lumisection.oms.bpix_ready"}
PIXEL = {"var": "lumisection.rr.tracker-pixel"}
NUMBER = {"var": "lumisection.lumisection_number"}
HLT_KEY = {"var": "run.oms.hlt_key"}
COMPONENTS = {"var": "run.oms.components"}


def _nested(depth):
    logic = {"==": [BPIX, True]}
    for _ in range(depth):
        logic = {"!": [logic]}
    return logic


@pytest.mark.parametrize(
    ("logic", "path", "message"),
    [
        ({"and": [{"==": [{"var": "run.oms.enrgy"}, 1]}]}, "$.and[0].==[0].var", "Did you mean run.oms.energy"),
        ({"==": [{"var": "run.run.oms.energy"}, 1]}, "$.==[0].var", "Did you mean run.oms.energy"),
        (
            {"and": [{"==": [{"var": "lumisection.rr.muon-muons"}, "GOOD"]}]},
            *("$.and[0].==[0].var", "Did you mean lumisection.rr.muon-muon"),
        ),
        ({"==": [{"var": "dataset.ecall_state"}, "OPEN"]}, "$.==[0].var", "Did you mean dataset.ecal_state"),
        ({"==": [{"var": "lumisection.oms.beam1_stable"}, True]}, "$", "Only one beam"),
        ({"nope": [1]}, "$.nope", "not allowed. Use one of =="),
        ({"log": "x"}, "$.log", "Remove it"),
        ({"method": ["a", "b"]}, "$.method", "only Run Registry has"),
        ({"and": []}, "$.and", "0 operands"),
        ({"==": [BPIX]}, "$.==", "1 operands instead of 2"),
        ({}, "$", "0 keys"),
        ({"==": [BPIX, {}]}, "$.==[1]", "0 keys"),
        ({"==": [1, 1], "!": [1]}, "$", "2 keys"),
        ([{"==": [1, 1]}], "$", "no rule"),
        (True, "$", "no rule"),
        ("abc", "$", "no rule"),
        (None, "$", "no rule"),
        ({"==": [1, 1]}, "$", "names no variable"),
        (ENERGY, "$", "The result is a number or null"),
        ({"cat": ["a", HLT_KEY]}, "$", "The result is a text"),
        ({"if": [BPIX, 1, 2]}, "$", "The result is a number"),
        ({"==": [{"merge": [[1], [2]]}, 2]}, "$.==", "A list is compared"),
        ({"==": [BPIX, False]}, "$.==", "Use === or !=="),
        ({"==": [ENERGY, 0]}, "$.==", "Use === or !=="),
        ({"==": [ENERGY, None]}, "$.==", "Use === or !=="),
        ({"!=": [HLT_KEY, ""]}, "$.!=", "Use === or !=="),
        ({"==": [PIXEL, 1]}, "$.==", "a text is compared with a number"),
        ({"<": [HLT_KEY, "x"]}, "$.<[0]", "Only numbers are compared by size"),
        ({">": [{"+": [ENERGY, 1]}, 2]}, "$.>[0].+[0]", "Give a default"),
        ({">": [{"/": [NUMBER, 0]}, 2]}, "$.>[0]./[1]", "The divisor can be 0"),
        ({">": [{"%": [1, NUMBER]}, 2]}, "$.>[0].%[1]", "The divisor can be 0"),
        ({"in": [PIXEL, [1, 2]]}, "$.in[0]", "Use one type"),
        ({"in": [PIXEL, ["GOOD", None]]}, "$.in[1]", "several types"),
        ({"in": [PIXEL, ENERGY]}, "$.in[1]", "Give a list"),
        ({"==": [{"var": {"cat": ["run.", "oms"]}}, 1]}, "$.==[0].var", "name of a variable is a text"),
        ({"==": [{"var": ""}, 1]}, "$.==[0].var", "no variable “”"),
        ({"some": [COMPONENTS, {"==": [ENERGY, 1]}]}, "$.some[1].==[0].var", 'only "" can be named'),
        ({"some": [PIXEL, True]}, "$.some[0]", "Give a list"),
        ({"some": [COMPONENTS, {"some": [[1], True]}]}, "$.some[1].some", "inside of another iteration"),
        ({"==": [{"reduce": [COMPONENTS, {"cat": ["a", "b"]}, "x"]}, "x"]}, "$.==[0].reduce[2]", "start of reduce"),
        ({"!": [{"missing": [PIXEL]}]}, "$.![0].missing", "names of variables"),
        ({"!": [{"missing": ["run.oms.nope"]}]}, "$.![0].missing[0]", "no variable"),
        ({"==": [{"var": ["run.oms.energy", "x"]}, 1]}, "$.==[0].var", "Use the same type"),
        ({">": [ENERGY, 10**400]}, "$.>[1]", "too large"),
        ({"==": [PIXEL, "a" * 301]}, "$.==[1]", "longer than 300"),
        ({"==": [PIXEL, "a\ud800"]}, "$.==[1]", "unprintable"),
        (_nested(60), None, "more than 50 levels"),
        ({"and": [{"==": [BPIX, True]}] * 200}, None, "more than 500 parts"),
        ({"and": [{"some": [COMPONENTS, {"in": [{"var": ""}, [str(n) for n in range(60)]]}]}] * 7}, None, "5000 steps"),
    ],
)
def test_refused_with_the_place_and_what_to_do(logic, path, message):
    with pytest.raises(PolicyInvalid) as refused:
        check_logic(logic)
    issues = refused.value.issues
    assert any(message in issue.message and path in (None, issue.path) for issue in issues), issues


def test_all_refusals_of_a_rule_are_given_at_once():
    with pytest.raises(PolicyInvalid) as refused:
        check_logic({"and": [{"nope": 1}, {"==": [BPIX, True]}, {"==": [{"var": "x"}, 1]}]})
    assert [issue.path for issue in refused.value.issues] == ["$.and[0].nope", "$.and[2].==[0].var"]


@pytest.mark.parametrize(
    "logic",
    [
        BPIX,
        {"===": [BPIX, False]},
        {"===": [BPIX, None]},
        {"==": [BPIX, 1]},
        {"!=": [PIXEL, "BAD"]},
        {"<=": [6000, ENERGY, 7000]},
        {"<=": [ENERGY, 7000]},
        {"in": ["physics", HLT_KEY]},
        {"in": [PIXEL, ["GOOD", "STANDBY"]]},
        {"in": ["PIXEL", COMPONENTS]},
        {">": [{"+": [{"var": ["run.oms.energy", 0]}, 1]}, 6000]},
        {"all": [COMPONENTS, {"!==": [{"var": ""}, "ZDC"]}]},
        {">": [{"reduce": [{"map": [COMPONENTS, 1]}, {"+": [{"var": "accumulator"}, {"var": "current"}]}, 0]}, 3]},
        {"and": [{"var": "lumisection.oms.beam1_stable"}, {"var": "lumisection.oms.beam2_stable"}]},
        {"===": [{"var": "lumisection.import.golden"}, True]},
        {"?:": [BPIX, {"==": [PIXEL, "GOOD"]}, False]},
    ],
)
def test_what_both_evaluators_know_is_accepted(logic):
    assert check_logic(logic) <= VARIABLES.keys()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "empty"),
        ("{", "not JSON"),
        ('{"a": NaN}', "NaN is no number"),
        ('{"a": 1, "a": 2}', "same key twice"),
        ("[" * 30_000, "more than 200 deep"),
        ('{"a": ' + "9" * 5000 + "}", "not JSON"),
        (" " * 60_000, "60000 characters"),
    ],
)
def test_text_that_is_no_usable_json_is_refused(text, message):
    with pytest.raises(PolicyInvalid, match=message):
        read_logic(text)


@pytest.mark.parametrize(
    ("logic", "label"),
    [
        ({"==": [BPIX, True]}, "BPIX on"),
        (BPIX, "BPIX on"),
        ({"!": [BPIX]}, "not BPIX on"),
        ({"===": [BPIX, False]}, "not BPIX on"),
        ({">=": [ENERGY, 6000]}, "energy ≥ 6000 GeV"),
        ({"<=": [6000, ENERGY]}, "energy ≥ 6000 GeV"),
        ({"==": [PIXEL, "GOOD"]}, "Pixel GOOD"),
        ({"!=": [PIXEL, "BAD"]}, "Pixel ≠ BAD"),
        ({"in": [PIXEL, ["GOOD", "STANDBY"]]}, "Pixel one of GOOD, STANDBY"),
        ({"===": [ENERGY, None]}, "energy = unknown"),
        ({"or": [BPIX, BPIX]}, '{"or": [{"var": "lumisection.oms.bpix_ready"}, {"var": "lumisection.oms.bpix_re…'),
    ],
)
def test_label_of_a_clause(logic, label):
    assert clause_label(logic) == label


def test_clauses_are_those_of_the_outermost_and():
    clauses = split_clauses({"and": [BPIX, {"and": [PIXEL, ENERGY]}]})
    assert clauses[0].label == "BPIX on"
    assert len(clauses) == 2
    assert len(split_clauses({"or": [BPIX, BPIX]})) == 1


class _Policies:
    """Random policies: rules of the vocabulary, also with operands that do not fit, and JSON without sense."""

    def __init__(self, seed):
        self.random = random.Random(seed)

    def policy(self):
        choice = self.random.random()
        if choice < 0.2:
            return self._anything(4)
        if choice < 0.5:
            return {"and": [self._clause() for _ in range(self.random.randint(1, 5))]}
        return {"and": [self._node(self.random.randint(1, 5)) for _ in range(self.random.randint(1, 6))]}

    def _clause(self, depth=3):
        """A clause that usually is accepted."""
        if depth and self.random.random() < 0.4:
            parts = [self._clause(depth - 1) for _ in range(3)]
            return self.random.choice([{"or": parts}, {"!": parts[:1]}, {"and": parts}, {"if": parts}])
        variable = self.random.choice(list(VARIABLES.values()))
        operator = self.random.choice(["===", "!==", "<=", ">", "in", "missing", "%"])
        named = {"var": variable.name}
        if variable.value_type == ValueType.NUMBER and operator in ("<=", ">"):
            return {operator: [named, self.random.choice([0, 13, 6000, ENERGY])]}
        if variable.value_type == ValueType.NUMBER and operator == "%":
            return {"===": [{"%": [{"+": [{"var": [variable.name, 1]}, 1]}, 2]}, 1]}
        if variable.value_type == ValueType.TEXTS:
            return {self.random.choice(["some", "all", "none"]): [named, {"in": [{"var": ""}, ["PIXEL"]]}]}
        if variable.value_type == ValueType.TEXT and operator == "in":
            return {"in": [named, ["GOOD", "/cdaq/physics"]]}
        if operator == "missing":
            return {"!": {"missing": [variable.name, "run.oms.era"]}}
        return {"===": [named, self.random.choice(["GOOD", True, False, None, 13])]}

    def _node(self, depth):
        if depth <= 0 or self.random.random() < 0.15:
            return self._leaf()
        operator = self.random.choice([*OPERATORS, "==", "in", "<=", "or", "if", "===", "log", "now", "throw"])
        operands = [self._node(depth - 1) for _ in range(self.random.randint(0, 4))]
        return {operator: operands if self.random.random() < 0.95 else self._leaf()}

    def _leaf(self):
        name = self.random.choice([*VARIABLES, "", "accumulator", "run.oms", "lumisection.rr.muon-muons"])
        literal = self.random.choice([None, True, False, 0, 1, -3.5, 6000, "GOOD", "", 10**18, "PIXEL"])
        items = self.random.choice([[], [1, 2, 3], ["GOOD", "BAD"], [[1], None]])
        return self.random.choice([{"var": name}, {"var": name}, literal, items, {"var": [name, literal]}])

    def _anything(self, depth):
        if depth == 0:
            return self._leaf()
        if self.random.random() < 0.5:
            return [self._anything(depth - 1) for _ in range(self.random.randint(0, 4))]
        keys = self.random.sample([*OPERATORS, "x", "", "\x00", "$"], self.random.randint(0, 3))
        return {key: self._anything(depth - 1) for key in keys}


_VALUES = {
    ValueType.BOOLEAN: [True, False, None],
    ValueType.NUMBER: [0, 6499.0, 3.8, 13, None],
    ValueType.TEXT: ["GOOD", "BAD", "", "/cdaq/physics", None],
    ValueType.TEXTS: [["PIXEL", "TRACKER"], [], None],
}


def _random_run(source):
    values = {name: source.choice(_VALUES[known.value_type]) for name, known in VARIABLES.items()}
    values |= {"run.run_number": 315257, "dataset.name": "/PromptReco/Collisions2018A/DQM"}
    of_registry = (READ, *(source.choice(_VALUES[VARIABLES[name].value_type]) for name in REGISTRY_FIELDS[1:]))
    segments = tuple(
        Segment(
            *(first, first + 2),
            (*(source.choice([True, False, None]) for _ in SEGMENT_FIELDS[:-4]), *flags, *of_registry),
        )
        for first, flags in [(1, ("GOOD", "BAD", "GOOD", None)), (4, ("EXCLUDED", "GOOD", "GOOD", True))]
    )
    key = CertificationKey(1, 1, 315257, "prompt", "")
    return CertifiedRun(key, values, segments, registry_read_at=datetime(2018, 5, 3, tzinfo=UTC))


def test_random_and_hostile_policies_are_refused_or_evaluated_within_bounds():
    source, policies, accepted = random.Random(5), _Policies(8), 0
    engine = Engine()
    for number in range(scaled(300, 5000)):
        logic = policies.policy()
        run = _random_run(source)
        try:
            policy = CompiledPolicy(logic)
        except PolicyInvalid as refused:
            assert all(issue.path.startswith("$") and issue.message for issue in refused.issues), logic
            continue
        accepted += 1
        try:
            outcomes = list(policy.outcomes(run))
        except EvaluationFailed as failed:
            raise AssertionError(f"{number}: {json.dumps(logic)}: {failed}") from failed
        assert outcomes[0].first == 1 and outcomes[-1].last == 6
        _check_against_the_whole_rule(engine, logic, run, outcomes)
    assert accepted > scaled(10, 200)


def _check_against_the_whole_rule(engine, logic, run, outcomes):
    """The clauses together give what the rule gives as a whole, in a bounded number of steps."""
    policy = CompiledPolicy(logic)
    for outcome, number in ((each, number) for each in outcomes for number in {each.first, each.last}):
        values = dict(run.values)
        for clause in policy.clause_values(run, number):
            values |= clause.values
        values["lumisection.lumisection_number"] = number
        result, steps = engine.eval_metered(logic, rule_context(values))
        assert steps <= 20 * MAX_WORK
        assert bool(json.loads(result)) is outcome.is_in, logic
