"""Reading a run from DIALS over HTTP: sums, resumption, growth, other datasets, and what it costs."""

from __future__ import annotations

from collections import Counter
from math import isnan, sqrt

import pytest
import requests

from dials.client import fetch_elements
from dials.elements import ELEMENTS
from dials.models import HistogramReading, HistogramSummary
from dials.reading import ranges_of, read_histograms
from infrastructure.http.budget import Budget
from infrastructure.http.errors import AccessDenied, BadStatus, RemoteError
from sandbox.dials.access import AUDIENCE
from tests.proof import IS_FULL

pytestmark = pytest.mark.django_db
EXPRESS, PROMPT = "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"
CHARGE = "PixelPhase1/Tracks/PXBarrel/charge_PXLayer_1"
MAP = ELEMENTS[0]
SHORT_RUN = 315264  # 261 lumisections, of which 157 are ingested
PARTS = (CHARGE, MAP)


def read(run_number, name=PROMPT, names=PARTS, seconds=60):
    return read_histograms(run_number, name, Budget(seconds), names)


def summary(element, run_number=SHORT_RUN) -> HistogramSummary:
    return HistogramSummary.objects.get(reading__run_number=run_number, element=element)


def rows(sandbox, resource, **parameters):
    """The rows as another program reads them: by cursor, each page of 100."""
    url, found = f"{sandbox.base_url}/dials/api/v1/{resource}/?page_size=100", []
    headers = {"Authorization": f"Bearer {sandbox.token(AUDIENCE)}", "Workspace": "tracker"}
    while url:
        answer = requests.get(url, params=parameters, headers=headers, timeout=30).json()
        found += answer["results"]
        url, parameters = answer["next"], {}
    return found


def test_sums_are_those_of_another_program_bin_by_bin(sandbox):
    reading = read(SHORT_RUN)
    assert (reading.dataset, reading.is_complete) == ("/ZeroBias/Run2018A-PromptReco-v1/DQMIO", True)
    charge = rows(sandbox, "th1", dataset_id=14000102, run_number=SHORT_RUN, me=CHARGE)
    stored = summary(CHARGE).run_sum()
    assert stored.sums == [sum(contents) for contents in zip(*(row["data"] for row in charge), strict=True)]
    assert (stored.numbers, stored.entries) == ([r["ls_number"] for r in charge], [r["entries"] for r in charge])
    centres = [400 + 800 * place for place in range(100)]
    for row, mean, spread in zip(charge, stored.means, stored.spreads, strict=True):
        total = sum(row["data"])
        if not total:
            assert isnan(mean) and isnan(spread)
            continue
        expected = sum(x * count for x, count in zip(centres, row["data"], strict=True)) / total
        square = sum((x - expected) ** 2 * count for x, count in zip(centres, row["data"], strict=True)) / total
        assert (mean, spread) == pytest.approx((expected, sqrt(square)), rel=1e-6)
    maps = rows(sandbox, "th2", dataset_id=14000102, run_number=SHORT_RUN, me=MAP)
    flat = [[count for line in row["data"] for count in line] for row in maps]
    stored = summary(MAP).run_sum()
    assert stored.sums == [sum(contents) for contents in zip(*flat, strict=True)]
    assert stored.empty_bins == [contents.count(0) for contents in flat]


@pytest.mark.parametrize("shape", ["1.12", "2.x"])
def test_both_versions_of_dials_are_read(sandbox, shape):
    sandbox.dials(shape=shape)
    reading = read(SHORT_RUN, names=(CHARGE,))
    assert reading.completeness == (None if shape == "1.12" else pytest.approx(0.6, abs=0.01))
    assert (reading.lumisection_count, sum(last - first + 1 for first, last in reading.lumisections)) == (157, 157)
    assert len(summary(CHARGE).run_sum().numbers) == 157


def test_only_new_lumisections_of_a_run_that_grew_are_read(sandbox):
    read(SHORT_RUN)
    before = summary(CHARGE).run_sum()
    sandbox.dials(ingested={str(SHORT_RUN): 1})
    sandbox.clear_requests()
    read(SHORT_RUN)
    firsts = [call["query"] for call in sandbox.requests("dials") if call["path"].endswith(("th1/", "th2/"))]
    assert len(firsts) == 2
    assert all(f"ls_number__gte={before.numbers[-1] + 1}" in query for query in firsts)
    charge = rows(sandbox, "th1", dataset_id=14000102, run_number=SHORT_RUN, me=CHARGE)
    stored = summary(CHARGE).run_sum()
    assert stored.numbers == [row["ls_number"] for row in charge]
    assert stored.sums == [sum(contents) for contents in zip(*(row["data"] for row in charge), strict=True)]


def test_run_that_has_not_changed_costs_one_request(sandbox):
    read(SHORT_RUN)
    sandbox.clear_requests()
    assert read(SHORT_RUN).is_complete
    assert [call["path"] for call in sandbox.requests("dials")] == ["/dials/api/v1/run/"]


