"""The comparison with Run Registry by lumisection over HTTP: real flags, requests, damage, changes, statements."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from certify.ranges.models import LumisectionRequest
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import FRESH_FOR, leave_requests
from infrastructure.http.budget import Budget
from registry.models import StoredFlagRanges
from tests.factories import CertificationFactory, DatasetFactory, RunFactory

pytestmark = pytest.mark.django_db
URL = "/shiftleader/part/comparison/?week=2018-W22"  # the day of the factory is in it
# In the sandbox its tracks are bad outside of the golden lumisections.
RUN, RERECO, LAST = 315270, "/ReReco/Run2018A_17Sep2018/DQM", 655


def certify(number=RUN, dataset=RERECO, **ranges):
    run = RunFactory(run_number=number, lumisections=LAST)
    return CertificationFactory(run=run, reconstruction="rereco", dataset=DatasetFactory(name=dataset), **ranges)


def read_flags():
    leave_requests([(RUN, RERECO)])
    assert read_requested_lumisections(Budget(20)).problems == []
    return StoredFlagRanges.objects.get()


def golden_gaps():
    """The lumisections that are bad in Run Registry, up to the last one of the run."""
    ranges = read_flags().ranges["tracking"]
    return [[first, min(last, LAST)] for first, last, status in ranges if status == "BAD" and first <= LAST]


def requests():
    return list(LumisectionRequest.objects.values_list("run_number", "registry_name"))


@pytest.fixture
def ask(sandbox, shift_leader_client):
    """The text of the part, and {run: outcome} of the rows."""

    def get(query=""):
        answer = shift_leader_client.get(f"{URL}{query}", headers={"HX-Request": "true"})
        assert answer.status_code == 200
        rows = re.findall(r'<tr data-run="(\d+)" data-reco="rereco" data-outcome="([\w-]+)"', answer.text)
        return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split()), {int(run): outcome for run, outcome in rows}

    return get


def test_ranges_that_are_not_read_are_named_and_requested_once(ask, sandbox):
    certify(tracking_ranges=[[1, 10]])
    for _ in range(2):
        text, rows = ask()
        assert rows == {RUN: "not-compared"}
        assert "1-10 out, there mixed, 30 of 663 bad; its lumisections are not read yet" in text
        assert "lumisections of 1 dataset are being read." in text
    assert requests() == [(RUN, RERECO)]
    assert [entry for entry in sandbox.requests("registry") if "lumisections" in entry["path"]] == []


def test_same_lumisections_are_equal(ask):
    certify(tracking_ranges=golden_gaps())
    text, rows = ask()
    assert (rows, requests()) == ({}, [])
    assert "1 equal" in text and "0 mixed" in text


def test_lumisections_that_differ_are_named(ask, shift_leader_client):
    gaps = golden_gaps()
    first, last = gaps[0]
    certify(tracking_ranges=[[first - 3, last], *gaps[1:]])
    text, rows = ask()
    assert rows == {RUN: "different"}
    assert f"there mixed, 30 of 663 bad; differs in {first - 3}-{first - 1}" in text
    html = shift_leader_client.get(URL, headers={"HX-Request": "true"}).text
    assert re.findall(r'class="pair is-different" data-label="(\w+)"', html) == ["tracking"]


def test_lumisections_left_standby_are_equal_and_shown(ask):
    certify(tracking_ranges=golden_gaps())
    stored = StoredFlagRanges.objects.get()
    ranges = [
        [first, last, "STANDBY" if status == "GOOD" else status] for first, last, status in stored.ranges["tracking"]
    ]
    StoredFlagRanges.objects.update(ranges=stored.ranges | {"tracking": ranges})
    text, rows = ask()
    assert rows == {RUN: "equal"}
    assert "mixed, 30 of 663 bad; equal; left standby in" in text


def test_damaged_ranges_are_named_and_used_for_nothing(ask):
    certify(tracking_ranges=golden_gaps())
    StoredFlagRanges.objects.update(ranges={}, damage="Run Registry's ranges of this dataset are damaged: a gap.")
    text, rows = ask()
    assert (rows, requests()) == ({RUN: "not-compared"}, [])
    assert "30 of 663 bad; Run Registry&#x27;s ranges of this dataset are damaged: a gap" in text
    assert "are being read" not in text


@pytest.mark.parametrize(("age", "is_requested"), [(FRESH_FOR / 2, False), (FRESH_FOR * 2, True)])
def test_damaged_ranges_are_read_again_in_case_they_were_repaired(ask, age, is_requested):
    certify(tracking_ranges=golden_gaps())
    StoredFlagRanges.objects.update(ranges={}, damage="Damaged.", read_at=timezone.now() - age)
    assert "changed in Run Registry" not in ask()[0]
    assert requests() == [(RUN, RERECO)] * is_requested
    read_requested_lumisections(Budget(20))
    assert ask()[1] == ({} if is_requested else {RUN: "not-compared"})


@pytest.mark.parametrize(("age", "is_requested"), [(FRESH_FOR / 2, False), (FRESH_FOR * 2, True)])
def test_ranges_that_changed_since_are_read_again(ask, age, is_requested):
    certify(tracking_ranges=golden_gaps())
    StoredFlagRanges.objects.update(ranges={"tracking": [[1, 663, "GOOD"]]}, read_at=timezone.now() - age)
    text, rows = ask()
    assert rows == {RUN: "different"}
    assert ("1 dataset has changed in Run Registry" in text, requests() == [(RUN, RERECO)]) == (is_requested,) * 2


def test_ranges_that_are_old_and_unchanged_are_not_read_again(ask):
    certify(tracking_ranges=golden_gaps())
    StoredFlagRanges.objects.update(read_at=timezone.now() - timedelta(days=30))
    assert "1 equal" in ask()[0]
    assert requests() == []


@pytest.mark.parametrize("size", [3, 30])
def test_ranges_cost_four_statements_however_many(ask, django_assert_num_queries, size):
    """Session, user, rows, certified reconstructions; what was sent and is stored, waiting requests, the last write."""
    for number in range(RUN, RUN + size):
        certify(number, tracking_ranges=[[1, 10]])
    ask()
    with django_assert_num_queries(10) as captured:
        ask()
    assert all(query["sql"].startswith("SELECT") for query in captured.captured_queries)
