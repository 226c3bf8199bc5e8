"""A certification of a dataset that is open in Run Registry, and sending switched on."""

from __future__ import annotations

import pytest

from tests.factories import CertificationFactory, DatasetFactory, RunFactory

RUN = 315322
DATASET = "/PromptReco/Collisions2018A/DQM"


@pytest.fixture(autouse=True)
def _is_on(settings):
    settings.REGISTRY_SYNC = "on"


@pytest.fixture
def certification(shifter, sandbox):
    return CertificationFactory(
        run=RunFactory(run_number=RUN),
        reconstruction="prompt",
        dataset=DatasetFactory(name=DATASET),
        user=shifter,
        lumisections=1364,
        strip_ranges=[[310, 330]],
        comment="holes in TIB",
    )


@pytest.fixture
def address(certification):
    return f"/list/{certification.pk}/registry/"


def write_requests(sandbox):
    """The requests that change something in Run Registry."""
    paths = ("edit_rr_lumisections", "move_dataset", "change_multiple_dataset_states")
    return [entry for entry in sandbox.requests("registry") if any(path in entry["path"] for path in paths)]