def test_reading_goes_on_where_it_broke_off(sandbox, settings):
    settings.BREAKER_SECONDS = 0  # the other element of the round is read all the same
    sandbox.faults("dials", "500", path="th2")
    with pytest.raises(BadStatus):
        read(SHORT_RUN)
    assert not HistogramReading.objects.get().is_complete
    sums = summary(CHARGE).sums
    sandbox.clear()
    assert read(SHORT_RUN).is_complete
    paths = Counter(call["path"].rsplit("/", 2)[1] for call in sandbox.requests("dials"))
    assert (paths["th1"], paths["lumisection"]) == (0, 0)
    assert bytes(summary(CHARGE).sums) == bytes(sums)


def test_lumisections_that_come_late_in_between_are_added_in_their_order(sandbox):
    reading = read(SHORT_RUN, names=(CHARGE,))
    complete = summary(CHARGE)
    numbers = complete.run_sum().numbers
    late = set(numbers[40:60])
    others = [row for row in range(len(numbers)) if numbers[row] not in late]
    charge = rows(sandbox, "th1", dataset_id=14000102, run_number=SHORT_RUN, me=CHARGE)
    earlier = summary(CHARGE)
    run_sum = earlier.run_sum()
    run_sum.sums = [sum(c) for c in zip(*(charge[row]["data"] for row in others), strict=True)]
    for name in ("numbers", "entries", "means", "spreads"):
        setattr(run_sum, name, [getattr(run_sum, name)[row] for row in others])
    earlier.set_run_sum(run_sum)
    earlier.read = ranges_of(run_sum.numbers)
    earlier.save()
    reading.lumisections, reading.lumisection_count = earlier.read, len(others)
    reading.save()
    sandbox.clear_requests()
    read(SHORT_RUN, names=(CHARGE,))
    (call,) = [call for call in sandbox.requests("dials") if call["path"].endswith("th1/")]
    assert f"ls_number__gte={min(late)}&" in call["query"] and f"ls_number__lte={max(late)}" in call["query"]
    stored = summary(CHARGE)
    columns = ("sums", "numbers", "entries", "means", "spreads")
    assert [bytes(getattr(stored, name)) for name in columns] == [bytes(getattr(complete, name)) for name in columns]


def test_absent_run_and_absent_dataset_are_stored_as_such(sandbox):
    assert read(315490).source is None
    assert read(316082, PROMPT).dataset == ""
    assert read(316082, EXPRESS, (CHARGE,)).dataset == "/StreamExpress/Run2018A-Express-v1/DQMIO"
    assert HistogramSummary.objects.count() == 1


def test_empty_answer_leaves_what_was_read_before(sandbox):
    read(SHORT_RUN, names=(CHARGE,))
    sandbox.faults("dials", "not-found")
    assert read(SHORT_RUN, names=(CHARGE,)).is_complete
    assert summary(CHARGE).run_sum().numbers


def test_missing_element_and_other_binning_are_stored(sandbox):
    chi2 = "Tracking/TrackParameters/highPurityTracks/pt_1/GeneralProperties/Chi2oNDF_GenTk"
    assert read(315267, names=(CHARGE, chi2, "No/Such/Element")).missing == [chi2, "No/Such/Element"]
    read(315363, names=(CHARGE,))
    assert summary(CHARGE, 315363).binning.x.bins == 50
    assert summary(CHARGE, 315267).binning.x.bins == 100


def test_expired_token_is_renewed(sandbox):
    fetch_elements(Budget(10))
    sandbox.revoke_tokens()
    sandbox.clear_requests()
    assert fetch_elements(Budget(10))
    assert [call["status"] for call in sandbox.requests("dials")] == [403, 200]


def test_refusal_is_named(sandbox, settings):
    settings.DIALS_AUDIENCE = "another-application"
    with pytest.raises(AccessDenied, match=r"DIALS does not let CertHelper in \(403\)"):
        read(SHORT_RUN)


@pytest.mark.parametrize("run_number", [315264, 315488, 315420][: 3 if IS_FULL else 1])
def test_run_costs_at_most_30_requests_and_30_mb_for_1000_lumisections(sandbox, run_number):
    """Of a short run at most 12 requests: what it is in, which lumisections and elements there are, one each, two."""
    reading = read(run_number, names=ELEMENTS, seconds=300)
    asked = sandbox.requests("dials")
    assert reading.is_complete and reading.missing == []
    assert len(asked) <= max(12, 30 * reading.lumisection_count / 1000)
    assert sum(call["bytes"] for call in asked) <= 30_000 * reading.lumisection_count
    columns = ("sums", "numbers", "entries", "means", "spreads", "empty_bins")
    stored = [len(bytes(getattr(row, name))) for row in reading.summaries.all() for name in columns]
    assert sum(stored) <= 10_000 + 55 * reading.lumisection_count


def test_time_that_is_up_ends_the_reading(sandbox):
    with pytest.raises(RemoteError):
        read(SHORT_RUN, seconds=0)
