"""What was sent is equal in every comparison, also where Run Registry has lumisections that OMS does not have."""

from __future__ import annotations

import re

import pytest

from certify.models import TrackerCertification
from certify.ranges.models import LumisectionRequest
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import leave_requests
from infrastructure.http.budget import Budget
from registry.flag_ranges import FlagTriplet
from registry.models import StoredFlagRanges
from registry.writes import DatasetKey, FlagEdit, send_flag_edit
from registry_sync.models import Sending
from registry_sync.pull import pull_changes
from registry_sync.sender import send_confirmed
from tests.factories import CertificationFactory, DatasetFactory, RunFactory
from tests.registry_sync.conftest import DATASET
from tests.registry_sync.steps import confirm_on_page

pytestmark = pytest.mark.django_db
EXPRESS = "/Express/Collisions2018/DQM"
WEEK = "/shiftleader/part/{}/?runs={}"
AFTER = "LS there, {} of them after the last lumisection of OMS"
# Run, reconstruction and dataset, and its last lumisections in Run Registry and in OMS.
LONGER = [(315267, "prompt", DATASET, 253, 244), (315265, "express", EXPRESS, 63, 58)]


def certify(number, reconstruction, dataset, last, **flags):
    flags_then = {"pixel": "good", "strip": "good", "tracking": "not flagged"}
    return CertificationFactory(
        run=RunFactory(run_number=number, lumisections=last),
        reconstruction=reconstruction,
        dataset=DatasetFactory(name=dataset),
        lumisections=last,
        comment="power cut",
        facts={"registry": {"flags": flags_then}},
        **flags,
    )


def words_of(client, part, number):
    html = client.get(WEEK.format(part, number), headers={"HX-Request": "true"}).text
    return " ".join(re.sub("<[^>]*>", " ", html).split())


def send(client, certification, query=""):
    assert confirm_on_page(client, f"/list/{certification.pk}/registry/{query}").status_code == 303
    assert send_confirmed(Budget(60)).failed == 0


def their_edit(number, place, status, component="pixel"):
    key, flag = DatasetKey(number, DATASET), FlagTriplet(status, "by hand")
    send_flag_edit(FlagEdit(key, component, place, place, flag, place), Budget(60))


@pytest.mark.parametrize("flag", ["excluded", "bad"])
@pytest.mark.parametrize(("number", "reconstruction", "dataset", "total", "last"), LONGER)
def test_flag_of_the_whole_run_is_equal_after_it_was_sent(
    shift_leader_client, sandbox, flag, number, reconstruction, dataset, total, last
):
    certification = certify(number, reconstruction, dataset, last, pixel=flag)
    assert "1 different" in words_of(shift_leader_client, "comparison", number)
    leave_requests([(number, dataset)])
    read_requested_lumisections(Budget(60))  # what was there before
    send(shift_leader_client, certification)
    words = words_of(shift_leader_client, "comparison", number)
    assert "1 equal" in words and "0 different" in words and "0 mixed" in words and "0 not compared" in words
    assert "1 of 1 equal" in words_of(shift_leader_client, "to_registry", number)
    page = " ".join(shift_leader_client.get(f"/list/{certification.pk}/").text.split())
    assert "Pixel good <span>(equal; " in page and f"{total} {AFTER.format(total - last)}" in page


@pytest.mark.parametrize(("place", "is_marked"), [(244, True), (245, False)])
def test_change_after_the_last_lumisection_is_not_marked(shift_leader_client, sandbox, place, is_marked):
    number, reconstruction, dataset, _, last = LONGER[0]
    send(shift_leader_client, certify(number, reconstruction, dataset, last))
    their_edit(number, place, "BAD", "strip")
    pull_changes(Budget(60))
    assert Sending.objects.changed_since().exists() == is_marked


@pytest.mark.parametrize("flag", ["excluded", "bad"])
def test_lumisection_of_the_run_that_differs_is_named(shift_leader_client, sandbox, flag):
    number, reconstruction, dataset, total, last = LONGER[0]
    send(shift_leader_client, certify(number, reconstruction, dataset, last, pixel=flag))
    their_edit(number, 100, "GOOD")
    their_edit(number, 250, flag.upper())  # as many are GOOD as are after the last lumisection
    StoredFlagRanges.objects.all().delete()
    words = words_of(shift_leader_client, "comparison", f"{number}&again=1")
    assert "1 not compared" in words and "its lumisections are not read yet" in words
    assert list(LumisectionRequest.objects.values_list("run_number", "registry_name")) == [(number, dataset)]
    assert read_requested_lumisections(Budget(60)).problems == []
    words = words_of(shift_leader_client, "comparison", number)
    assert "1 different" in words and "0 equal" in words
    assert f"; differs in 100; {total} {AFTER.format(9)}" in words
    assert "0 of 1 equal" in words_of(shift_leader_client, "to_registry", f"{number}&again=1")


@pytest.mark.parametrize(("flag", "counts"), [("excluded", "good on 10 of 253 LS"), ("bad", "mixed, 243 of 253 bad")])
def test_difference_that_counts_tell_is_not_read_by_lumisection(shift_leader_client, sandbox, flag, counts):
    number, reconstruction, dataset, _, last = LONGER[0]
    send(shift_leader_client, certify(number, reconstruction, dataset, last, pixel=flag))
    their_edit(number, 100, "GOOD")
    words = words_of(shift_leader_client, "comparison", f"{number}&again=1")
    assert counts in words and "0 equal" in words
    assert not LumisectionRequest.objects.exists()


@pytest.mark.parametrize("status", ["GOOD", "BAD"])
def test_bad_with_low_statistics_is_equal_to_what_it_was_sent_as(shift_leader_client, sandbox, status):
    number, reconstruction, dataset, _, last = LONGER[0]
    certification = certify(number, reconstruction, dataset, last, strip="bad", strip_lowstat=True)
    assert "1 different" in words_of(shift_leader_client, "comparison", number)
    send(shift_leader_client, certification, f"?lowstat-strip={status}")
    assert "1 equal" in words_of(shift_leader_client, "comparison", number)
    TrackerCertification.objects.update(version=2)  # decided anew
    assert ("1 equal" in words_of(shift_leader_client, "comparison", number)) == (status == "BAD")


def test_bad_lumisections_left_excluded_are_equal_once_sent(shift_leader_client, sandbox):
    number, reconstruction, dataset, _, last = LONGER[0]
    their_edit(number, 7, "EXCLUDED", "strip")
    certification = certify(number, reconstruction, dataset, last, strip_ranges=[[5, 9]])
    leave_requests([(number, dataset)])
    read_requested_lumisections(Budget(60))
    assert "differs in 5-9" in words_of(shift_leader_client, "comparison", number)
    send(shift_leader_client, certification)
    words = words_of(shift_leader_client, "comparison", number)
    assert "1 equal" in words and "left standby in 7" in words
    TrackerCertification.objects.update(version=2)  # decided anew
    assert "differs in 7" in words_of(shift_leader_client, "comparison", number)


def test_counts_that_say_the_same_are_not_read_by_lumisection(shift_leader_client, sandbox):
    certify(*LONGER[0][:3], LONGER[0][-1])
    assert "its lumisections" not in words_of(shift_leader_client, "comparison", LONGER[0][0])
    assert not LumisectionRequest.objects.exists()
