"""What is confirmed is written to Run Registry once, read back, and has a receipt: over HTTP to the sandbox."""

from __future__ import annotations

from datetime import timedelta

import pytest

from infrastructure.http.budget import Budget
from registry.dataset_status import fetch_dataset_status
from registry.writes import DatasetKey
from registry_sync.choices import WriteState
from registry_sync.planning import confirm_plan, make_plan
from registry_sync.sender import send_confirmed
from tests.factories import CertificationFactory, DatasetFactory, RunFactory

pytestmark = pytest.mark.django_db
RUN = 315322
DATASET = "/PromptReco/Collisions2018A/DQM"


@pytest.fixture(autouse=True)
def _on(settings, sandbox):
    settings.REGISTRY_SYNC = "on"


@pytest.fixture
def certification(shifter):
    return CertificationFactory(
        run=RunFactory(run_number=RUN),
        reconstruction="prompt",
        dataset=DatasetFactory(name=DATASET),
        user=shifter,
        lumisections=1364,
        strip_ranges=[[310, 330]],
        comment="holes in TIB",
    )


def states(sending):
    return [(write.component, write.lumisections, write.state) for write in sending.writes.all()]


def test_certification_is_written_signed_off_and_equal_afterwards(certification, shift_leader, sandbox):
    plan = make_plan(certification, Budget(60))
    assert plan.refusals == ()
    sending = confirm_plan(shift_leader, plan)
    assert send_confirmed(Budget(60)).stopped == ""
    print(states(sending), [w.answer for w in sending.writes.all()])
    assert {write.state for write in sending.writes.all()} == {WriteState.DONE}
    status = fetch_dataset_status(DatasetKey(RUN, DATASET), Budget(60)).value
    assert status.state == "SIGNOFF"
    again = make_plan(certification, Budget(60))
    assert again.is_empty, (again.edits, again.state_to)
