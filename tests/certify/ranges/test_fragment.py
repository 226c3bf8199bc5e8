"""The fragment with the timeline: its states, JSON, requests, statements and size."""

import gzip
import re

import pytest
import time_machine
from django.utils import timezone

from certify.ranges.models import LumisectionRequest
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import FRESH_FOR, leave_requests
from infrastructure.http.budget import Budget
from infrastructure.http.results import Found
from oms.lumisections.mirror import store_lumisections
from oms.models import OmsRun
from registry.dataset_cache import cache_datasets
from registry.models import StoredFlagRanges
from registry.parsing import RegistryDataset, reconstruction_in
from tests.factories import CertificationFactory, DatasetFactory, ReconstructionFactory, RunFactory
from tests.oms.lumisections.rows import row

pytestmark = pytest.mark.django_db
EXPRESS = "/Express/Collisions2018/DQM"
RUN, WIDEST = 316062, 314663
FLAGS = {"pixel": "good", "strip": "bad", "tracking": "good"}
PART = {"HX-Request": "true"}


def url(run=RUN, reconstruction="express"):
    return f"/certify/{run}/{reconstruction}/lumisections/"


def read(run=RUN, dataset=EXPRESS):
    RunFactory(run_number=run)
    leave_requests([(run, dataset)])
    assert read_requested_lumisections(Budget(20)).problems == []


def text_of(client, run=RUN, **query) -> str:
    response = client.get(url(run), query, headers=PART)
    assert response.status_code == 200
    return " ".join(re.sub(r"<[^>]*>", " ", response.text).split())


def requests():
    return list(LumisectionRequest.objects.values_list("run_number", "registry_name"))


def test_run_that_is_not_stored_leaves_one_request_and_looks_again(shifter_client, sandbox):
    for _ in range(2):
        response = shifter_client.get(url(), {"dataset": EXPRESS}, headers=PART)
        assert f"The lumisections of run {RUN} are being read." in response.text
    assert requests() == [(RUN, EXPRESS)]
    query = "dataset=%2FExpress%2FCollisions2018%2FDQM&amp;look=1"
    assert f'hx-get="{url()}?{query}" hx-trigger="load delay:2s"' in response.text
    assert sandbox.requests() == []


def test_fragment_stops_looking_after_a_minute(shifter_client):
    response = shifter_client.get(url(), {"look": "30"}, headers=PART)
    assert ("Look again</a>" in response.text, "delay:2s" in response.text) == (True, False)


def test_timeline_has_the_sentence_the_counts_and_the_time(shifter_client, sandbox):
    read()
    sandbox.clear()
    text = text_of(shifter_client, dataset=EXPRESS)
    sentence = "4 of 26 lumisections with the whole Tracker on · 0.660 of 3.614 /pb"
    for part in ("Lumisections 1–26", sentence, "BPIX on: 4/24", "+25"):
        assert part in text, part
    assert re.search(r"OMS \d\d:\d\d:\d\d UTC", text)
    assert (requests(), sandbox.requests()) == ([], [])


def test_flags_of_run_registry_are_shown_once_all_flags_are_set(shifter_client, sandbox):
    read()
    for query in ({}, {"pixel": "good", "strip": "good"}, {**FLAGS, "tracking": "none"}):
        text = text_of(shifter_client, dataset=EXPRESS, **query)
        assert ("STANDBY" in text, "after your flags" in text) == (False, True)
    text = text_of(shifter_client, dataset=EXPRESS, **FLAGS)
    assert "STANDBY" in text
    assert re.search(r"· RR \d\d:\d\d:\d\d UTC", text)


def test_setting_shows_them_from_the_start(shifter_client, sandbox, settings):
    settings.SHOW_OPINIONS_FIRST = True
    read()
    assert "STANDBY" in text_of(shifter_client, dataset=EXPRESS)


def test_damaged_ranges_are_named_and_not_drawn(shifter_client, sandbox):
    read()
    damage = "Run Registry's ranges of this dataset are damaged: tracker-pixel begins at lumisection 2."
    StoredFlagRanges.objects.update(ranges={}, damage=damage)
    response = shifter_client.get(url(), {"dataset": EXPRESS, **FLAGS}, headers=PART)
    assert damage.replace("'", "&#x27;") in response.text
    assert "data-timeline-flags" not in response.text
    assert damage not in text_of(shifter_client, dataset=EXPRESS)


