"""Every fault of DIALS: the command ends, names what failed, keeps what is stored, and reads the rest later."""

from __future__ import annotations

import datetime as dt
from io import StringIO

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from certify.evidence.models import EvidenceRequest
from certify.evidence.requests import leave_evidence_requests
from certify.evidence.states import EvidenceState, stored_evidence
from dials.elements import ELEMENTS
from dials.models import HistogramReading, HistogramSummary
from dials.reading import read_histograms
from sandbox.faults import MODES
from tests.faults.timeouts import set_timeouts
from tests.proof import IS_FULL

pytestmark = pytest.mark.django_db
RUN = (315264, "/PromptReco/Collisions2018A/DQM")
REFUSED, FORMAT = (
    {"401", "403", "redirect"},
    {"login-page", "empty", "truncated", "wrong-shape", "bad-values", "not-found"},
)
# Where the fault meets the reading: its first request, the lumisections, the histograms.
PLACES = (None, "lumisection", "th1")
SAMPLE = [("refuse", None), ("hang", "th1"), ("403", None), ("truncated", "th1"), ("bad-values", None)]
# Rows of lumisections have no value that `bad-values` spoils.
ALL = [(mode, place) for mode in MODES for place in PLACES if (mode, place) != ("bad-values", "lumisection")]
CELLS = ALL if IS_FULL else SAMPLE
LATER = dt.timedelta(minutes=2)


def command(seconds) -> tuple[str, str]:
    out, err = StringIO(), StringIO()
    call_command("read_evidence", seconds=seconds, stdout=out, stderr=err)
    return out.getvalue(), err.getvalue()


def expected_state(mode: str) -> str:
    if mode in REFUSED:
        return EvidenceState.REFUSED
    return EvidenceState.UNKNOWN_FORMAT if mode in FORMAT else EvidenceState.OUT


@pytest.mark.parametrize(("mode", "place"), CELLS)
def test_fault_is_named_and_the_run_is_read_later(sandbox, settings, monkeypatch, mode, place):
    monkeypatch.setattr(read_histograms, "__defaults__", (ELEMENTS[:2],))
    timeouts = set_timeouts(settings, mode)
    leave_evidence_requests([RUN])
    sandbox.faults("dials", mode, path=place)
    out, err = command(timeouts.budget * 3)
    if mode == "not-found" and place != "lumisection":
        _check_empty_answers(place, out)
        return
    assert out == "0 read, 1 failed.\n"
    assert err.startswith(f"{RUN[0]} {RUN[1]}: DIALS ")
    stored = stored_evidence(*RUN)
    assert (stored.state, stored.problem in err) == (expected_state(mode), True)
    sandbox.clear()
    assert command(60) == ("0 read, 0 failed.\n", "")  # not due yet
    with time_machine.travel(timezone.now() + LATER, tick=True):
        assert command(60) == ("1 read, 0 failed.\n", "")
    assert not EvidenceRequest.objects.exists()
    assert [len(summary.run_sum().numbers) for summary in HistogramSummary.objects.all()] == [157, 157]


def _check_empty_answers(place: str | None, out: str) -> None:
    """The answers of a DIALS that does not have it: the run, or an element."""
    assert out == "1 read, 0 failed.\n"
    if place is None:
        assert stored_evidence(*RUN).state == EvidenceState.ABSENT
    else:
        assert HistogramReading.objects.get().missing == [ELEMENTS[1]]
