"""Flags of other detectors: read from Run Registry over HTTP, stored once for each answer that differs."""

from datetime import timedelta

import pytest
from django.utils import timezone

from infrastructure.http.budget import Budget
from infrastructure.http.results import Found, Missing
from registry.flag_ranges import DamagedRanges
from registry.models import OtherFlagsReading, OtherFlagsRequest
from registry.other_flags.client import fetch_listed, fetch_other_flags
from registry.other_flags.names import BITS, COLUMNS, WORKSPACES
from registry.other_flags.parsing import ListedDataset, parse_other_flags
from registry.other_flags.reading import read_requested_flags
from registry.other_flags.requests import request_other_flags
from registry.other_flags.store import broken_readings
from sandbox.registry.columns import DETECTOR_OF, DETECTOR_OF_BIT, OFFLINE_ONLY
from sandbox.registry.columns import WORKSPACES as ALL_WORKSPACES
from tests.audit.past_history import sql
from tests.sandbox.registry_calls import PROMPT, RUN, registry

__all__ = ["registry"]
KEY = (RUN, PROMPT)


def read(*keys):
    request_other_flags(keys or [KEY])
    return read_requested_flags(Budget(20))


def test_names_are_those_that_run_registry_gives():
    assert {*COLUMNS} == {*DETECTOR_OF, *OFFLINE_ONLY}
    assert {*BITS} >= {*DETECTOR_OF_BIT, "rp_time_ready", "physics_flag"}
    assert {*WORKSPACES} == {*ALL_WORKSPACES} - {"tracker"}


def test_columns_bits_and_states_of_a_dataset(sandbox):
    (listed,) = (row for row in fetch_listed([RUN], Budget(5)).value if row.name == PROMPT)
    assert (listed.states["ecal"], listed.run) == ("OPEN", {"state": "SIGNOFF", "significant": True})
    found = fetch_other_flags(listed, Budget(5))
    assert isinstance(found, Found)
    flags = found.value
    assert {*flags.columns} == {*COLUMNS}
    assert [status for *_, status in flags.columns["muon-muon"]] == ["NOTSET"]
    assert flags.rows == [(1, flags.columns["ecal-ecal"][-1][1])]
    assert {"hbhea_ready", "physics_flag", "prescale_index"} <= {*flags.bits}
    assert "bpix_ready" not in flags.bits
    assert len([call for call in sandbox.requests("registry") if "/lumisections/" in call["path"]]) == 2


def entry(start, end, status="GOOD"):
    return {"start": start, "end": end, "status": status, "comment": "", "cause": ""}


def bits(start, end, **values):
    return {"start": start, "end": end, **values}


LISTED = ListedDataset(RUN, PROMPT, PROMPT)


def test_gaps_are_unknown_and_the_lumisections_without_a_row_are_left_out():
    columns = {"ecal-ecal": [entry(1, 4), {"start": 5, "end": 6}, entry(7, 9)], "tracker-pixel": [entry(1, 9, "BAD")]}
    rows = [bits(1, 3, hf_ready=True), bits(4, 4, hf_ready=None), bits(5, 6, err="No data"), bits(7, 9, hf_ready=1)]
    flags = parse_other_flags(LISTED, columns, rows)
    assert flags.columns == {"ecal-ecal": [(1, 4, "GOOD"), (7, 9, "GOOD")]}
    assert flags.bits == {"hf_ready": [(1, 3, True)]}
    assert flags.rows == [(1, 4), (7, 9)]


@pytest.mark.parametrize(
    ("columns", "rows"),
    [
        ({"tracker-pixel": [entry(0, 9)]}, []),  # written below lumisection 1: all columns are shifted
        ({"ecal-ecal": [{"start": 1, "end": 1}, entry(2, 9)]}, []),
        ({"ecal-ecal": [entry(1, 5), entry(5, 9)]}, []),
        ({}, [bits(1, 5), bits(5, 9)]),
    ],
)
def test_ranges_that_contradict_each_other_are_used_for_nothing(columns, rows):
    with pytest.raises(DamagedRanges):
        parse_other_flags(LISTED, columns, rows)


@pytest.mark.django_db
def test_an_equal_answer_is_stored_once_and_another_one_as_of_its_time(sandbox, registry):
    assert (read().changed, read().changed) == (1, 0)
    before = timezone.now()
    assert registry.edit(5, 9, "BAD", "tower off", component="ecal-ecal").status_code == 200
    result = read()
    assert (result.read, result.changed) == (1, 1)
    columns = [
        OtherFlagsReading.objects.as_of(moment).get().content["columns"]["ecal-ecal"]
        for moment in (before, timezone.now())
    ]
    assert columns[0][0][2] == "GOOD" and columns[1][1] == [5, 9, "BAD"]
    request = OtherFlagsRequest.objects.get()
    assert (request.is_waiting, request.problem) == (False, "")
    assert request.answered_at > before


@pytest.mark.django_db
def test_requests_of_an_unknown_dataset_end_and_those_without_an_answer_wait(sandbox):
    unknown = (RUN, "/Import/2018/DQM")
    assert read(unknown, KEY).read == 1
    assert OtherFlagsRequest.objects.get(dataset_name=unknown[1]).problem.startswith(
        "Run Registry does not list /Import"
    )
    sandbox.faults("registry", "500")
    result = read()
    assert (result.read, len(result.problems)) == (0, 1)
    waiting = OtherFlagsRequest.objects.get(is_waiting=True)
    assert waiting.retry_at > timezone.now() + timedelta(seconds=20)
    assert read_requested_flags(Budget(5)).problems == []  # not due yet
    assert OtherFlagsReading.objects.count() == 1


@pytest.mark.django_db
def test_without_time_a_request_stays_as_it_is(sandbox, monkeypatch):
    request_other_flags([KEY])
    assert read_requested_flags(Budget(0)).read == 0
    assert OtherFlagsRequest.objects.get().is_waiting


@pytest.mark.django_db
def test_a_reading_changed_or_removed_by_sql_is_found(sandbox, registry):
    for status in ("BAD", "GOOD"):
        registry.edit(5, 9, status, "tower off", component="ecal-ecal")
        read()
    assert list(broken_readings()) == []
    first, second = OtherFlagsReading.objects.order_by("pk")
    sql("UPDATE registry_otherflagsreading SET read_at = %s WHERE id = %s", first.read_at, second.pk)
    assert [row.key for row in broken_readings()] == [second.pk]
    sql("DELETE FROM registry_otherflagsreading WHERE id = %s", first.pk)
    assert [row.key for row in broken_readings([RUN])] == [second.pk]


@pytest.mark.django_db
def test_a_damaged_dataset_is_named_and_not_stored(sandbox, registry):
    registry.edit(0, 3)
    result = read()
    assert (result.read, OtherFlagsReading.objects.count()) == (0, 0)
    assert "are damaged" in result.problems[0]
    assert isinstance(fetch_other_flags(LISTED, Budget(5)), Missing)
