"""The week links to the certifications whose run type follows from the earlier rule, for shift leaders."""

import pytest

pytestmark = pytest.mark.django_db


def test_week_of_shift_leaders_links_to_the_run_types(shift_leader_client):
    html = shift_leader_client.get("/shiftleader/").content.decode()
    assert 'href="/list/facts/run-types/"' in html
    assert shift_leader_client.get("/list/facts/run-types/").status_code == 200
