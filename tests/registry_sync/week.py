"""Certifications of several datasets that are open in the sandbox's Run Registry."""

from __future__ import annotations

from certify.models import Dataset, TrackerCertification
from infrastructure.http.budget import Budget
from registry_sync.bulk_planning import BulkPlans, plan_many
from registry_sync.selectors import certifications_to_plan
from tests.factories import CertificationFactory, DatasetFactory, RunFactory
from tests.registry_sync.conftest import DATASET

# Run and its last lumisection. Pixel and Strip are GOOD or STANDBY there, Tracking NOTSET.
LUMISECTIONS = {315257: 96, 315258: 21, 315264: 272, 315265: 63, 315266: 42, 315267: 253, 315268: 18, 315270: 663}
RUNS = list(LUMISECTIONS)


def certify_runs(*numbers: int, **values) -> list[TrackerCertification]:
    """A good prompt certification of each run."""
    dataset = Dataset.objects.filter(name=DATASET).first() or DatasetFactory(name=DATASET)
    return [
        CertificationFactory(
            run=RunFactory(run_number=number),
            reconstruction="prompt",
            dataset=dataset,
            lumisections=LUMISECTIONS.get(number, 100),
            **values,
        )
        for number in numbers
    ]


def plans_of_all(budget: Budget | None = None, **since) -> BulkPlans:
    """The plans of all certifications, newest run first."""
    wanted = certifications_to_plan(all_certifications(), 1000)
    return plan_many(wanted.rows, wanted.with_question, budget or Budget(60), **since)


def all_certifications():
    return TrackerCertification.objects.with_names().order_by("-runreconstruction__run_id")
