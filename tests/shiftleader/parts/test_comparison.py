"""The comparison with Run Registry over HTTP: results, loading in steps, and outages."""

from __future__ import annotations

import re

import pytest

from oms.models import OmsRun
from sandbox.faults import MODES
from tests.factories import CertificationFactory, DatasetFactory, RunFactory
from tests.faults.cells import MainContent
from tests.faults.timeouts import set_timeouts

pytestmark = pytest.mark.django_db
PART = "/shiftleader/part/comparison/"
WEEK = "week=2018-W22"  # the day of the factory is in it
EXPRESS = "/Express/Collisions2018/DQM"
IN_PAGE = {"HTTP_HX_REQUEST": "true"}
# In the sandbox both are good in express and prompt; the second is open, so that nobody has flagged Tracking.
RUN, OPEN = 314811, 315266
GOLDEN, RERECO = 315270, "/ReReco/Run2018A_17Sep2018/DQM"


def certify(number=RUN, reconstruction="express", dataset=EXPRESS, **values):
    run = OmsRun.objects.filter(pk=number).first() or RunFactory(run_number=number)
    return CertificationFactory(run=run, reconstruction=reconstruction, dataset=DatasetFactory(name=dataset), **values)


def rows_of(html):
    """{(run, reconstruction): outcome} of the rows shown."""
    found = re.findall(r'<tr data-run="(\d+)" data-reco="(\w+)" data-outcome="([\w-]+)"', html)
    return {(int(run), reconstruction): outcome for run, reconstruction, outcome in found}


def text_of(html):
    return " ".join(re.sub(r"<[^>]+>", " ", html).split())


@pytest.fixture
def ask(sandbox, shift_leader_client):
    def get_fragment(query=WEEK, *, in_page=True):
        answer = shift_leader_client.get(f"{PART}?{query}", **(IN_PAGE if in_page else {}))
        assert answer.status_code == 200
        return answer.content.decode()

    return get_fragment


def test_equal_rows_are_counted_and_uncertified_ones_are_listed(ask):
    certify()
    html = ask()
    assert rows_of(html) == {(RUN, "prompt"): "only-theirs"}
    assert "1 equal" in text_of(html)
    assert "0 different" in text_of(html)
    assert f"/certify/{RUN}/prompt/?dataset=%2FPromptReco%2FCollisions2018A%2FDQM" in html


def test_difference_is_named_with_both_sides_and_its_lumisections(ask):
    certification = certify(tracking="bad", pixel="excluded")
    html = ask()
    assert rows_of(html)[RUN, "express"] == "different"
    row = html[html.index(f'data-run="{RUN}" data-reco="express"') :].split("</tr>")[0]
    assert re.findall(r'class="pair is-different" data-label="(\w+)"', row) == ["pixel", "tracking"]
    assert re.search(r"good on \d+ of \d+", row)
    assert f"/list/{certification.pk}/update/" in row
    assert f"offline/datasets/tracker?ofbf" in row and f"={RUN}&amp;" in row  # noqa: F541
    assert "COMPLETED" in row


def test_mixed_is_a_separate_group(ask):
    certify(GOLDEN, "rereco", RERECO, lumisections=663)
    assert rows_of(ask())[GOLDEN, "rereco"] == "mixed"
    assert "mixed, 30 of 663 bad" in ask()


def test_tracking_of_an_open_dataset_is_not_flagged_and_no_difference(ask):
    certify(OPEN)
    html = ask()
    assert rows_of(html)[OPEN, "express"] == "not-flagged"
    group = html[html.index('id="comparison-not-flagged"') :].split("</details>")[0]
    assert "there not flagged" in group and "there good" in group
    assert "is-different" not in html and "notice" not in html
    assert not re.search(r"<details[^>]* open>\s*<summary id=\"comparison-not-flagged\"", html)


def test_runs_in_between_are_compared_and_runs_missing_in_registry_are_listed(ask):
    certify(315257)
    certify(GOLDEN)
    certify(317500)  # above the sandbox's world
    found = rows_of(ask())
    assert found[OPEN, "express"] == "only-theirs"
    assert found[317500, "express"] == "only-ours"


