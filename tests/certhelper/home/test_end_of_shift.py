"""The end of a shift: open, drafts, incomplete, stale, questions, report, each with exactly its rows."""

import re
from datetime import UTC, date, datetime

import pytest
from django.utils import timezone

from drafts.models import Draft
from openruns.searches import save_search
from tests.factories import CertificationFactory, QuestionFactory, RunFactory

pytestmark = pytest.mark.django_db
URL = "/end-of-shift/"
TODAY, BEFORE = date(2018, 6, 1), date(2018, 5, 31)


@pytest.fixture(autouse=True)
def on_that_day(time_machine):
    time_machine.move_to(datetime(2018, 6, 1, 14, 0, tzinfo=UTC), tick=False)


@pytest.fixture
def left(shifter, other_shifter, shift_leader):
    """A draft, two incomplete, one stale and one asked certification of the shifter; as much of somebody else."""
    for person in (other_shifter, shifter):
        Draft.objects.create(
            user=person,
            run_number=315270,
            reconstruction="express",
            key=f"{person.pk:032}",
            typed="comment=x",
            saved_at=timezone.now(),
        )
        made = {
            "incomplete": [
                CertificationFactory(user=person, external_info_complete=False, date=BEFORE) for _ in range(2)
            ],
            "stale": [CertificationFactory(user=person, date=BEFORE, stale_since=timezone.now())],
            "asked": CertificationFactory(user=person, date=TODAY),
        }
        QuestionFactory(certification=made["asked"], asked_by=shift_leader)
    return made


def test_parts_stand_in_the_order_of_the_work(shifter_client, left):
    html = shifter_client.get(URL).text
    assert re.findall(r'<li class="panel" id="([a-z]+)"', html) == [
        *("open", "drafts", "incomplete", "stale", "questions", "report")
    ]


def test_each_part_has_its_own_rows_only(shifter_client, shifter, left):
    page = shifter_client.get(URL).context["page"]
    assert [draft.entry.user_id for draft in page.drafts] == [shifter.pk]
    assert {pk for pk, _ in page.incomplete.newest} == {row.pk for row in left["incomplete"]}
    assert [pk for pk, _ in page.stale.newest] == [left["stale"][0].pk]
    assert [question.certification for question in page.questions] == [left["asked"]]
    assert page.made_today == 1


@pytest.mark.parametrize(("name", "count"), [("incomplete", 2), ("stale", 1)])
def test_links_lead_to_exactly_these_rows_of_the_list(shifter_client, left, name, count):
    listed = shifter_client.get(getattr(shifter_client.get(URL).context["page"], name).url).text
    shown = {int(pk) for pk in re.findall(r'<tr data-pk="(\d+)"', listed)}
    assert shown == {row.pk for row in left[name]} and len(shown) == count


def test_list_of_today_and_report_are_of_this_person(shifter_client, shifter, left):
    page = shifter_client.get(URL).context["page"]
    assert re.findall(r'<tr data-pk="(\d+)"', shifter_client.get(page.list_url).text) == [str(left["asked"].pk)]
    assert page.report_url == f"/summary/?date=2018-06-01&user={shifter.username}"
    assert str(left["asked"].run_number) in shifter_client.get(page.report_url).text


def test_an_empty_shift_says_what_is_done(shifter_client, sandbox):
    text = shifter_client.get(URL).text
    assert all(
        sentence in text
        for sentence in ("No draft is left.", "All facts of your certifications are complete.", "No question is open.")
    )
    assert sandbox.requests() == []


def test_unfinished_searches_and_the_counts_of_what_is_open_are_offered(shifter_client, shifter, sandbox):
    save_search(shifter, "315257-315258", [315258, 315257])
    assert "/openruns/?runs=315257-315258" in shifter_client.get(URL).text
    brief = shifter_client.get("/open-now/?brief=1", headers={"HX-Request": "true"}).text
    assert "Start: 361 open" in brief and "<table" not in brief
    assert re.search(r'href="([^"]+)" data-next', brief)[1].startswith("/certify/316201/express/")
    assert sandbox.requests("oms") == []


def test_query_count_is_independent_of_row_count(shifter_client, shifter, left, django_assert_num_queries):
    save_search(shifter, "315257-315258", [315258, 315257])
    shifter_client.get(URL)
    for _ in range(6):
        CertificationFactory(user=shifter, run=RunFactory(), external_info_complete=False, date=TODAY)
    with django_assert_num_queries(10):  # session and user, then eight
        shifter_client.get(URL)
