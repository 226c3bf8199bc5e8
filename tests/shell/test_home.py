from datetime import UTC, date, datetime

import pytest

from certify.choices import Flag
from openruns.last_search import keep_last_search
from tests.factories import CertificationFactory

pytestmark = pytest.mark.django_db
TODAY = date(2018, 6, 1)


@pytest.fixture(autouse=True)
def _on_that_day(time_machine):
    time_machine.move_to(datetime(2018, 6, 1, 4, 0, tzinfo=UTC), tick=False)


def page(client):
    return client.get("/").context["page"]


def test_shifter_sees_the_own_day_and_only_it(shifter_client, shifter, other_shifter):
    CertificationFactory(user=shifter, date=TODAY)
    CertificationFactory(user=shifter, date=TODAY, strip=Flag.BAD)
    CertificationFactory(user=other_shifter, date=TODAY)
    CertificationFactory(user=shifter, date=date(2018, 5, 31))
    shown = page(shifter_client)
    assert shown.mine.verdicts == [("good", 1), ("bad", 1)]
    assert shown.team is None
    assert {row.user for row in shown.last_made} == {shifter}
    assert [(tally.day.day, tally.total) for tally in shown.days] == [(1, 2), (31, 1)]


def test_shift_leader_sees_everybodys_day_too(shift_leader_client, shift_leader, shifter):
    CertificationFactory(user=shift_leader, date=TODAY)
    CertificationFactory(user=shifter, date=TODAY)
    assert (page(shift_leader_client).mine.total, page(shift_leader_client).team.total) == (1, 2)


def test_withdrawn_ones_count_nowhere(shifter_client, shifter):
    CertificationFactory(user=shifter, date=TODAY, withdrawn=True)
    shown = page(shifter_client)
    assert (shown.mine.total, shown.last_made, shown.days) == (0, [], [])


def test_guest_reads_how_to_get_a_role_and_is_offered_no_search(guest_client):
    html = guest_client.get("/").content.decode()
    assert "you need the role Shifter" in html
    assert 'name="runs"' not in html


def test_last_search_is_offered_again(shifter_client, shifter):
    keep_last_search(shifter, "316187,316199-316202")
    assert 'href="/openruns/?runs=316187%2C316199-316202"' in shifter_client.get("/").content.decode()


def test_home_costs_the_same_queries_for_any_number_of_rows(
    shift_leader_client, shift_leader, django_assert_max_num_queries
):
    for _ in range(12):
        CertificationFactory(user=shift_leader, date=TODAY)
    with django_assert_max_num_queries(10):
        shift_leader_client.get("/")
