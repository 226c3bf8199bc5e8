"""The page of a certification leads to its plan and names its last receipt."""

from __future__ import annotations

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from tests.factories import CertificationFactory, SendingFactory

pytestmark = pytest.mark.django_db
BUTTON = "To Run Registry</a>"


def page_of(client, certification) -> str:
    return " ".join(client.get(f"/list/{certification.pk}/").text.split())


@pytest.fixture
def certification():
    return CertificationFactory()


def test_shift_leaders_have_the_button_and_shifters_not(shift_leader_client, shifter_client, certification):
    assert f'href="/list/{certification.pk}/registry/">{BUTTON}' in page_of(shift_leader_client, certification)
    assert BUTTON not in page_of(shifter_client, certification)


def test_practice_is_not_sent(shift_leader_client):
    assert BUTTON not in page_of(shift_leader_client, CertificationFactory(is_practice=True))


def test_switched_off_nothing_is_shown(shift_leader_client, certification, settings):
    settings.REGISTRY_SYNC = "off"
    SendingFactory(certification=certification)
    page = page_of(shift_leader_client, certification)
    assert BUTTON not in page
    assert "receipt" not in page


def test_last_receipt_is_named_with_its_state(shifter_client, certification):
    assert "receipt of" not in page_of(shifter_client, certification)
    SendingFactory(certification=certification)
    last = SendingFactory(
        certification=certification, version=7, writes=[{"state_from": "OPEN", "state_to": "SIGNOFF"}]
    )
    page = page_of(shifter_client, certification)
    assert f'<a href="/registry/{last.pk}/">receipt of v7</a>' in page
    assert "0 of 1 done, waiting. The certification has changed since." in page


def test_guest_who_may_not_open_receipts_sees_none(guest_client, certification):
    SendingFactory(certification=certification)
    assert "receipt of" not in page_of(guest_client, certification)


@pytest.mark.usefixtures("stopped_clock")
def test_page_costs_two_queries_more_with_a_receipt(shifter_client, certification, settings):
    page_of(shifter_client, certification)
    settings.REGISTRY_SYNC = "off"
    without = queries_of(shifter_client, certification)
    settings.REGISTRY_SYNC = "on"
    assert queries_of(shifter_client, certification) == without + 1
    SendingFactory(certification=certification)
    assert queries_of(shifter_client, certification) == without + 2


def queries_of(client, certification) -> int:
    with CaptureQueriesContext(connection) as captured:
        page_of(client, certification)
    return len(captured)
