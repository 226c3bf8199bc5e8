"""What a changed policy would gain and lose: the same as what is different in the files afterwards."""

import random
from datetime import UTC, datetime

import pytest
from django.utils import timezone

from golden.choices import StaleRule
from golden.contexts import SEGMENT_FIELDS, CertificationKey, CertifiedRun, Segment
from golden.differences import file_differences
from golden.generation import generate_file
from golden.policy_rules import PolicyRules
from golden.preview import NO_LUMISECTION, preview
from golden.selectors import DatasetsOverlap
from oms.models import OmsRun
from tests.factories import CertificationFactory, DatasetFactory, ReconstructionFactory
from tests.golden.stored import ACTIVE, BPIX, DATASET, ENERGY, FLAGS, LOGIC, certification, policy

pytestmark = pytest.mark.django_db
OTHER = "/ReReco/Run2018A/DQM"


@pytest.fixture
def rows(db):
    """Runs that lose lumisections to several clauses, one of another dataset."""
    source = random.Random(4)
    for number in range(12):
        off, ranges = range(source.randint(1, 30), 31), [[25, source.randint(25, 60)]]
        certification(315300 + number, last=60, off=off, strip_ranges=ranges, facts={"era": f"2018{'AB'[number % 2]}"})
    certification(315320, last=60, dataset=DatasetFactory(name=OTHER), reconstruction="rereco")


@pytest.mark.parametrize(
    "after",
    [
        PolicyRules({"and": [ENERGY, *FLAGS]}, DATASET),
        PolicyRules({"and": [*LOGIC["and"], {">": [{"var": "lumisection.lumisection_number"}, 5]}]}, DATASET),
        PolicyRules({"or": [BPIX, *FLAGS]}, DATASET),
        PolicyRules(LOGIC, "/(PromptReco|ReReco)/%"),
        PolicyRules({"and": [BPIX, ENERGY]}, OTHER),
        PolicyRules(LOGIC, DATASET, stale=StaleRule.LEFT_OUT),
    ],
)
def test_preview_is_what_changes_when_it_is_applied(rows, after):
    version = policy()
    moment = timezone.now()
    shown = preview(version.rules, after, moment)
    before = generate_file(version, moment)
    applied = generate_file(policy(after.logic, pattern=after.dataset_pattern, stale=after.stale), moment)
    differences = file_differences(before.tally.ranges, applied.tally.ranges)
    assert [change.difference for change in shown.changes] == differences
    balance = shown.total.gained.count - shown.total.lost.count
    assert balance == applied.tally.inside.count - before.tally.inside.count
    lumi = shown.total.gained.recorded.lumi - shown.total.lost.recorded.lumi
    assert lumi == pytest.approx(applied.tally.inside.recorded.lumi - before.tally.inside.recorded.lumi, abs=1e-6)
    for sums in (shown.by_clauses, shown.by_era):
        assert sum(each.gained.count - each.lost.count for each in sums.values()) == balance


def test_lumisections_that_only_the_other_certification_of_a_run_has_are_counted(clock):
    certification(315300, last=60)
    ranges = {"golden": [[11, 80]], "detector_on": [[11, 80]]}
    reconstruction = ReconstructionFactory(run=OmsRun.objects.get(pk=315300), reconstruction="rereco")
    CertificationFactory(runreconstruction=reconstruction, dataset=DatasetFactory(name=OTHER), facts={"import": ranges})
    shown = preview(PolicyRules({"and": FLAGS}, DATASET), PolicyRules({"and": FLAGS}, OTHER), timezone.now())
    (change,) = shown.changes
    assert (change.difference.gained, change.difference.lost) == (((61, 80),), ((1, 10),))
    assert change.reasons == (NO_LUMISECTION,)
    for each in (shown.total, *shown.by_era.values(), *shown.by_clauses.values()):
        assert (each.gained.count, each.lost.count, each.lost.recorded.lumi) == (20, 10, 5.0)


def test_preview_names_clauses_and_eras(rows):
    shown = preview(policy().rules, PolicyRules({"and": [ENERGY, ACTIVE, *FLAGS]}, DATASET), timezone.now())
    assert "BPIX on" in shown.by_clauses
    assert {*shown.by_era} == {"2018A", "2018B"}
    assert {reason for change in shown.changes for reason in change.reasons} <= {"BPIX on", "BPIX on + Strip GOOD"}
    assert not shown.runs_lost and shown.certifications == 12


def test_preview_refuses_what_a_file_refuses(rows):
    certification_of_315300 = DatasetFactory(name="/PromptReco/Collisions2018A_2/DQM")
    from certify.models import RunReconstruction
    from tests.factories import CertificationFactory

    run = RunReconstruction.objects.get(run_id=315300).run
    CertificationFactory(run=run, reconstruction="express", dataset=certification_of_315300)
    with pytest.raises(DatasetsOverlap, match="run 315300"):
        preview(policy().rules, PolicyRules(LOGIC, "%"), timezone.now())


def test_queries_of_a_preview(rows, django_assert_num_queries):
    version, moment = policy(), timezone.now()
    with django_assert_num_queries(6):
        preview(version.rules, PolicyRules({"and": [BPIX, ENERGY]}, DATASET), moment)
    with django_assert_num_queries(12):
        preview(version.rules, PolicyRules(LOGIC, OTHER), moment)


def test_each_clause_is_evaluated_once_for_each_combination_of_its_values():
    """10,000 reconstructions cost few evaluations, whatever their number."""
    rules = PolicyRules(LOGIC, DATASET)
    flags = (True,) * (len(SEGMENT_FIELDS) - 4) + ("GOOD", "GOOD", "GOOD", None)
    segments = tuple(Segment(first, first + 9, flags) for first in range(1, 100, 10))
    evaluated = []
    for clause in rules.compiled._compiled:
        rule = clause._rule
        clause._rule = type(
            "Counted", (), {"evaluate": lambda _, context, rule=rule: evaluated.append(1) or rule.evaluate(context)}
        )()
    for number in range(200):
        key = CertificationKey(number, 1, 300000 + number, "prompt", DATASET)
        run = CertifiedRun(key, {"run.oms.energy": 6499.0 + number % 3}, segments, read_at=datetime.now(UTC))
        assert all(outcome.is_in for outcome in rules.compiled.outcomes(run))
    assert len(evaluated) == 3 + len(LOGIC["and"]) - 1
