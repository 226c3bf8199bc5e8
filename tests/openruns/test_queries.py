"""The page costs the same few queries however many certifications there are."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certify.choices import Reconstruction
from certify.models import RunReconstruction, TrackerCertification
from oms.models import OmsRun
from registry.client import datasets_of_runs
from remote.budget import Budget
from tests.factories import CertificationFactory, ReconstructionFactory
from tests.openruns.open_runs_page import search

FIRST_ELSEWHERE = 400_000


@pytest.fixture
def hundred_runs(sandbox) -> list[int]:
    """The hundred newest runs of the sandbox's world that have something to certify."""
    answer = datasets_of_runs(range(315190, 316202), Budget(30))
    sandbox.clear()
    return sorted({dataset.run_number for dataset in answer.value}, reverse=True)[:100]


def queries_of(client, runs: list[int]) -> int:
    with CaptureQueriesContext(connection) as seen:
        page = search(client, ",".join(map(str, runs)))
    assert (page.status, list(page.rows)) == (200, runs)
    return sum(not query["sql"].startswith(("SAVEPOINT", "RELEASE")) for query in seen.captured_queries)


def certify_elsewhere(user, count: int) -> None:
    """Certifications of runs that are not searched for, in three statements."""
    reference = ReconstructionFactory(reference=True)
    numbers = range(FIRST_ELSEWHERE, FIRST_ELSEWHERE + count)
    OmsRun.objects.bulk_create(OmsRun(run_number=number) for number in numbers)
    made = RunReconstruction.objects.bulk_create(
        RunReconstruction(run_id=number, reconstruction=Reconstruction.EXPRESS) for number in numbers
    )
    one = CertificationFactory.build(runreconstruction=made[0], user=user, reference_runreconstruction=reference)
    TrackerCertification.objects.bulk_create(
        TrackerCertification(
            runreconstruction=row,
            user=user,
            reference_runreconstruction=reference,
            pixel="good",
            strip="good",
            tracking="good",
            trackermap="exists",
            date=one.date,
        )
        for row in made
    )


@pytest.mark.parametrize("certifications", [100, 10_000])
def test_a_hundred_runs_cost_the_same_queries_at_any_number_of_certifications(
    shifter, shifter_client, hundred_runs, certifications
):
    certify_elsewhere(shifter, certifications)
    # Session, person, certifications; runs and fills read, locked and stored; the search kept in the session.
    first_time = queries_of(shifter_client, hundred_runs)
    for run in OmsRun.objects.filter(run_number__in=hundred_runs[:20]):
        CertificationFactory(run=run, user=shifter)
    assert first_time == 10
    assert queries_of(shifter_client, hundred_runs) == 4
