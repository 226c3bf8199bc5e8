"""Progress over HTTP: open, certified and remaining runs, deadlines of calls, and outages of Run Registry."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certify.filters.date_range import DateRange, days_of_week
from infrastructure.http.budget import Budget
from registry.certification_calls import CertificationCall
from registry.parsing import RegistryDataset, reconstruction_in
from reports.scope import Scope
from sandbox.faults import MODES
from shiftleader.parts import progress
from shiftleader.progress import MAX_CALLS, call_progress, calls_in_scope, progress_by_reconstruction
from tests.factories import CertificationFactory, RunFactory, UserFactory
from tests.faults.cells import MainContent
from tests.faults.timeouts import set_timeouts
from tests.shiftleader.parts.test_comparison import IN_PAGE, certify, text_of

PART = "/shiftleader/part/progress/"
EXPRESS, PROMPT = "/Express/Collisions2018/DQM", "/PromptReco/Collisions2018A/DQM"
DAY = "from=2018-04-27&to=2018-04-27"  # runs 315264 to 315270 began, and 315322


def dataset(run, name=EXPRESS, state="OPEN"):
    return RegistryDataset(run, name, reconstruction_in(name), state, "Collisions18", "SIGNOFF", name)


def cycle(*datasets, deadline=None, state="pending"):
    return CertificationCall("2018 week 17", deadline, state, datasets)


RUNS, RECOS = st.integers(1, 8), {"express": EXPRESS, "prompt": PROMPT, "rereco": "/ReReco/A/DQM"}
KEYS = st.tuples(RUNS, st.sampled_from(sorted(RECOS)))


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(KEYS), st.dictionaries(KEYS, st.sampled_from(["Anna", "Bert"])))
def test_progress_equals_a_direct_count(opened, shifters):
    found = progress_by_reconstruction([dataset(run, RECOS[reco]) for run, reco in opened], shifters)
    for reco in RECOS:
        runs = {run for run, name in opened if name == reco}
        done = {run for run in runs if (run, reco) in shifters}
        rows = [row for row in found if row.name == reco]
        assert len(rows) == bool(runs)
        for row in rows:
            assert (row.total, row.certified) == (len(runs), len(done))
            assert [left.run_number for left in row.remaining] == sorted(runs - done, reverse=True)
            names = [shifters[run, reco] for run in done]
            assert dict(row.people) == {name: names.count(name) for name in names}


def test_remaining_runs_link_to_searches_of_a_hundred():
    found = progress_by_reconstruction([dataset(run) for run in range(315000, 315250, 2)], {})
    assert [len(search.split(",")) for search in found[0].searches] == [100, 25]


def test_calls_with_a_deadline_in_the_range_are_always_shown():
    last, ended = (
        datetime(2018, 4, 25, tzinfo=UTC),
        cycle(deadline=datetime(2017, 4, 25, tzinfo=UTC), state="completed"),
    )
    pending = [cycle(deadline=last - timedelta(days=number)) for number in range(MAX_CALLS + 3)]
    days = DateRange(date(2018, 4, 20), date(2018, 4, 25))
    shown, more = calls_in_scope([*pending, ended], Scope.of_days(days), (), bool)
    assert (len(shown), more) == (MAX_CALLS, 3) and shown[0].deadline < shown[-1].deadline == last
    assert calls_in_scope([*pending, ended], Scope.of_days(days_of_week("2017-W17")), (), bool)[0] == [ended]


def at(day):
    return datetime(2018, 5, day, tzinfo=UTC)


@pytest.mark.parametrize(
    ("parts", "days", "is_shown"),
    [
        ({"deadline": at(10)}, (8, 12), True),
        ({"deadline": at(30)}, (1, 2), True),  # in the future, for any days
        ({"deadline": at(30), "state": "completed"}, (1, 2), False),
        ({"deadline": at(10), "made_at": at(3)}, (4, 5), True),
        ({"deadline": at(10), "made_at": at(3)}, (1, 2), False),  # before it was made
        ({"deadline": at(10), "made_at": at(3)}, (18, 24), True),  # overdue
        ({"deadline": at(10), "made_at": at(3), "state": "completed"}, (18, 24), False),
        ({"deadline": at(10), "made_at": at(3), "state": "completed"}, (4, 5), True),
        ({"deadline": at(10), "state": "completed", "runs": (7, 8)}, (1, 2), True),  # about a run of the days
        ({"deadline": None}, (1, 2), True),
        ({"deadline": None, "state": "completed"}, (1, 2), False),
    ],
)
def test_call_is_of_the_days_by_its_time_its_deadline_or_its_runs(time_machine, parts, days, is_shown):
    time_machine.move_to("2018-05-20T12:00:00+00:00")
    values = {"state": "pending", "made_at": None, **parts}
    datasets = tuple(dataset(run, PROMPT) for run in values.pop("runs", (1, 2)))
    call = CertificationCall("call", datasets=datasets, **values)
    found, _more = calls_in_scope(
        [call], Scope.of_days(DateRange(*(at(day).date() for day in days))), {8}, lambda _dataset: True
    )
    assert bool(found) is is_shown


def test_many_runs_are_requested_in_several_calls(monkeypatch):
    requested = []
    monkeypatch.setattr(progress, "open_datasets_of", lambda numbers, _budget: requested.append(len(numbers)))
    monkeypatch.setattr(progress, "open_datasets_between", lambda *_arguments: None)
    monkeypatch.setattr(progress, "certification_calls", lambda _budget: None)
    progress._fetch(Scope.of_days(DateRange()), range(315000, 320000, 2), Budget.for_page())
    assert (sum(requested), max(requested)) == (2500, 1000)


def test_call_with_remaining_runs_after_its_deadline_is_overdue(time_machine):
    time_machine.move_to("2018-05-01T12:00:00+00:00")
    past, future = datetime(2018, 5, 1, tzinfo=UTC), datetime(2018, 5, 2, tzinfo=UTC)
    calls = [cycle(dataset(1, PROMPT), deadline=past), cycle(dataset(2, PROMPT), deadline=past),
             cycle(dataset(1, PROMPT), deadline=future), cycle(dataset(1, PROMPT))]  # fmt: skip
    assert [progress_row.is_overdue for progress_row in call_progress(calls, {(2, "prompt"): "Anna"})] == [
        True,
        False,
        False,
        False,
    ]


@pytest.fixture
def ask(sandbox, shift_leader_client):
    def get_fragment(query=DAY, **headers):
        answer = shift_leader_client.get(f"{PART}?{query}", **headers)
        assert answer.status_code == 200
        return answer.content.decode()

    return get_fragment


def row_of(html, reconstruction):
    """The cells of one reconstruction: open, certified, shifters, remaining."""
    found = re.search(rf'<tr data-reco="{reconstruction}">(.*?)</tr>', html, re.DOTALL)
    cells = re.findall(r"<td[^>]*>(.*?)</td>", found[1], re.DOTALL)
    return [text_of(cell) for cell in cells[:4]]


@pytest.mark.django_db
def test_open_runs_of_the_days_are_counted_by_reconstruction(ask):
    anna = UserFactory(first_name="Anna", last_name="Bach")
    certify(315264, user=anna)
    certify(315265, user=anna)
    certify(315266, user=UserFactory(username="bert"))
    html = ask()
    opened, certified, people, left = row_of(html, "express")
    assert (certified, people) == ("3", "Anna Bach 2, bert 1")
    assert int(opened) - 3 == int(left) > 0
    assert row_of(html, "prompt")[1:3] == ["0", "-"]
    assert "/certify/315267/express/?dataset=%2FExpress%2FCollisions2018%2FDQM" in html
    assert "/certify/315266/express/" not in html
    assert re.search(r'href="/openruns/\?runs=[^"]*315267', html)
    assert "Run Registry was queried at" in html


@pytest.mark.django_db
def test_closed_datasets_are_not_counted(ask):
    assert "Run Registry has no dataset open for Tracker" in ask("week=2018-W16")
    assert 'data-reco="rereco"' not in ask("runs=315259")
    assert row_of(ask("runs=315257"), "rereco")[0] == "1"


@pytest.mark.django_db
def test_both_days_and_runs_filter(ask):
    """A run that began before the day counts when it is certified on the day."""
    left = re.compile(r"/certify/(\d+)/express/")
    of_day, narrower = (set(left.findall(ask(query))) for query in (DAY, f"{DAY}&runs=315257-315265"))
    assert narrower == {run for run in of_day if int(run) <= 315265} != of_day
    assert 'data-reco="express"' not in ask(f"{DAY}&runs=315257")
    certify(315257, date=date(2018, 4, 27))
    assert row_of(ask(f"{DAY}&runs=315257"), "express")[:2] == ["1", "1"]


@pytest.mark.django_db
def test_runs_certified_in_the_range_count_by_shift_day(ask):
    certify(315267)
    assert row_of(ask("week=2018-W22"), "prompt")[0] == "1"


@pytest.mark.django_db
def test_filters_narrow(ask):
    assert 'data-reco="express"' not in ask(f"{DAY}&reconstruction=prompt")
    assert 'data-reco="express"' not in ask(f"{DAY}&dataset=promptreco")
    cosmics, collisions = (
        int(row_of(ask(f"{DAY}&run_type={run_type}"), "express")[0]) for run_type in ("cosmics", "collisions")
    )
    commissioning = int(row_of(ask(DAY), "express")[0]) - cosmics - collisions
    assert (cosmics > 0, collisions > 0, commissioning >= 0) == (True, True, True)


@pytest.mark.django_db
def test_certification_filters_do_not_narrow_uncertified_runs(ask):
    opened = int(row_of(ask(DAY), "express")[0])
    own = certify(315267, facts={"run": {"b_field": 3.8}})
    other = certify(315270, user=UserFactory(username="else"))
    assert row_of(ask(DAY), "express")[:2] == [str(opened), "2"]
    assert row_of(ask(f"{DAY}&user={other.user.username}"), "express")[:2] == [str(opened - 1), "1"]
    assert row_of(ask(f"{DAY}&verdict=bad"), "express")[:2] == [str(opened - 2), "0"]
    assert "has no shifter, verdict, tracker map and problems yet" in ask(f"{DAY}&verdict=bad")
    RunFactory(run_number=315265, b_field=3.8)
    left = row_of(ask(f"{DAY}&b_field=3.8&user={own.user.username}"), "express")
    assert left[:2] == ["2", "1"]


@pytest.mark.django_db
def test_calls_have_deadline_and_remaining_runs(ask):
    certify(315259, "prompt", PROMPT)
    html = ask()
    row = re.search(r'<tr data-call="2018 week 17">(.*?)</tr>', html, re.DOTALL)[1]
    cells = [text_of(cell) for cell in re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL)]
    assert cells[0] == "2018-05-01 00:00 UTC overdue"
    assert (cells[1], cells[3]) == ("pending", "1")
    assert cells[4].startswith(f"{int(cells[2]) - 1}: open runs")
    assert "2018 week 18" not in html  # made after this day, and about other runs
    html = ask("from=2018-04-27&to=2018-05-14")
    assert html.index("2018 week 17") < html.index("2018 week 18")


@pytest.mark.django_db
def test_filters_narrow_the_calls(ask):
    """Filters remove datasets of calls, and calls without any dataset."""
    anna = UserFactory(username="anna")
    certify(315259, "prompt", PROMPT, user=anna)
    certify(315322, "prompt", PROMPT)
    both = "from=2018-04-23&to=2018-05-14"
    row = re.compile(r'data-call="([^"]+)".*?data-label="datasets">(\d+).*?data-label="certified">(\d+)', re.DOTALL)
    counts = {
        query: row.findall(ask(query))
        for query in (both, f"{both}&runs=315252-315265", f"{both}&user=anna", f"{both}&reconstruction=express",
                      f"{both}&dataset=cosmics", f"{both}&run_type=cosmics", f"{both}&run_type=collisions")
    }  # fmt: skip
    (name, opened, certified), later = counts[both]
    assert (name, certified, later[0]) == ("2018 week 17", "2", "2018 week 18")
    assert counts[f"{both}&run_type=collisions"] == counts[both]
    assert counts[f"{both}&user=anna"] == [(name, str(int(opened) - 1), "1"), later]
    ((narrow, fewer, call),) = counts[f"{both}&runs=315252-315265"]
    assert (narrow, 0 < int(fewer) < int(opened), call) == (name, True, "1")
    for query in ("reconstruction=express", "dataset=cosmics", "run_type=cosmics"):
        assert counts[f"{both}&{query}"] == []


@pytest.mark.django_db
def test_run_type_of_reprocessed_data_in_a_call_is_that_of_the_run():
    """The dataset name has no run type."""
    RunFactory(run_number=315001), RunFactory(run_number=315002, cosmics=True)
    names = [
        RegistryDataset(run, "/ReReco/Run2018A_UL2019/DQM", "rerecoul", "", None, None)
        for run in (315001, 315002, 315003)
    ]
    call = cycle(*names, RegistryDataset(315004, PROMPT, "prompt", "", None, None))
    for run_type, left in (("collisions", [315001, 315003, 315004]), ("cosmics", [315002, 315003])):
        is_left = progress._call_dataset_filter([call], Scope.of_days(DateRange(), run_type=run_type))
        assert [row.run_number for row in call.datasets if is_left(row)] == left
    assert all(map(progress._call_dataset_filter([call], Scope.of_days(DateRange())), call.datasets))


@pytest.mark.django_db
def test_guest_sees_no_actions(sandbox, guest_client):
    html = guest_client.get(f"{PART}?{DAY}", **IN_PAGE).content.decode()
    assert "315267" in html
    assert "/certify/" not in html
    assert "/openruns/" not in html


@pytest.mark.django_db
@pytest.mark.parametrize("size", [3, 40])
def test_query_count_is_independent_of_row_count(ask, django_assert_max_num_queries, size):
    certification = certify(315254)
    same = {
        "user": certification.user,
        "dataset": certification.dataset,
        "reference_runreconstruction": certification.reference_runreconstruction,
    }
    for number in range(size):
        CertificationFactory(run=RunFactory(run_number=315255 + number, fill=None), **same)
    with django_assert_max_num_queries(6):
        ask("week=2018-W22", **IN_PAGE)


@pytest.mark.django_db
@pytest.mark.parametrize("mode", [mode for mode in MODES if mode != "not-found"])
def test_unreachable_registry_is_reported_once_and_retried(ask, sandbox, settings, mode):
    set_timeouts(settings, mode)
    sandbox.faults("registry", mode)
    main = MainContent(ask())
    messages = [
        paragraph
        for paragraph in main.paragraphs
        if paragraph.startswith("Run Registry ") and "query again" in paragraph
    ]
    assert len(messages) == 1
    assert "is not known" in messages[0] or "are not known" in messages[0]
    again = next(link for link in main.links if "again=1" in link)
    sandbox.clear()
    set_timeouts(settings, "")
    assert "certified" in ask(again.split("?")[1])
    assert "query again" not in text_of(ask())


@pytest.mark.django_db
def test_unavailable_calls_do_not_affect_the_open_runs(ask, sandbox):
    sandbox.faults("registry", "500", path="cycles")
    html = ask()
    assert row_of(html, "express")
    assert "Run Registry out since" not in html
    assert "Run Registry’s list of certification calls answered with an error (500)." in text_of(html)
    assert "The certification calls are not known; query again ." in text_of(html)


@pytest.mark.django_db
def test_unavailable_open_runs_do_not_affect_the_calls(ask, sandbox):
    sandbox.faults("registry", "500", path="datasets_filtered")
    html = ask("week=2018-W18")
    assert "What is open is not known; query again ." in text_of(html)
    assert "has no dataset open" not in html
    assert "2018 week 17" in html
