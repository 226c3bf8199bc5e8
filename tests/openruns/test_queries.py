"""The number of statements of the page does not depend on the number of certifications."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from certify.models import RunReconstruction, TrackerCertification
from certify.models.choices import Reconstruction
from infrastructure.http.budget import Budget
from oms.models import OmsFill, OmsRun
from registry.client import datasets_of_runs
from tests.certify.page_form import GOOD
from tests.factories import CertificationFactory, ReconstructionFactory
from tests.openruns.open_runs_page import search
from tests.proof import scaled

FIRST_ELSEWHERE = 400_000


@pytest.fixture
def hundred_runs(stopped_clock, sandbox, settings) -> list[int]:
    """The hundred newest runs of the sandbox with a dataset to certify; a busy machine needs its time for them."""
    settings.READ_TIMEOUT_S = settings.PAGE_BUDGET_S = 60
    result = datasets_of_runs(range(315190, 316202), Budget(60))
    sandbox.clear()
    return sorted({dataset.run_number for dataset in result.value}, reverse=True)[:100]


def statements_of(client, runs: list[int]) -> int:
    with CaptureQueriesContext(connection) as queries:
        page = search(client, ",".join(map(str, runs)))
    assert (page.status, list(page.rows)) == (200, runs)
    return len(queries)


def certify_elsewhere(user, count: int) -> None:
    """Create certifications of other runs, with three statements."""
    reference = ReconstructionFactory(reference=True)
    numbers = range(FIRST_ELSEWHERE, FIRST_ELSEWHERE + count)
    OmsRun.objects.bulk_create(OmsRun(run_number=number) for number in numbers)
    reconstructions = RunReconstruction.objects.bulk_create(
        RunReconstruction(run_id=number, reconstruction=Reconstruction.EXPRESS) for number in numbers
    )
    template = CertificationFactory.build(
        runreconstruction=reconstructions[0], user=user, reference_runreconstruction=reference
    )
    TrackerCertification.objects.bulk_create(
        TrackerCertification(
            runreconstruction=row,
            user=user,
            reference_runreconstruction=reference,
            **GOOD,
            date=template.date,
        )
        for row in reconstructions
    )


def make_stale(runs: list[int]) -> None:
    """Make these runs and their fills outdated."""
    outdated = OmsRun.objects.filter(run_number__in=runs)
    OmsFill.objects.filter(pk__in=list(outdated.values_list("fill_number", flat=True))).update(fetched_at=None)
    outdated.update(fetched_at=None)


# Session, user, runs, fills; a transaction that locks and stores fills and runs; certifications; drafts;
# certifications of the last searches; stored lumisections, requests that wait; a transaction that leaves requests; the
# same of histograms, of which those that are read take one statement.
COLD, WARM = 23, 10


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("certifications", [100, scaled(1000, 10_000)])
def test_hundred_runs_need_the_same_statements_at_any_number_of_certifications(
    shifter, shifter_client, hundred_runs, certifications
):
    certify_elsewhere(shifter, certifications)
    assert statements_of(shifter_client, hundred_runs) == COLD
    for run in OmsRun.objects.filter(run_number__in=hundred_runs[:20]):
        CertificationFactory(run=run, user=shifter)
    assert statements_of(shifter_client, hundred_runs) == WARM


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("known", [100, 50], ids=["all known", "half known"])
def test_outdated_runs_need_no_more_statements(shifter_client, hundred_runs, known):
    statements_of(shifter_client, hundred_runs[:known])
    make_stale(hundred_runs[: known // 2])
    assert statements_of(shifter_client, hundred_runs) <= COLD