def test_certified_on_another_day_is_not_missing(ask):
    certify()
    certify(reconstruction="prompt", dataset="/PromptReco/Collisions2018A/DQM", date="2018-07-01")
    html = ask()
    assert (RUN, "prompt") not in rows_of(html)
    assert "1 dataset certified outside of these days and filters" in text_of(html)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("reconstruction=prompt", {}),
        ("reconstruction=express&reconstruction=prompt", {(RUN, "prompt"): "only-theirs"}),
        ("dataset=express", {}),
        ("run_type=collisions", {(RUN, "prompt"): "only-theirs"}),
        ("verdict=good", {}),
        ("verdict=bad", {}),
        ("user=leader", {}),
    ],
)
def test_filters_narrow_both_sides(ask, shift_leader, query, rows):
    certify()
    assert rows_of(ask(f"{WEEK}&{query}")) == rows


def test_runs_of_the_filter_are_requested_without_certifications(ask):
    assert rows_of(ask(f"runs={RUN}"))[RUN, "express"] == "only-theirs"
    assert rows_of(ask(f"runs={RUN}&run_type=cosmics")) == {}


def test_no_request_without_certifications(ask, sandbox):
    assert "nothing to compare" in ask()
    assert sandbox.requests() == []


def test_many_runs_are_loaded_in_steps_with_progress(ask, sandbox):
    certify()
    query = "runs=315000-315699"
    html, steps = ask(query), 1
    assert "300 of 700 run numbers compared" in html
    assert 'value="300" max="700"' in html
    while following := re.search(r'hx-get="([^"]+)" hx-trigger="load, click"', html):
        html, steps = ask(following[1].replace("&amp;", "&").split("?")[1]), steps + 1
    assert steps == 3
    assert "700 run numbers compared" in html
    assert len(sandbox.requests("registry")) == 14, "each block of 50 is asked for once"
    whole = ask(query, in_page=False)
    assert rows_of(whole) == rows_of(html)
    assert 'hx-trigger="load, click"' not in whole
    assert len(sandbox.requests("registry")) == 14


def test_page_without_scripts_continues_after_an_interruption(ask, sandbox, settings):
    settings.PAGE_BUDGET_S = 1
    ask("runs=315500-315599", in_page=False)
    sandbox.faults("registry", "hang")
    html = ask("runs=315500-315699", in_page=False)
    assert "What is below is about 100 of 200 run numbers" in text_of(html)
    again = next(link for link in MainContent(html).links if "again=1" in link)
    sandbox.clear()
    assert "200 run numbers compared" in ask(again.split("?")[1], in_page=False)
    assert len(sandbox.requests("registry")) == 2


def test_retry_makes_a_new_request(ask, sandbox):
    certify()
    ask()
    sandbox.clear_requests()
    ask()
    assert sandbox.requests("registry") == []
    ask(f"{WEEK}&again=1")
    assert len(sandbox.requests("registry")) == 1


@pytest.mark.parametrize("steps", ["upto=0", "upto=x", "upto=99999999999", "since=x", "since=9999999999", "upto=-1"])
def test_invalid_steps_are_no_error(ask, steps):
    certify()
    assert "1 equal" in text_of(ask(f"{WEEK}&{steps}"))


@pytest.mark.parametrize("size", [3, 60])
def test_query_count_is_independent_of_row_count(ask, shift_leader_client, django_assert_max_num_queries, size):
    certification = certify(315399)
    same = {
        "user": certification.user,
        "dataset": certification.dataset,
        "reference_runreconstruction": certification.reference_runreconstruction,
    }
    for number in range(size):
        CertificationFactory(run=RunFactory(run_number=315400 + number, fill=None), **same)
    ask()
    with django_assert_max_num_queries(7):
        ask()


@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "not-found"])
def test_unreachable_registry_is_reported_once_and_retried(ask, sandbox, settings, mode):
    set_timeouts(settings, mode)
    certify()
    certify(RUN + 1, strip="bad")
    sandbox.faults("registry", mode)
    main = MainContent(ask(in_page=False))
    messages = [
        paragraph
        for paragraph in main.paragraphs
        if paragraph.startswith("Run Registry ") and "query again" in paragraph
    ]
    assert len(messages) == 1
    assert "Nothing could be compared" in messages[0]
    again = next(link for link in main.links if "again=1" in link)
    sandbox.clear()
    set_timeouts(settings, "")
    assert "1 equal" in text_of(ask(again.split("?")[1]))


def test_empty_answer_of_registry_is_no_outage(ask, sandbox):
    certify()
    sandbox.faults("registry", "not-found")
    assert rows_of(ask()) == {(RUN, "express"): "only-ours"}
