"""The factories create valid rows, and the user fixtures have the roles of their names."""

import pytest

from certify.models.choices import Verdict
from oms.choices import RunType
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory

pytestmark = pytest.mark.django_db


def test_certification_has_the_facts_of_its_run():
    certification = CertificationFactory()
    run = certification.runreconstruction.run
    assert (certification.run_type, certification.lumisections, certification.recorded_lumi) == (
        run.run_type,
        run.lumisections,
        run.recorded_lumi,
    )
    assert certification.verdict == Verdict.GOOD


def test_certification_takes_a_run_and_a_reconstruction():
    run = RunFactory(cosmics=True)
    certification = CertificationFactory(run=run, reconstruction="prompt")
    assert (certification.run_number, certification.reconstruction, certification.run_type) == (
        run.pk,
        "prompt",
        RunType.COSMICS,
    )


def test_reconstruction_is_created_once_per_run():
    run = RunFactory()
    assert ReconstructionFactory(run=run) == ReconstructionFactory(run=run)


def test_withdrawn_certification_allows_a_live_certification():
    withdrawn = CertificationFactory(withdrawn=True)
    live = CertificationFactory(run=withdrawn.runreconstruction.run)
    assert live.runreconstruction == withdrawn.runreconstruction


def test_bare_run_has_no_facts():
    run = RunFactory(bare=True)
    assert (run.run_type, run.lumisections, run.fill) == (RunType.UNKNOWN, None, None)


def test_user_fixtures_have_the_roles_of_their_names(guest, shifter, other_shifter, shift_leader, expert, admin):
    may_certify = [person.may_certify for person in (guest, shifter, other_shifter, shift_leader, expert, admin)]
    assert may_certify == [False, True, True, True, True, True]