def test_failure_is_a_sentence_with_the_next_attempt(shifter_client):
    leave_requests([(RUN, "")])
    at = timezone.now().replace(hour=14, minute=2, second=7)
    LumisectionRequest.objects.update(problem="OMS did not answer within 5 s.", retry_at=at)
    text = text_of(shifter_client)
    assert "OMS did not answer within 5 s. It is tried again at 14:02:07 UTC." in text
    assert shifter_client.get(url(), {"format": "json"}).json()["state"] == "unavailable"


def test_failure_names_one_time_alone(shifter_client):
    leave_requests([(RUN, "")])
    at = timezone.now().replace(hour=16, minute=43, second=23)
    problem = "OMS did not answer within 5 s, and is not queried until 16:42:53 UTC."
    LumisectionRequest.objects.update(problem=problem, retry_at=at)
    text = text_of(shifter_client)
    assert "OMS did not answer within 5 s. It is tried again at 16:43:23 UTC." in text and "16:42:53" not in text
    assert "Looks again every" not in text


def test_looking_again_makes_a_postponed_request_due(shifter_client):
    leave_requests([(RUN, "")])
    LumisectionRequest.objects.update(problem="OMS did not answer within 5 s.", retry_at=timezone.now())
    assert "are being read" in text_of(shifter_client, again="1")
    assert LumisectionRequest.objects.get().retry_at is None


def test_run_without_rows_is_named(shifter_client):
    store_lumisections(RUN, (), timezone.now())
    assert f"OMS has no lumisections of run {RUN}." in text_of(shifter_client)
    assert shifter_client.get(url(), {"format": "json"}).json()["state"] == "none"


def test_oddities_are_notes(shifter_client):
    store_lumisections(RUN, [row(5, counter=1.0), row(7, counter=0.5)], timezone.now())
    text = text_of(shifter_client)
    for note in (
        "The rows begin at lumisection 5.",
        "There are no rows between lumisections 5 and 7.",
        "The luminosity of 2 lumisections is unknown.",
    ):
        assert note in text, note


@pytest.mark.parametrize("how", ["parameter", "header"])
def test_json_has_segments_flags_and_times(shifter_client, sandbox, how):
    read()
    query, headers = {"dataset": EXPRESS}, {}
    if how == "parameter":
        query["format"] = "json"
    else:
        headers["Accept"] = "application/json"
    answer = shifter_client.get(url(), query, headers=headers).json()
    assert list(answer) == ["run", "state", "last", "segments", "registry", "registry_damage", "dials", "asked"]
    assert (answer["run"], answer["state"], answer["last"], answer["dials"]) == (RUN, "ready", 26, [])
    first = answer["segments"][0]
    assert (first["first"], first["last"], first["bpix"]) == (1, 4, True)
    assert first["recorded_lumi"] == pytest.approx(0.660, abs=0.001)
    assert [name for name in first if name not in ("first", "last", "recorded_lumi")] == [
        *("stable_beams", "cms_active", "bpix", "fpix", "tibtid", "tob", "tecp", "tecm"),
    ]
    assert list(answer["registry"]) == ["pixel", "strip", "tracking"]
    assert answer["registry"]["pixel"][0] == {"first": 1, "last": 4, "status": "GOOD"}
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", answer["asked"]["oms"])
    assert answer["asked"]["dials"] is None


def test_json_before_anything_is_read(shifter_client):
    answer = shifter_client.get(url(), {"format": "json"}).json()
    assert (answer["state"], answer["last"], answer["segments"]) == ("requested", None, [])
    assert answer["asked"] == {"oms": None, "registry": None, "dials": None}


def test_json_says_that_ranges_are_damaged(shifter_client, sandbox):
    read()
    query = {"dataset": EXPRESS, "format": "json"}
    assert shifter_client.get(url(), query).json()["registry_damage"] == ""
    StoredFlagRanges.objects.update(ranges={}, damage="Run Registry's ranges of this dataset are damaged: x.")
    answer = shifter_client.get(url(), query).json()
    assert answer["registry"] == {"pixel": [], "strip": [], "tracking": []}
    assert answer["registry_damage"] == "Run Registry's ranges of this dataset are damaged: x."


def cache(*names, run=RUN):
    datasets = [
        RegistryDataset(run, name.strip(), reconstruction_in(name), "OPEN", None, None, registry_name=name)
        for name in names
    ]
    cache_datasets(Found(datasets, timezone.now()), [run])


