"""One filter for the list, the week and the daily report: the same names, earlier names too, and the same rows."""

from __future__ import annotations

import re
from datetime import date
from urllib.parse import urlencode

import pytest
from django.http import QueryDict

from certify.filters.filterset import CertificationFilter
from certify.models.components import LOWSTAT_FIELDS, RANGES_FIELDS
from reports.scope import PeriodFilter, Scope
from shiftleader.models import SavedFilter
from tests.factories import CertificationFactory, PixelProblemFactory, RunFactory, StripProblemFactory, UserFactory

pytestmark = pytest.mark.django_db
DAYS = "from=2018-05-28&to=2018-06-03"


def filter_of(query: str) -> CertificationFilter:
    return CertificationFilter(QueryDict(query))


def keys(query: str) -> set[int]:
    filters = filter_of(query)
    assert filters.is_valid(), filters.errors
    return set(filters.qs.values_list("pk", flat=True))


@pytest.mark.parametrize(
    ("query", "canonical"),
    [
        ("from=2018-05-01&to=2018-05-03", "date_min=2018-05-01&date_max=2018-05-03"),
        ("date_range_min=2018-05-01", "date_min=2018-05-01"),
        ("date=2018-05-01", "date_min=2018-05-01&date_max=2018-05-01"),
        (DAYS, "week=2018-W22"),
        ("from=2018-05-29&to=2018-06-04", "date_min=2018-05-29&date_max=2018-06-04"),
        ("verdict=bad&week=2018-W22", "week=2018-W22&verdict=bad"),
        ("week=2018-W22&date_min=2018-05-01&date=2018-04-01", "date_min=2018-05-01"),
        ("week=2018-W22&date=2018-04-01", "week=2018-W22"),
        ("state=live&user=&runs=315100&runs_min=315000", "runs=315100&runs_min=315000"),
    ],
)
def test_earlier_names_and_forms_of_days_have_one_canonical_query(query, canonical):
    assert filter_of(query).as_query() == canonical
    assert filter_of(canonical).as_query() == canonical


def test_filters_as_text():
    problem = PixelProblemFactory(name="hot")
    UserFactory(username="anna")
    filters = filter_of(f"week=2018-W22&user=anna&problem=pixel-{problem.pk}&pixel_problems={problem.pk}&stale=on")
    texts = ["Week 2018-W22", "Shifter anna", "Problems Pixel: hot", "Stale", "Pixel problems hot"]
    assert [chip.text for chip in filters.as_chips()] == texts
    assert filters.as_sentence() == "; ".join(texts[1:])
    assert "week" not in filters.as_chips()[0].query and "user=anna" in filters.as_chips()[0].query


def test_run_filters_are_combined_into_ranges():
    assert filter_of("runs=315000-315010,315020&runs_max=315005").run_ranges == [(315000, 315005)]
    assert filter_of("runs_min=315000&runs_max=315005").run_ranges == [(315000, 315005)]
    assert filter_of("runs=315000&runs_min=316000").run_ranges == [(0, 0)]
    assert filter_of("verdict=bad").run_ranges == []


def test_list_and_week_select_the_same_rows(shifter_client):
    anna, ben = UserFactory(username="anna"), UserFactory(username="ben")
    hot, noisy = PixelProblemFactory(), StripProblemFactory()
    facts = {"run": {"b_field": 0.0, "energy": 450.0, "fill_type_runtime": "PB82"}}
    run = RunFactory(run_number=315100)
    first = CertificationFactory(run=run, user=anna, facts=facts, pixel="bad", comment="HV")
    first.pixel_problems.add(hot)
    second = CertificationFactory(run=RunFactory(run_number=315200), user=ben)
    second.strip_problems.add(noisy)
    CertificationFactory(user=UserFactory(username="carl"), run=RunFactory(run_number=315300))
    withdrawn = CertificationFactory(user=anna, withdrawn=True, run=run, reconstruction="prompt")
    for query, expected in {
        "user=anna&user=ben": {first.pk, second.pk},
        "user=anna,ben": {first.pk, second.pk},
        "runs=315100,315200-315250": {first.pk, second.pk},
        "runs_max=315250": {first.pk, second.pk},
        f"problem=pixel-{hot.pk}&problem=strip-{noisy.pk}": {first.pk, second.pk},
        f"pixel_problems={hot.pk}": {first.pk},
        f"pixel_problems={hot.pk}&strip_problems={noisy.pk}": set(),
        "b_field=0": {first.pk},
        "energy=450": {first.pk},
        "beam=pb": {first.pk},
        "pixel=bad&comment=hv": {first.pk},
    }.items():
        assert keys(f"{DAYS}&{query}") == expected, query
        scope = Scope(PeriodFilter(QueryDict(f"{DAYS}&{query}")))
        assert {row.pk for row in scope.rows()} == {line.pk for line in scope.report_rows()} == expected, query
        page = shifter_client.get(scope.rows_url())
        assert page.status_code == 200
        assert {int(pk) for pk in re.findall(r'<tr data-pk="(\d+)"', page.text)} == expected, query
    assert keys(f"{DAYS}&state=withdrawn") == {withdrawn.pk}
    assert keys(f"{DAYS}&state=any&user=anna") == {first.pk, withdrawn.pk}


