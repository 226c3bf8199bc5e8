"""What was confirmed, on the page of a certification: detectors that were off are named, with their numbers."""

import datetime as dt

import pytest

from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.factories import CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db
SAVED = dt.datetime(2018, 5, 10, 12, tzinfo=dt.UTC)
GENERAL = "<dd>A detector was off in many lumisections.</dd>"


@pytest.fixture
def certification():
    row = CertificationFactory(run=RunFactory(run_number=316062), confirmed=["dcs", "ref_old"])
    type(row).objects.update(updated_at=dt.datetime.now(dt.UTC) + dt.timedelta(hours=1))
    return row


def store_rows(run_number: int, *, pixel_off: int, strip_off: int, hours: int = 0) -> None:
    """Store 24 lumisections, BPIX and TOB off in the last."""
    rows = [
        LumisectionRow(
            number, (True, True, number <= 24 - pixel_off, True, True, number <= 24 - strip_off, True, True), None, 0.5
        )
        for number in range(1, 25)
    ]
    store_lumisections(run_number, rows, SAVED + dt.timedelta(hours=hours))


def confirmed_on_page(client, certification) -> str:
    return client.get(f"/list/{certification.pk}/").text.partition("<dt>Confirmed</dt>")[2].partition("</dl>")[0]


def test_detectors_that_were_off_are_named_with_their_lumisections(guest_client, certification):
    store_rows(316062, pixel_off=20, strip_off=24)
    assert confirmed_on_page(guest_client, certification).strip() == (
        "<dd>Pixel was off in 20 of 24 lumisections with stable beams; the other 4 were judged.<br>"
        "Strip was off in 24 of 24 lumisections with stable beams; none was left to judge.<br>"
        "The reference is more than 6000 runs older.</dd>"
    )


def test_numbers_are_those_of_the_save(guest_client, certification):
    store_rows(316062, pixel_off=20, strip_off=0)
    type(certification).objects.update(updated_at=dt.datetime.now(dt.UTC))
    store_rows(316062, pixel_off=23, strip_off=0, hours=1)
    assert "Pixel was off in 20 of 24 " in confirmed_on_page(guest_client, certification)


def test_one_lumisection_that_was_judged_is_singular(guest_client, certification):
    store_rows(316062, pixel_off=23, strip_off=2)
    page = confirmed_on_page(guest_client, certification)
    assert "; the other 1 was judged.<br>The reference" in page


def test_without_lumisections_of_that_time_the_question_is_general(guest_client, certification):
    assert confirmed_on_page(guest_client, certification).strip().startswith(GENERAL.removesuffix("</dd>"))
