"""The timeline on the pages of a certification, as it was when it was saved, and of a run."""

import re
from datetime import timedelta

import pytest
import time_machine

from certify.ranges.models import LumisectionRequest
from oms.lumisections.mirror import store_lumisections
from tests.factories import CertificationFactory
from tests.oms.lumisections.rows import OFF, ON, row

pytestmark = pytest.mark.django_db
PIXEL_OFF = (True, True, False, False, True, True, True, True)


@pytest.fixture
def certification():
    """A certification of a run with four lumisections, which OMS calls off in the fourth since it was saved."""
    certification = CertificationFactory()
    saved, number = certification.updated_at, certification.run_number
    store_at(number, [row(place, ON) for place in range(1, 5)], saved - timedelta(minutes=5))
    later = [*(row(place, ON) for place in range(1, 4)), row(4, PIXEL_OFF), row(5, OFF)]
    store_at(number, later, saved + timedelta(minutes=5))
    return certification


def store_at(number, rows, stored_at):
    """Store rows that were requested ten minutes earlier."""
    with time_machine.travel(stored_at, tick=False):
        store_lumisections(number, rows, stored_at - timedelta(minutes=10))


def text_of(client, path):
    return " ".join(client.get(path).text.split())


def test_certification_shows_the_lumisections_that_it_was_saved_on(guest_client, certification):
    text = text_of(guest_client, f"/list/{certification.pk}/")
    assert "<strong>4 of 4</strong> lumisections with the whole Tracker on" in text
    assert f"OMS {certification.updated_at - timedelta(minutes=5):%H:%M:%S} UTC" in text
    assert f"As at the certification ({certification.updated_at:%Y-%m-%d %H:%M:%S} UTC)" in text


def test_run_shows_the_present_ones(guest_client, certification):
    text = text_of(guest_client, f"/runs/{certification.run_number}/")
    assert "<strong>3 of 4</strong> lumisections with the whole Tracker on" in text
    assert "RR Pixel" not in text and "As at the certification" not in text


def test_certification_that_was_saved_before_says_so(guest_client, shifter_client):
    certification = CertificationFactory()
    path = f"/list/{certification.pk}/"
    assert f"had not been read when this was saved, {certification.updated_at:%Y-%m-%d %H:%M:%S} UTC." in text_of(
        guest_client, path
    )
    link = f"/certify/{certification.run_number}/{certification.reconstruction}/lumisections/"
    assert (link in text_of(shifter_client, path), link in text_of(guest_client, path)) == (True, False)
    assert not LumisectionRequest.objects.exists()


def test_certification_that_was_saved_before_shows_what_was_read_since(guest_client):
    certification = CertificationFactory()
    read_at = certification.updated_at + timedelta(seconds=1)
    store_at(certification.run_number, [row(1)], read_at)
    text = text_of(guest_client, f"/list/{certification.pk}/")
    assert f"Read after this was saved, {read_at:%Y-%m-%d %H:%M:%S} UTC." in text and "data-timeline" in text
    assert "had not been read" not in text


@pytest.mark.parametrize(("minutes", "is_shown"), [(4, False), (5, True)])
def test_certification_as_of_a_time_shows_what_was_read_by_then(guest_client, minutes, is_shown):
    certification = CertificationFactory()
    saved = certification.updated_at
    store_at(certification.run_number, [row(1)], saved + timedelta(minutes=5))
    moment = (saved + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")
    text = text_of(guest_client, f"/list/{certification.pk}/?as_of={moment}")
    assert ("data-timeline" in text, "had not been read when this was saved" in text) == (is_shown, not is_shown)


def test_certification_has_a_lane_and_a_table_of_its_bad_lumisections(guest_client, certification):
    lane = '<span class="visually-hidden">Strip, lumisections: </span>2 bad'
    path = f"/list/{certification.pk}/"
    assert lane not in text_of(guest_client, path) and "data-timeline-bad" not in text_of(guest_client, path)
    type(certification).objects.update(strip_ranges=[[1, 1], [3, 3]])
    text = text_of(guest_client, path)
    crosses = re.findall(r'<rect x="([\d.]+)%" y="[\d.]+rem" width="([\d.]+)%"[^>]* fill="url\(#bad-', text)
    assert crosses == [("0.0", "25.0"), ("50.0", "25.0")]
    assert lane in text and '<th scope="row">Strip</th><td>3</td>' in text
    assert "data-timeline-bad" not in text_of(guest_client, f"/runs/{certification.run_number}/")
