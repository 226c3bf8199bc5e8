"""Why a lumisection is in or out, by which clause and whose certification; what a certification is worth."""

from datetime import UTC, datetime

import pytest
from django.utils import timezone

from golden.differences import file_differences
from golden.evaluation import CompiledPolicy
from golden.generation import generate_file
from golden.policy_rules import PolicyRules
from golden.selectors import NOT_READ, UNDECIDED, certification_scope, lumi_in_ranges
from golden.tally import Tally
from golden.why import NO_CERTIFICATION, NO_ROW, explain_lumisection, explain_run, price_of
from tests.golden.stored import DATASET, ENERGY, LOGIC, certification, policy

pytestmark = pytest.mark.django_db
RULES = PolicyRules(LOGIC, DATASET)


def _explain(run, number, rules=RULES):
    return explain_lumisection(rules, timezone.now(), run, number)


def test_a_lumisection_that_is_in(shifter):
    certification(315300, user=shifter, comment="as usual")
    found = _explain(315300, 7)
    assert found.is_in and found.first_failing is None
    assert [(value.clause.label, value.holds) for value in found.clauses][:2] == [
        ("energy ≥ 6000 GeV", True),
        ("CMS active", True),
    ]
    assert found.clauses[0].values == {"run.oms.energy": 6499.0}
    assert (found.stretch.first, found.stretch.last, found.recorded.lumi) == (1, 100, 0.5)
    assert (found.run.certification.user, found.run.certification.comment) == (shifter, "as usual")
    assert found.sources["run.oms.energy"].text == "OMS"
    assert found.sources["run.oms.energy"].at == datetime(2018, 5, 3, 12, tzinfo=UTC)
    assert found.sources["lumisection.oms.bpix_ready"].at == found.run.read_at
    assert found.sources["lumisection.rr.tracker-strip"].text == "certification"


def test_a_lumisection_that_is_out_by_two_clauses_and_by_one():
    certification(315300, off=range(10, 21), strip_ranges=[[15, 30]])
    both = _explain(315300, 15)
    assert not both.is_in
    assert (both.first_failing.label, both.only_failing) == ("BPIX on", None)
    assert [(each.first, each.last) for each in both.run.stretches] == [(1, 9), (10, 14), (15, 20), (21, 30), (31, 100)]
    assert (both.stretch.recorded.lumi, [clause.label for clause in both.stretch.failing]) == (
        3.0,
        ["BPIX on", "Strip GOOD"],
    )
    assert _explain(315300, 10).only_failing.label == "BPIX on"
    assert _explain(315300, 30).only_failing.label == "Strip GOOD"


def test_typed_values_name_the_person():
    row = certification(315300)
    row.facts["typed"] = {"run": {"energy": {"by": "shifter1", "at": "2018-05-04T10:00:00+00:00"}}}
    row.save()
    source = _explain(315300, 1).sources["run.oms.energy"]
    assert (source.text, source.at) == ("typed by shifter1", datetime(2018, 5, 4, 10, tzinfo=UTC))


def test_reasons_without_a_clause():
    certification(315301, read=False)
    certification(315302, pixel="bad", run_type="unknown")
    certification(315303, last=50)
    assert _explain(315300, 1).reason == NO_CERTIFICATION
    assert _explain(315301, 1).reason == NOT_READ
    assert _explain(315302, 1).reason == UNDECIDED
    assert _explain(315303, 51).reason == NO_ROW
    assert not any(_explain(run, 51).is_in for run in (315300, 315301, 315302, 315303))


def test_every_lumisection_that_is_out_has_a_clause():
    certification(315300, off=range(10, 21), strip_ranges=[[15, 30]])
    certification(315301, facts={"energy": None})
    scope = certification_scope(timezone.now(), RULES.pattern, RULES.compiled.variables)
    for run in scope.certified_runs():
        for outcome in RULES.compiled.outcomes(run):
            assert outcome.is_in == (outcome.first_failing is None)
            values = RULES.compiled.clause_values(run, outcome.first)
            assert [value.clause.position for value in values if not value.holds] == list(outcome.failing)


def test_a_rule_by_lumisection_number():
    certification(315300)
    rules = PolicyRules({"and": [ENERGY, {">": [{"var": "lumisection.lumisection_number"}, 40]}]}, DATASET)
    assert [(each.first, each.last, each.is_in) for each in explain_run(rules, timezone.now(), 315300).stretches] == [
        (1, 40, False),
        (41, 100, True),
    ]
    assert _explain(315300, 40, rules).clauses[1].values == {"lumisection.lumisection_number": 40}


def test_price_is_the_difference_of_the_files():
    rows = [certification(315300 + number, off=range(10, 20 + number)) for number in range(3)]
    version, moment = policy(), timezone.now()
    whole = generate_file(version, moment).tally
    scope = certification_scope(moment, RULES.pattern, RULES.compiled.variables)
    without = Tally(CompiledPolicy(LOGIC)).add_all(scope.certified_runs(without=[rows[1].pk]))
    price = price_of(version.rules, moment, 315301, rows[1].pk)
    assert [price.difference] == file_differences(without.ranges, whole.ranges)
    assert price.recorded.lumi == pytest.approx(whole.inside.recorded.lumi - without.inside.recorded.lumi, abs=1e-6)
    assert price.recorded.lumi == pytest.approx(44.5)


def test_price_of_a_certification_that_changes_nothing():
    row = certification(315300, strip="bad")
    assert price_of(RULES, timezone.now(), 315300, row.pk).difference is None


def test_queries_of_an_explanation(django_assert_num_queries):
    certification(315300)
    moment = timezone.now()
    with django_assert_num_queries(10):
        explain_lumisection(RULES, moment, 315300, 1)


def test_luminosity_of_ranges_of_runs():
    certification(315300, last=20, inactive=(5,))
    found = lumi_in_ranges(timezone.now(), {315300: ((1, 10), (19, 20)), 315301: ((1, 5),)})
    assert (found[315300].lumi, found[315300].unknown) == (5.5, 0)
    assert found[315301].lumi == 0
    assert lumi_in_ranges(timezone.now(), {}) == {}
