"""The part "Checklists and pace" of the week."""

import re
from datetime import date

import pytest

from tests.factories import CertificationFactory

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("stopped_clock")]
ADDRESS = "/shiftleader/part/checklist_use/?week=2018-W22"
DAY = date(2018, 5, 30)


def facts(seconds, *states):
    checklists = [{"identifier": "general", "edition": 1}, *({"identifier": "a", "open": state} for state in states)]
    return {"checklists": checklists, "seconds_to_save": seconds}


def cells(client) -> list[list[str]]:
    page = client.get(ADDRESS).text
    rows = re.findall(r"<tr>(<th scope=\"row\">.*?)</tr>", page, re.DOTALL)
    return [re.findall(r">([^<>]+)</t[hd]>", row) for row in rows]


def test_share_of_folded_lists_and_median_seconds_of_each_shifter(shift_leader_client, shifter, other_shifter):
    for seconds, states in ((40, [True, False, False]), (20, [False, None, True]), (400, []), (None, [True])):
        CertificationFactory(user=shifter, date=DAY, facts=facts(seconds, *states))
    CertificationFactory(user=other_shifter, date=DAY, facts={})
    CertificationFactory(user=other_shifter, date=DAY, is_practice=True, facts=facts(1, False))
    CertificationFactory(user=other_shifter, date=date(2018, 5, 1), facts=facts(1, False))
    assert cells(shift_leader_client) == [
        ["shifter", "4", "50 % (3 of 6)", "40 s"],
        ["shifter2", "1", "not known", "not known"],
    ]


def test_part_is_for_shift_leaders(shifter_client, guest_client, shifter):
    CertificationFactory(user=shifter, date=DAY, facts=facts(40, False))
    for client in (shifter_client, guest_client):
        assert "Only shift leaders see this part." in client.get(ADDRESS).text
        assert cells(client) == []


def test_part_is_empty_without_certifications(shift_leader_client):
    assert "Nothing was certified in these days." in shift_leader_client.get(ADDRESS).text