@pytest.mark.parametrize("state", ["withdrawn", "any"])
def test_reports_omit_withdrawn_certifications_at_any_state_filter(shifter_client, state):
    live = CertificationFactory(run=RunFactory(run_number=315100))
    CertificationFactory(run=RunFactory(run_number=315200), withdrawn=True)
    scope = Scope(PeriodFilter(QueryDict(f"{DAYS}&state={state}")))
    assert [row.pk for row in scope.rows()] == [row.pk for row in scope.report_rows()] == [live.pk]
    assert not scope.has_certification_filters and "state=live" in scope.rows_url()
    response = shifter_client.get(f"/summary/?{DAYS}&state={state}&user=everybody")
    assert [row.pk for row in response.context["rows"]] == [live.pk]
    assert "names state, which is no filter of this page" in shifter_client.get(f"/shiftleader/?state={state}").text


def test_removing_the_last_filter_leaves_the_plain_address():
    assert [chip.query for chip in PeriodFilter(QueryDict("runs=315100")).as_chips(with_days=False)] == [""]
    assert [chip.query for chip in filter_of("runs=315100").as_chips()] == ["state=live"]


def test_panel_preserves_filters_that_it_does_not_show(shifter_client):
    problem = PixelProblemFactory()
    listed = shifter_client.get(f"/list/?problem=pixel-{problem.pk}&week=2018-W22").text
    assert f'<input type="hidden" name="problem" value="pixel-{problem.pk}">' in listed
    assert 'name="date_min" value="2018-05-28"' in listed
    week = shifter_client.get("/shiftleader/?week=2018-W22&comment=HV&runs_min=315000").text
    assert '<input type="hidden" name="comment" value="HV">' in week
    assert '<input type="hidden" name="runs_min" value="315000">' in week


def test_daily_report_applies_every_filter(shifter_client):
    certification = CertificationFactory(date=date(2018, 5, 30), comment="seen", pixel="bad")
    CertificationFactory(date=date(2018, 5, 30), comment="another")
    query = urlencode({"week": "2018-W22", "verdict": "bad", "user": "everybody"})
    response = shifter_client.get(f"/summary/?{query}")
    assert [row.pk for row in response.context["rows"]] == [certification.pk]
    assert '<input type="hidden" name="verdict" value="bad">' in response.text


def test_saved_filter_with_earlier_names_is_read(shifter, shifter_client):
    problem = PixelProblemFactory()
    SavedFilter.objects.create(user=shifter, name="days", query="from=2018-05-28&to=2018-05-29&verdict=bad")
    SavedFilter.objects.create(user=shifter, name="hot", query=f"runs=315100-315200&problem=pixel-{problem.pk}")
    page = shifter_client.get("/shiftleader/?week=2018-W20").text
    assert 'href="?from=2018-05-28&amp;to=2018-05-29&amp;verdict=bad"' in page
    assert f'href="?week=2018-W20&amp;runs=315100-315200&amp;problem=pixel-{problem.pk}"' in page


@pytest.mark.parametrize("field", LOWSTAT_FIELDS)
def test_low_statistics_of_any_component_are_found(field):
    CertificationFactory()
    assert keys("lowstat=on") == set()
    marked = CertificationFactory(**{field: True})
    assert keys("lowstat=on") == {marked.pk}


@pytest.mark.parametrize("field", RANGES_FIELDS)
def test_bad_lumisections_of_any_component_are_found(field):
    CertificationFactory()
    assert keys("ranges=on") == set()
    marked = CertificationFactory(**{field: [[310, 330]]})
    assert keys("ranges=on") == {marked.pk}


def test_filter_of_bad_lumisections_has_a_chip_and_a_sentence(shifter_client):
    filters = filter_of("ranges=on&verdict=good")
    assert filters.as_sentence() == "Verdict good; With bad lumisections"
    assert filters.as_query(without=["verdict"]) == "ranges=on"
    assert 'name="ranges" id="id_ranges" checked' in shifter_client.get("/list/?ranges=on").text
