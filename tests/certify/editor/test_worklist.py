"""The steps through a search: from cached datasets of Run Registry and live certifications, without a request."""

import pytest
from django.utils import timezone

from certify.editor.worklist import SearchStep, read_search
from certify.models.choices import Reconstruction
from infrastructure.http.results import Found
from oms.models import OmsRun
from registry.dataset_cache import cache_datasets
from registry.parsing import RegistryDataset, reconstruction_in
from tests.factories import CertificationFactory

EXPRESS, PROMPT = "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"
SEARCH = "399001-399003"


def known(run_number: int, name: str, state: str = "OPEN") -> RegistryDataset:
    return RegistryDataset(run_number, name, reconstruction_in(name), state, "Collisions18", "OPEN")


@pytest.fixture
def three_runs(db):
    """Runs 399003, 399002 with express and prompt open, 399001 with express open and prompt waiting."""
    datasets = [known(number, name) for number in (399001, 399002, 399003) for name in (PROMPT, EXPRESS)]
    datasets[0] = known(399001, PROMPT, "waiting dqm gui")
    cache_datasets(Found(datasets, timezone.now()), [399001, 399002, 399003])


def certify(run_number: int, reconstruction: str, **values):
    run, _ = OmsRun.objects.get_or_create(run_number=run_number)
    return CertificationFactory(run=run, reconstruction=reconstruction, **values)


@pytest.mark.parametrize(
    ("after", "following"),
    [
        ((399003, "express"), SearchStep(399003, "prompt", PROMPT)),
        ((399003, "prompt"), SearchStep(399002, "express", EXPRESS)),
        ((399003, "rerecoul"), SearchStep(399002, "express", EXPRESS)),
        ((399002, "prompt"), SearchStep(399001, "express", EXPRESS)),
        ((399001, "express"), SearchStep(399003, "express", EXPRESS)),
        ((399999, "express"), SearchStep(399003, "express", EXPRESS)),
        ((398000, "express"), SearchStep(399003, "express", EXPRESS)),
    ],
)
def test_next_follows_the_search_and_starts_again_at_its_end(three_runs, after, following):
    assert read_search(SEARCH, also=399003).next_open(after) == following


@pytest.mark.parametrize(("certified", "leads_on"), [([], True), ([399003, 399002], False)])
def test_last_dataset_of_the_search_leads_to_those_left_open(three_runs, shifter_client, sandbox, certified, leads_on):
    for number in certified:
        certify(number, Reconstruction.EXPRESS)
        certify(number, Reconstruction.PROMPT)
    html = shifter_client.get(f"/certify/399001/express/?runs={SEARCH}").text
    assert ("Save and next" in html) is leads_on


def test_page_says_how_many_of_the_search_are_done(three_runs, shifter_client, sandbox):
    certify(399003, Reconstruction.PROMPT)
    html = shifter_client.get(f"/certify/399001/express/?runs={SEARCH}").text
    assert "<span>1 of 5 done</span>" in html and '<progress value="1" max="5"' in html


def test_next_skips_certified_datasets(three_runs):
    certify(399003, Reconstruction.PROMPT)
    certify(399002, Reconstruction.EXPRESS)
    assert read_search(SEARCH, also=399003).next_open((399003, "express")) == SearchStep(399002, "prompt", PROMPT)


def test_next_counts_a_withdrawn_certification_as_open(three_runs):
    certify(399003, Reconstruction.PROMPT, withdrawn=True)
    assert read_search(SEARCH, also=399003).next_open((399003, "express")) == SearchStep(399003, "prompt", PROMPT)


def test_next_stays_within_the_search(three_runs):
    assert read_search("399003", also=399003).next_open((399003, "prompt")) == SearchStep(399003, "express", EXPRESS)
    certify(399003, Reconstruction.EXPRESS)
    assert read_search("399003", also=399003).next_open((399003, "prompt")) is None


@pytest.mark.parametrize("runs", ["", "banana", "399003-399001", "398000-398010"])
def test_unknown_search_has_no_next_and_no_neighbours(three_runs, runs):
    assert read_search(runs, also=399003).next_open((399003, "express")) is None
    assert read_search(runs, also=399003).place_of((399003, "express")) is None


def test_next_prefers_the_open_dataset_of_two(db):
    datasets = [
        known(399001, "/ReReco/Run2018A_17Sep2018/DQM", "COMPLETED"),
        known(399001, "/ReReco/Run2018A_17Sep2018_v2/DQM"),
    ]
    cache_datasets(Found(datasets, timezone.now()), [399001])
    step = read_search("399001", also=399003).next_open((399001, "express"))
    assert step == SearchStep(399001, "rereco", "/ReReco/Run2018A_17Sep2018_v2/DQM")


def test_place_counts_open_and_certified_and_names_open_neighbours(three_runs):
    certify(399003, Reconstruction.PROMPT)
    place = read_search(SEARCH, also=399003).place_of((399002, "express"))
    assert (place.done, place.total) == (1, 5)
    assert place.previous == SearchStep(399003, "express", EXPRESS)
    assert place.next == SearchStep(399002, "prompt", PROMPT)


def test_place_at_either_end_has_one_neighbour(three_runs):
    assert read_search(SEARCH, also=399003).place_of((399003, "express")).previous is None
    last = read_search(SEARCH, also=399003).place_of((399001, "express"))
    assert (last.done, last.total, last.next) == (0, 5, None)


def test_closed_reconstruction_is_counted_while_it_is_open_in_the_form(three_runs):
    place = read_search(SEARCH, also=399003).place_of((399001, "prompt"))
    assert (place.done, place.total, place.next) == (0, 6, None)


def test_unknown_runs_count_as_open_while_run_registry_is_unavailable(three_runs):
    certify(399004, Reconstruction.PROMPT)
    certify(399005, Reconstruction.EXPRESS)
    steps = read_search("399002-399005", also=399005).assuming("prompt")
    assert [(step.run_number, step.reconstruction) for step in steps.open_steps] == [
        (399005, "prompt"),
        (399003, "express"),
        (399003, "prompt"),
        (399002, "express"),
        (399002, "prompt"),
    ]
    assert steps.next_open((399005, "prompt")) == SearchStep(399003, "express", EXPRESS)
    assert read_search("399004-399005", also=399005).open_steps == []


def test_a_hundred_runs_cost_one_query(db, django_assert_num_queries):
    numbers = range(399000, 399100)
    cache_datasets(Found([known(number, EXPRESS) for number in numbers], timezone.now()), numbers)
    with django_assert_num_queries(1):
        assert read_search("399000-399099", also=399003).next_open((399050, "express")) == SearchStep(
            399049, "express", EXPRESS
        )
    with django_assert_num_queries(1):
        assert read_search("399000-399099", also=399003).place_of((399050, "express")).total == 100
