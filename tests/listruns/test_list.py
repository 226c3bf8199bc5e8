from datetime import UTC, date, datetime, timedelta

import pytest

from certify.models.choices import Flag
from tests.factories import CertificationFactory, ReconstructionFactory, RunFactory
from tests.listruns.list_page import create_certifications, keys, rows
from tests.proof import scaled

pytestmark = pytest.mark.django_db
TODAY = date(2018, 6, 6)  # a Wednesday


@pytest.fixture(autouse=True)
def _on_that_day(time_machine):
    time_machine.move_to(datetime(2018, 6, 6, 4, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def certifications(shifter, other_shifter):
    """Own certifications of today, of Monday and of last month; one of another shifter of today."""
    return {
        "mine": CertificationFactory(user=shifter, date=TODAY),
        "monday": CertificationFactory(user=shifter, date=date(2018, 6, 4)),
        "old": CertificationFactory(user=shifter, date=date(2018, 5, 2)),
        "theirs": CertificationFactory(user=other_shifter, date=TODAY),
    }


def chips(client):
    return {chip.text: chip for chip in client.get("/list/").context["page"].panel.scopes}


def test_default_is_own_certifications_of_today(shifter_client, certifications):
    assert rows(shifter_client) == [certifications["mine"].pk]


def test_default_of_a_guest_is_all_certifications_of_today(guest_client, certifications):
    assert set(rows(guest_client)) == {certifications["mine"].pk, certifications["theirs"].pk}


@pytest.mark.parametrize(
    ("chip", "names"),
    [
        ("Mine today", ["mine"]),
        ("My week", ["mine", "monday"]),
        ("Everybody today", ["mine", "theirs"]),
        ("This week", ["mine", "theirs", "monday"]),
        ("All", ["mine", "theirs", "monday", "old"]),
    ],
)
def test_each_scope_lists_its_certifications(shifter_client, certifications, chip, names):
    answer = shifter_client.get(f"/list/?{chips(shifter_client)[chip].query}")
    assert set(keys(answer)) == {certifications[name].pk for name in names}
    assert [chip.text for chip in answer.context["page"].panel.scopes if chip.is_current] == [chip]


def test_default_filters_apply_with_sort_page_or_size(shifter_client, certifications):
    for query in ({"page": 2}, {"sort": "run"}, {"per_page": 100}):
        assert rows(shifter_client, **query) == [certifications["mine"].pk]


def test_empty_form_shows_all_certifications(shifter_client, certifications):
    assert len(rows(shifter_client, runs_min="", user="", state="")) == 4


def test_row_has_run_flags_verdict_and_shifter(shifter_client, shifter):
    CertificationFactory(
        user=shifter, date=TODAY, run=RunFactory(run_number=315270), strip=Flag.BAD, comment="HV <off>"
    )
    html = shifter_client.get("/list/").content.decode()
    assert 'data-run="315270" data-reco="express"' in html
    assert 'title="Strip: bad"' in html
    assert '<span class="verdict is-bad">Bad</span>' in html
    assert "HV &lt;off&gt;" in html


def test_row_shows_a_missing_tracker_map(shifter_client, shifter):
    CertificationFactory(user=shifter, date=TODAY)
    assert "no map" not in shifter_client.get("/list/").text
    CertificationFactory(user=shifter, date=TODAY, trackermap="missing")
    assert shifter_client.get("/list/").text.count(">no map</span>") == 1


def test_totals_count_all_pages_and_link_to_their_rows(shifter_client, shifter):
    for _ in range(2):
        CertificationFactory(user=shifter, date=TODAY)
    bad = CertificationFactory(user=shifter, date=TODAY, tracking=Flag.BAD)
    page = shifter_client.get("/list/").context["page"]
    assert page.total == 3
    assert [(chip.verdict, chip.text) for chip in page.totals] == [("good", "2"), ("bad", "1")]
    assert keys(shifter_client.get(f"/list/?{page.totals[1].query}")) == [bad.pk]


def test_pages_are_disjoint_and_complete_in_every_order(shifter_client, shifter):
    certifications = create_certifications(60, shifter, ReconstructionFactory(), date=TODAY)
    for sort in ("date", "-date", "-run", "verdict", "shifter"):
        listed = [key for page in (1, 2, 3) for key in rows(shifter_client, state="live", sort=sort, page=page)]
        assert sorted(listed) == sorted(certification.pk for certification in certifications)


def test_sort_by_run(shifter_client, shifter):
    certifications = create_certifications(3, shifter, ReconstructionFactory(), date=TODAY)
    assert rows(shifter_client, sort="run") == [certification.pk for certification in certifications]
    assert rows(shifter_client, sort="-run") == [certification.pk for certification in reversed(certifications)]


@pytest.mark.parametrize(("size", "shown"), [("50", 50), ("100", 60), ("7", 25), ("x", 25)])
def test_page_size(shifter_client, shifter, size, shown):
    create_certifications(60, shifter, ReconstructionFactory(), date=TODAY)
    assert len(rows(shifter_client, per_page=size)) == shown


@pytest.mark.parametrize(
    "parameter", [{"page": "0"}, {"page": "x"}, {"page": "99"}, {"sort": "password"}, {"sort": "-"}]
)
def test_invalid_page_or_order_is_no_error(shifter_client, certifications, parameter):
    assert rows(shifter_client, **parameter) == [certifications["mine"].pk]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("date_range_min=2018-05-01&date_range_max=2018-05-07", "date_min=2018-05-01&date_max=2018-05-07"),
        ("date=2018-05-01&runs_min=315270", "date_min=2018-05-01&date_max=2018-05-01&runs_min=315270"),
    ],
)
def test_earlier_bookmark_redirects_permanently(shifter_client, old, new):
    answer = shifter_client.get(f"/list/?{old}")
    assert (answer.status_code, answer["Location"]) == (301, f"/list/?{new}")