@pytest.mark.parametrize(
    "name",
    [
        *("anything", "prompt", "express", "/Express/Collisions2018", "/Express/Collisions 2018/DQM"),
        *("/PromptReco/Collisions2018A/DQM", "/Other/Collisions2018/DQM", "online", "/Express/a/b" + "c" * 300),
        "/Express/a/b\0",
    ],
)
def test_text_that_is_no_dataset_of_the_reconstruction_requests_no_flags(shifter_client, name):
    shifter_client.get(url(), {"dataset": name}, headers=PART)
    assert requests() == [(RUN, "")]


def test_dataset_of_a_run_whose_datasets_are_known_is_one_of_them(shifter_client):
    cache(f"{EXPRESS}\n", "/Express/Cosmics2018/DQM")
    for name in ("/Express/Other/DQM", EXPRESS, f"{EXPRESS}\n", "/Express/Cosmics2018/DQM"):
        shifter_client.get(url(), {"dataset": name}, headers=PART)
    assert requests() == [(RUN, ""), (RUN, f"{EXPRESS}\n"), (RUN, "/Express/Cosmics2018/DQM")]


@pytest.mark.parametrize("query", [{}, {"dataset": "/StreamExpress/Special/DQMIO"}])
@pytest.mark.parametrize("is_cached", [False, True])
def test_dataset_of_the_live_certification_is_taken(shifter_client, query, is_cached):
    name = "/StreamExpress/Special/DQMIO"
    CertificationFactory(run=RunFactory(run_number=RUN), dataset=DatasetFactory(name=name))
    if is_cached:
        cache(EXPRESS)
    shifter_client.get(url(), {**query, "format": "json"})
    assert requests() == [(RUN, name)]


def test_without_a_certification_the_cached_dataset_of_the_reconstruction_is_taken(shifter_client):
    run = RunFactory(run_number=RUN)
    CertificationFactory(run=run, reconstruction="prompt")
    CertificationFactory(run=run, withdrawn=True, dataset=DatasetFactory(name="/Express/Old/DQM"))
    cache("/PromptReco/Collisions2018A/DQM", EXPRESS)
    shifter_client.get(url(), {"format": "json"})
    assert requests() == [(RUN, EXPRESS)]


def test_page_of_its_own_has_the_same(shifter_client, sandbox):
    read()
    response = shifter_client.get(url())
    assert "<!DOCTYPE html>" in response.text
    assert "Lumisections 1–26" in " ".join(response.text.split())


def test_reference_is_shown_without_flags_of_others(shifter_client, sandbox):
    read(315270)
    reference = ReconstructionFactory(run=OmsRun.objects.get(run_number=315270), reference=True)
    text = text_of(shifter_client, reference_runreconstruction=str(reference.pk), **FLAGS)
    assert "Lumisections of the reference 315270 1–655" in text
    assert "633 of 655 lumisections with the whole Tracker on · 76.990 of 78.1" in text
    assert "NOTSET" not in text


@pytest.mark.parametrize(
    ("path", "query"),
    [
        (f"/certify/{RUN}/nothing/lumisections/", {}),
        ("/certify/99/express/lumisections/", {}),
        (url(), {"reference_runreconstruction": "x"}),
        (url(), {"reference_runreconstruction": "9" * 18}),
    ],
)
def test_unknown_runs_are_not_found_and_leave_nothing(shifter_client, path, query):
    assert shifter_client.get(path, query).status_code == 404
    assert requests() == []


def test_flags_that_have_grown_old_are_requested_again_beside_what_is_stored(shifter_client, sandbox):
    read()
    with time_machine.travel(timezone.now() + FRESH_FOR * 2):
        assert "Lumisections 1–26" in text_of(shifter_client, dataset=EXPRESS)
    assert requests() == [(RUN, EXPRESS)]


def test_read_run_costs_four_statements(shifter_client, sandbox, django_assert_num_queries):
    """Session, user, reading with flags, segments."""
    read(WIDEST)
    for query in ({}, FLAGS, {"format": "json"}):
        with django_assert_num_queries(4):
            assert shifter_client.get(url(WIDEST), {"dataset": EXPRESS, **query}, headers=PART).status_code == 200


def test_run_with_most_segments_is_small(shifter_client, sandbox):
    read(WIDEST)
    content = shifter_client.get(url(WIDEST), {"dataset": EXPRESS, **FLAGS}, headers=PART).content
    assert content.count(b'<th scope="row">') > 88
    assert len(gzip.compress(content)) <= 10_000
