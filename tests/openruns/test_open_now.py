"""What is open now: the open datasets of Run Registry without what is certified here, as a page and as a fragment."""

import re
from collections import Counter
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from infrastructure.http.budget import Budget
from oms.models import OmsRun
from openruns.open_now import open_now
from openruns.searches import last_searches
from openruns.views import FRAGMENT_ROWS
from registry.bulk_queries import all_open_datasets
from tests.openruns.open_runs_page import certify

FRAGMENT = {"HX-Request": "true"}
URL = "/open-now/"


def fragment(client, **query) -> str:
    answer = client.get(URL, query, headers=FRAGMENT)
    assert answer.status_code == 200
    return " ".join(answer.text.split())


@pytest.fixture
def in_registry(db, sandbox) -> Counter:
    """Number of open datasets in the sandbox by reconstruction."""
    found = all_open_datasets(Budget(30))
    sandbox.clear()
    return Counter(flagged.dataset.reconstruction for flagged in found.value)


@pytest.mark.parametrize("headers", [FRAGMENT, {}], ids=["fragment", "page"])
def test_open_datasets_are_counted_and_start_opens_the_first_form(shifter_client, in_registry, headers):
    html = shifter_client.get(URL, headers=headers).text
    assert f"Start: {in_registry.total()} open" in html
    assert ("<!DOCTYPE html>" in html) is (headers == {})
    start = re.search(r'href="([^"]+)" data-next', html)[1]
    assert start.startswith("/certify/316201/express/?dataset=") and "&amp;runs=31" in start
    table = re.search(r'href="(/openruns/\?runs=[^"]+)">The newest 100 of \d+ runs<', html)[1]
    assert table.startswith("/openruns/?runs=31") and "316201" in table


def start_url(client, **query) -> str:
    return re.search(r'href="([^"]+)" data-next', fragment(client, **query))[1].replace("&amp;", "&")


def test_the_search_that_start_begins_is_offered_again_on_home(shifter_client, shifter, in_registry):
    start = start_url(shifter_client)
    assert last_searches(shifter) == []
    shifter_client.get(start)
    [search] = last_searches(shifter)
    assert search.runs == parse_qs(urlsplit(start).query)["runs"][0] and 316201 in search.search.numbers
    assert f'href="{search.url}"' in shifter_client.get("/").text


def test_the_form_of_one_run_is_no_search(shifter_client, shifter, sandbox):
    shifter_client.get("/certify/316201/express/?runs=316201")
    assert last_searches(shifter) == []


def test_start_leaves_out_what_somebody_else_has_open_on_end_of_shift_as_on_home(
    shifter_client, other_shifter_client, in_registry
):
    urls = [start_url(shifter_client, brief="1")]
    for _ in range(4):
        other_shifter_client.get(urls[-1])
        urls.append(start_url(shifter_client, brief="1"))
        assert start_url(shifter_client) == urls[-1]
    assert len(set(urls)) == 5
    assert {url.split("/")[2] for url in urls} > {"316201"}


def test_collisions_and_cosmics_are_apart_by_reconstruction(shifter, in_registry):
    now = open_now(shifter, FRAGMENT_ROWS)
    assert [group.noun for group in now.groups][:2] == ["collisions", "cosmics"]
    texts = [replace(now.groups[0], count=count, noun=noun).count_text for count, noun in ((1, "cosmics"), (2, "of x"))]
    assert texts == ["1 dataset of cosmics", "2 datasets of x"]
    assert sum((Counter(dict(group.parts)) for group in now.groups), Counter()) == in_registry
    assert all(len(group.rows) == FRAGMENT_ROWS for group in now.groups[:2])
    types = {row.run_type for row in now.groups[0].rows}
    assert types == {"Collisions"}


def test_a_stored_run_type_counts_before_that_of_run_registry(shifter, in_registry):
    assert "316201" in str(open_now(shifter, 1).groups[0].rows[0].run_number)
    OmsRun.objects.filter(pk=316201).update(run_type="cosmics", typed={"run_type": {"by": "leader"}})
    collisions, cosmics = open_now(shifter, 1).groups[:2]
    assert (cosmics.rows[0].run_number, collisions.rows[0].run_number) == (316201, 316200)