def test_unknown_filter_is_named_as_not_applied(shifter_client, certifications):
    answer = shifter_client.get("/list/?run_min=315270")
    assert "The address names run_min, which is no filter of this page" in answer.content.decode()


def test_empty_list_has_advice(shifter_client):
    html = shifter_client.get("/list/").content.decode()
    assert "No certification matches. Widen the list" in html
    assert "/certify/" not in html


ONE_RUN = "runs_min=315270&runs_max=315270"


def test_run_without_certifications_links_to_the_certify_page(shifter_client, guest_client):
    html = shifter_client.get(f"/list/?{ONE_RUN}").content.decode()
    assert 'href="/certify/315270/">Certify run 315270</a>' in html
    assert "/certify/" not in guest_client.get(f"/list/?{ONE_RUN}").content.decode()


@pytest.mark.parametrize("query", [f"{ONE_RUN}&date_min=2018-05-01", "runs_min=315270&runs_max=315271"])
def test_no_run_is_offered_where_other_filters_may_hide_its_certifications(shifter_client, query):
    html = shifter_client.get(f"/list/?{query}").content.decode()
    assert "No certification matches" in html
    assert "/certify/" not in html


def test_list_uses_the_common_names_of_shift_day_and_reconstructions(shifter_client, certifications):
    html = shifter_client.get("/list/?state=live").content.decode()
    assert "Shift day</a>" in html
    assert "Shift day from (UTC)" in html
    dated = shifter_client.get("/list/?date_min=2018-05-01&date_max=2018-05-02").content.decode()
    assert ">Shift day from 2018-05-01<" in dated
    assert ">Shift day to 2018-05-02<" in dated
    assert '<input type="checkbox" name="reconstruction" value="rerecoul"> rerecoul</label>' in html


@pytest.mark.parametrize("number", [100, scaled(1000, 10_000)])
def test_query_count_of_the_list_is_independent_of_row_count(
    shifter_client, shifter, number, django_assert_num_queries
):
    create_certifications(number, shifter, ReconstructionFactory(), date=TODAY - timedelta(days=1), comment="seen")
    with django_assert_num_queries(7):
        assert len(rows(shifter_client, state="live", per_page=100)) == 100
