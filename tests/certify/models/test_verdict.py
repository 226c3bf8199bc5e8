"""The verdict as a pure function and in SQL: equal for every combination, and according to the rules."""

from itertools import product
from types import SimpleNamespace

import pytest

from certify.models import TrackerCertification
from certify.models.choices import Flag, Verdict
from certify.models.components import Component, ComponentFlag, component_flags_of, flag_columns
from certify.models.verdict import verdict
from oms.choices import RunType
from tests.factories import CertificationFactory, ReconstructionFactory, UserFactory

COMBINATIONS = list(product(RunType.values, product(Flag.values, repeat=3), product([False, True], repeat=3)))


def _columns(run_type, flags, ticks):
    names = ("pixel", "strip", "tracking")
    return {
        "run_type": run_type,
        **flag_columns(ComponentFlag(component, Flag.GOOD, lowstat=False) for component in Component),
        **dict(zip(names, flags, strict=True)),
        **{f"{name}_lowstat": tick for name, tick in zip(names, ticks, strict=True)},
    }


def _verdict(run_type, flags, ticks):
    return verdict(run_type, component_flags_of(SimpleNamespace(**_columns(run_type, flags, ticks))))


def test_sql_verdict_equals_the_python_verdict_for_every_combination(db):
    """3 run types x 27 flags x 8 ticks = 648 rows, each judged by Python and by the database."""
    user, reference = UserFactory(), ReconstructionFactory(reference=True)
    template = CertificationFactory(user=user, reference_runreconstruction=reference)
    CertificationFactory._meta.model.objects.all().delete()
    rows = [
        CertificationFactory.build(
            runreconstruction=template.runreconstruction,
            user=user,
            dataset=template.dataset,
            reference_runreconstruction=reference,
            state="withdrawn",
            withdrawn_by=user,
            withdrawn_at=template.created_at,
            withdrawn_reason="many of one run",
            **_columns(*combination),
        )
        for combination in COMBINATIONS
    ]
    TrackerCertification.objects.bulk_create(rows)
    judged = list(TrackerCertification.objects.order_by("pk"))
    assert len(judged) == 648
    assert [row.verdict_word for row in judged] == [row.verdict.value for row in judged]
    assert {row.verdict_word for row in judged} == set(Verdict.values)


@pytest.mark.parametrize(
    ("run_type", "flags", "ticks", "expected"),
    [
        ("collisions", ("good", "good", "good"), (False, False, False), Verdict.GOOD),
        ("collisions", ("bad", "good", "good"), (False, False, False), Verdict.BAD),
        ("collisions", ("excluded", "good", "good"), (False, False, False), Verdict.BAD),
        ("collisions", ("bad", "good", "good"), (True, False, False), Verdict.GOOD),
        ("cosmics", ("bad", "good", "good"), (False, False, False), Verdict.GOOD),
        ("cosmics", ("good", "excluded", "good"), (False, False, False), Verdict.BAD),
        ("cosmics", ("good", "good", "bad"), (False, False, True), Verdict.GOOD),
        ("unknown", ("good", "good", "good"), (False, False, False), Verdict.GOOD),
        ("unknown", ("bad", "good", "good"), (False, False, False), Verdict.UNDECIDED),
        ("unknown", ("good", "bad", "good"), (False, False, False), Verdict.BAD),
    ],
)
def test_verdict_follows_the_rules(run_type, flags, ticks, expected):
    assert _verdict(run_type, flags, ticks) == expected


# The 26 certifications of a summary report with their verdicts (* = low statistics), from the acceptance tests of the
# tool in use today.
REPORT = """
300000 cosmics good bad* bad bad
300001 collisions bad excluded excluded bad
300002 collisions good excluded bad bad
300003 cosmics excluded* bad* good good
300004 cosmics excluded bad bad bad
300005 collisions good excluded bad bad
300006 collisions excluded excluded bad bad
300007 cosmics excluded* bad* bad* good
300008 cosmics excluded* bad good bad
300009 cosmics good* good bad* good
300010 collisions excluded bad excluded bad
300011 collisions excluded good* bad bad
300012 cosmics bad bad bad bad
300013 collisions good excluded* excluded bad
300014 collisions excluded good excluded bad
300015 collisions bad* good* bad* good
300016 collisions excluded good bad bad
300017 cosmics excluded good bad bad
300018 collisions excluded good* bad bad
300019 collisions excluded good excluded bad
300020 collisions excluded excluded* bad bad
300021 cosmics good bad excluded bad
300022 collisions excluded excluded bad* bad
300023 cosmics good good bad bad
300024 cosmics good* excluded* excluded bad
300025 collisions good excluded good* bad
"""


@pytest.mark.parametrize("line", REPORT.strip().splitlines(), ids=lambda line: line.split()[0])
def test_verdicts_of_a_real_report(line):
    _run, run_type, *flags, expected = line.split()
    ticks = [flag.endswith("*") for flag in flags]
    assert _verdict(run_type, [flag.rstrip("*") for flag in flags], ticks) == expected