def test_what_is_certified_here_is_not_counted_at_once(shifter_client, shifter, other_shifter, in_registry):
    assert f"Start: {in_registry.total()} open" in fragment(shifter_client)
    certify(other_shifter, 316201, "express")
    certify(shifter, 316111, "express")
    certify(shifter, 316111, "prompt", withdrawn=True)
    html = fragment(shifter_client)
    assert f"Start: {in_registry.total() - 2} open" in html
    assert 'data-run="316201"' not in html and "316200" in html


def test_a_user_in_training_sees_what_they_have_not_practised(shifter, other_shifter, in_registry):
    certify(other_shifter, 316201, "express")
    shifter.in_training = True
    assert open_now(shifter, 1).count == in_registry.total()


def test_the_answer_is_cached_for_all_until_somebody_asks_again(
    shifter_client, other_shifter_client, sandbox, time_machine_at_noon
):
    first = fragment(shifter_client)
    assert "Run Registry, 12:00:00 UTC" in first
    sandbox.clear()
    time_machine_at_noon.shift(timedelta(minutes=4))
    assert "Run Registry, 12:00:00 UTC" in fragment(other_shifter_client)
    assert sandbox.requests() == []
    assert "Run Registry, 12:04:00 UTC" in fragment(other_shifter_client, again="1")
    assert len(sandbox.requests("registry")) == 1
    time_machine_at_noon.shift(timedelta(minutes=6))
    assert "Run Registry, 12:10:00 UTC" in fragment(shifter_client)


@pytest.fixture
def time_machine_at_noon(time_machine):
    time_machine.move_to("2018-06-01T12:00:00+00:00", tick=False)
    return time_machine


@pytest.mark.parametrize("mode", ["refuse", "500", "wrong-shape"])
def test_without_run_registry_the_last_answer_is_shown_with_its_time(
    shifter_client, sandbox, time_machine_at_noon, mode
):
    fragment(shifter_client)
    sandbox.faults("registry", mode)
    time_machine_at_noon.shift(timedelta(hours=1))
    html = fragment(shifter_client)
    assert (
        "Start: 361 open" in html
        and "This is the answer of 2018-06-01 12:00:00 UTC; query again for a newer one." in html
    )


@pytest.mark.parametrize("mode", ["refuse", "500", "wrong-shape", "login-page"])
def test_without_any_answer_the_fragment_names_the_outage(shifter_client, sandbox, mode):
    sandbox.faults("registry", mode)
    html = fragment(shifter_client)
    assert "What is open is not known" in html and "Search the runs that you know, or query again." in html
    assert "Start: " not in html


def test_without_oms_the_rows_are_there_without_facts(shifter_client, sandbox):
    sandbox.faults("oms", "refuse")
    html = fragment(shifter_client)
    assert "Start: 361 open" in html and "Facts that are not known here are left out; query again for them." in html


def test_nothing_left_is_said(shifter_client, sandbox, monkeypatch):
    monkeypatch.setattr("registry.bulk_queries.upstream_client.get_datasets", lambda *_: [])
    html = fragment(shifter_client)
    assert (
        "0 open" in html
        and "Nothing is open: all that Run Registry has open for Tracker is certified here. Query again" in html
    )


def test_home_makes_no_request_and_leaves_a_link_without_javascript(shifter_client, sandbox):
    html = shifter_client.get("/").text
    assert f'hx-get="{URL}" hx-trigger="load"' in html and f'href="{URL}">What is open now</a>' in html
    assert sandbox.requests() == []


def test_a_row_of_home_leads_on_through_the_runs_of_its_type(shifter_client, sandbox):
    html = fragment(shifter_client)
    form = re.search(r'href="(/certify/316201/express/[^"]+)"', html)[1].replace("&amp;", "&")
    assert "Save and next" in shifter_client.get(form).text


# Session, user; certified, run types, rows of OMS; certifications and drafts of the rows; pace.
QUERIES = 8


@pytest.mark.django_db(transaction=True)
def test_query_count_of_the_fragment_is_independent_of_row_count(shifter, shifter_client, stopped_clock, sandbox):
    fragment(shifter_client)
    for certified in (0, 6):
        for run in OmsRun.objects.filter(run_type="collisions")[:certified]:
            certify(shifter, run.pk, "rereco")
        with CaptureQueriesContext(connection) as seen:
            fragment(shifter_client)
        assert len(seen) == QUERIES, [query["sql"][:90] for query in seen]
