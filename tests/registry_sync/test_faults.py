"""Each fault of Run Registry at each request of a sending: no receipt is wrong, and each write is done once."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import transaction

from infrastructure.http import client
from infrastructure.http.budget import Budget
from registry.dataset_status import fetch_dataset_status
from registry.flag_history import fetch_manual_changes
from registry_sync.actions import confirm_plan
from registry_sync.choices import UNFINISHED, WRITTEN, WriteState
from registry_sync.models import RegistryWrite
from registry_sync.planning import make_plan
from registry_sync.sender import send_confirmed
from sandbox.faults import ALL_MODES
from tests.proof import IS_FULL
from tests.registry_sync.steps import KEY, confirmed

pytestmark = pytest.mark.django_db
# Two edits and a move: state and flags (two requests) before and after each and once before all, the writes, and the
# history after each edit; the token is fetched from another service.
REQUESTS = 19
AT_ONCE = timedelta(0)
MAX_ROUNDS = 6


class FaultAt:
    """Sets the fault right before a request to Run Registry, counted from 1; the others meet none."""

    def __init__(self, monkeypatch, sandbox, mode: str, position: int) -> None:
        self.sandbox, self.mode, self.position, self.number = sandbox, mode, position, 0
        self._lock, self._fetch = threading.Lock(), client._fetch_before_deadline
        monkeypatch.setattr(client, "_fetch_before_deadline", self)

    def __call__(self, call, budget):
        if (call.source or call.service) == "registry":
            with self._lock:
                self.number += 1
                if self.number == self.position:
                    self.sandbox.faults("registry", self.mode, seconds=300, count=1)
        return self._fetch(call, budget)


def end_faults(sandbox, settings, monkeypatch):
    """Clear the faults, and wait until Run Registry has done what it was sent before."""
    monkeypatch.undo()
    sandbox.clear_faults()
    while any(entry["seconds"] is None for entry in sandbox.requests("registry")):
        time.sleep(0.01)
    settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = 20
    cache.clear()


def check_receipts():
    """What is called done is in Run Registry once, and what is called not done is not there."""
    changes = fetch_manual_changes(KEY, Budget(60))
    for write in RegistryWrite.objects.exclude(component="").select_related("sending"):
        own = [
            change.version
            for change in changes
            if (change.component, change.first, change.last) == (write.component, write.first, write.last)
            and change.triplet == write.triplet
        ]
        if write.registry_version:
            assert own == [write.registry_version]
            assert write.state in (*WRITTEN, WriteState.SENDING, WriteState.UNKNOWN, WriteState.CONFLICT)
        elif write.state not in (WriteState.SENDING, WriteState.UNKNOWN):
            assert own == []
    state = fetch_dataset_status(KEY, Budget(60)).value.state
    for move in RegistryWrite.objects.filter(component=""):
        assert move.state not in (WriteState.DONE, WriteState.WAS_SO) or state == "SIGNOFF"


def finish(certification, shift_leader):
    """Send until nothing is open; what was refused is planned and confirmed again."""
    for _ in range(MAX_ROUNDS):
        send_confirmed(Budget(60), resend_after=AT_ONCE)
        if RegistryWrite.objects.filter(state__in=UNFINISHED).exists():
            continue
        plan = make_plan(certification, Budget(60))
        if plan.is_empty:
            return
        confirm_plan(shift_leader, plan)
    raise AssertionError(list(RegistryWrite.objects.values_list("state", "answer")))


@pytest.mark.parametrize("mode", ALL_MODES)
def test_fault_at_each_request(certification, shift_leader, sandbox, settings, monkeypatch, mode):
    # In `make test` each mode meets every ninth request, other modes other ones.
    offset = list(ALL_MODES).index(mode) % 9
    positions = range(1, REQUESTS + 1) if IS_FULL else range(1 + offset, REQUESTS + 1, 9)
    for position in positions:
        with transaction.atomic():
            sandbox.clear()
            cache.clear()
            confirmed(certification, shift_leader)
            settings.READ_TIMEOUT_S = settings.CONNECT_TIMEOUT_S = 1
            with monkeypatch.context() as patched:
                FaultAt(patched, sandbox, mode, position)
                send_confirmed(Budget(60), resend_after=AT_ONCE)
                end_faults(sandbox, settings, patched)
            check_receipts()
            finish(certification, shift_leader)
            changes = {change.version: change for change in fetch_manual_changes(KEY, Budget(60))}
            written = RegistryWrite.objects.exclude(registry_version=None)
            assert sorted(write.registry_version for write in written) == list(changes), position
            assert [change[1:4] for change in changes.values()] == [("strip", 310, 330), ("tracking", 1, 1364)]
            assert fetch_dataset_status(KEY, Budget(60)).value.state == "SIGNOFF"
            transaction.set_rollback(True)


def test_number_of_requests_of_a_sending(certification, shift_leader, sandbox):
    """So that the faults above meet all of them."""
    confirmed(certification, shift_leader)
    sandbox.clear_requests()
    send_confirmed(Budget(60))
    assert len(sandbox.requests("registry")) == REQUESTS
