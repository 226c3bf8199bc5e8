"""The filters of the week: each applies to every part, and is in the address."""

from __future__ import annotations

from datetime import date
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from certify.filters.date_range import days_of_week, this_week
from reports.scope import PeriodFilter, Scope
from tests.factories import CertificationFactory, DatasetFactory, PixelProblemFactory, RunFactory, UserFactory

WEEK = "week=2018-W22"  # 28 May to 3 June: the day of the factory is in it


def scope_of(query: str):
    filters = PeriodFilter(QueryDict(query))
    assert filters.is_valid(), filters.errors
    return Scope(filters)


def keys(query: str) -> set[int]:
    return {row.pk for row in scope_of(query).rows()}


@pytest.mark.parametrize(
    ("query", "first", "last", "week"),
    [
        ("week=2018-W17", date(2018, 4, 23), date(2018, 4, 29), "2018-W17"),
        ("from=2018-04-23&to=2018-04-29", date(2018, 4, 23), date(2018, 4, 29), "2018-W17"),
        ("from=2018-04-23&to=2018-04-30", date(2018, 4, 23), date(2018, 4, 30), ""),
        ("week=2018-W17&from=2018-05-01", date(2018, 5, 1), None, ""),
        ("runs=316187", None, None, ""),
        ("week=2020-W53", date(2020, 12, 28), date(2021, 1, 3), "2020-W53"),
    ],
)
def test_days_of_a_query(query, first, last, week):
    scope = scope_of(query)
    assert (scope.first, scope.last, scope.week) == (first, last, week)


def test_default_week_is_the_current_week(time_machine):
    time_machine.move_to("2018-12-31T23:30:00+00:00")
    assert scope_of("").week == this_week().week == "2019-W01"
    time_machine.move_to("2019-01-07T00:30:00+00:00")
    assert scope_of("verdict=bad").week == "2019-W02"


def test_links_to_other_weeks_have_the_filters():
    scope = scope_of("week=2019-W01&verdict=bad")
    assert (scope.moved(-1), scope.moved(1)) == ("week=2018-W52&verdict=bad", "week=2019-W02&verdict=bad")
    assert scope_of("from=2018-05-01&to=2018-05-03").moved(1) == "date_min=2018-05-04&date_max=2018-05-06"
    assert scope_of("runs=316187").moved(1) == ""
    assert scope_of("week=2000-W01").moved(-1) == ""


@pytest.mark.parametrize("name", ["2018-W54", "2018", "2018-W00", "W17", "9999-W52", "2018-W1٣"])
def test_invalid_week_is_refused(name):
    with pytest.raises(ValueError, match="no such week"):
        days_of_week(name)
    assert PeriodFilter(QueryDict(urlencode({"week": name}))).errors["week"]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2018-05-03&to=2018-05-01", "date_max"),
        ("from=1918-05-03", "date_min"),
        ("runs=banana", "runs"),
        ("user=nobody-of-us", "user"),
        ("user=%00", "user"),
        ("verdict=splendid", "verdict"),
        ("problem=pixel-999999", "problem"),
        ("problem=-", "problem"),
        ("b_field=nan", "b_field"),
        ("energy=1e400", "energy"),
    ],
)
@pytest.mark.django_db
def test_invalid_value_is_refused_with_a_field_error(query, field):
    assert list(PeriodFilter(QueryDict(query)).errors) == [field]


@pytest.mark.django_db
def test_each_filter_narrows_and_is_in_the_address():
    problem = PixelProblemFactory()
    person = UserFactory(username="anna", first_name="Anna")
    facts = {"run": {"b_field": 0.02, "energy": 450.0, "fill_type_runtime": "PB82"}}
    other = CertificationFactory(
        run=RunFactory(run_number=315100),
        reconstruction="prompt",
        user=person,
        dataset=DatasetFactory(name="/PromptReco/HI2018A/DQM"),
        facts=facts,
        pixel="bad",
        trackermap="missing",
    )
    other.pixel_problems.add(problem)
    plain = CertificationFactory(
        run=RunFactory(cosmics=True), facts={"run": {"b_field": 3.8, "energy": None, "fill_type_runtime": None}}
    )
    bare = CertificationFactory(user=plain.user)  # facts of an old row: none
    CertificationFactory(user=person, date=date(2018, 6, 4))
    CertificationFactory(user=person, withdrawn=True)
    everything = {other.pk, plain.pk, bare.pk}
    assert keys(WEEK) == everything
    for query in (
        "user=anna",
        "runs=315000-315200",
        "runs=315100,+399999",
        "reconstruction=prompt",
        "verdict=bad",
        "trackermap=missing",
        "b_field=0",
        "energy=450",
        "beam=pb",
        "dataset=HI2018",
        f"problem=pixel-{problem.pk}",
    ):
        assert keys(f"{WEEK}&{query}") == {other.pk}, query
        again = scope_of(f"{WEEK}&{query}").query
        assert keys(again) == {other.pk}, again
    assert keys(f"{WEEK}&b_field=3.8") == keys(f"{WEEK}&run_type=cosmics") == {plain.pk}
    assert keys(f"{WEEK}&user=anna&user={plain.user.username}") == everything
    assert keys(f"{WEEK}&verdict=good&verdict=bad&run_type=collisions") == {other.pk, bare.pk}
    assert {row.pk for row in scope_of(f"{WEEK}&user=anna").withdrawn()} & everything == set()
    assert scope_of(f"{WEEK}&user=anna").withdrawn().count() == 1


@pytest.mark.django_db
def test_changed_verdicts_need_one_side_within_the_filters():
    run = RunFactory(run_number=315100)
    for reconstruction, day in (("express", date(2018, 5, 25)), ("prompt", date(2018, 5, 29)), ("rereco", None)):
        flags = {"strip": "bad", "tracking": "bad"} if reconstruction == "prompt" else {}
        CertificationFactory(run=run, reconstruction=reconstruction, date=day or date(2018, 5, 30), **flags)
    changed = {query: len(scope_of(query).flag_changes()) for query in (WEEK, "week=2018-W21", "week=2018-W23")}
    assert changed == {WEEK: 1, "week=2018-W21": 0, "week=2018-W23": 0}
    assert len(scope_of(f"{WEEK}&reconstruction=prompt").flag_changes()) == 1
    assert scope_of(f"{WEEK}&reconstruction=rereco").flag_changes() == []
