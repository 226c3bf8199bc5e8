"""A certification with ranges is stale when OMS gives other values of the lumisections in them."""

from datetime import timedelta

import pytest

from certify.facts.staleness import mark_stale
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.factories import BEGIN, CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db


def _lumisection_rows(lumi=0.5, bits=(True,) * 8):
    return [LumisectionRow(number, bits if number == 35 else (True,) * 8, None, lumi) for number in range(1, 101)]


@pytest.fixture
def with_ranges():
    certification = CertificationFactory(run=RunFactory(lumisections=100), strip_ranges=[[31, 40]])
    store_lumisections(certification.run_number, _lumisection_rows(), BEGIN)
    certification.set_ranges_facts()
    certification.save()
    return certification


@pytest.mark.parametrize(
    ("rows", "now"),
    [
        (_lumisection_rows(lumi=0.6), "10 of 100 LS and 6.000 /pb out"),
        (_lumisection_rows(bits=(False,) * 8), "10 of 100 LS and 4.500 /pb out"),
        (
            _lumisection_rows(bits=(True, True, False, *(True,) * 5)),
            "10 of 100 LS and 5.000 /pb out with other detector bits",
        ),
    ],
    ids=["luminosity", "not active", "a detector off"],
)
def test_certification_whose_ranges_changed_in_oms_is_stale_until_they_are_back(with_ranges, rows, now):
    number, version = with_ranges.run_number, with_ranges.version
    store_lumisections(number, rows, BEGIN + timedelta(hours=1))
    with_ranges.refresh_from_db()
    difference = {"fact": "ranges", "was": "10 of 100 LS and 5.000 /pb out", "now": now}
    assert (with_ranges.stale, with_ranges.version) == ([difference], version)
    mark_stale([with_ranges.runreconstruction.run])
    with_ranges.refresh_from_db()
    assert with_ranges.stale == [difference]
    store_lumisections(number, _lumisection_rows(), BEGIN + timedelta(hours=2))
    with_ranges.refresh_from_db()
    assert not with_ranges.is_stale


def test_lumisections_that_change_outside_of_the_ranges_leave_it(with_ranges):
    rows = _lumisection_rows()
    rows[50] = LumisectionRow(51, (False,) * 8, None, None)
    store_lumisections(with_ranges.run_number, rows, BEGIN + timedelta(hours=1))
    with_ranges.refresh_from_db()
    assert not with_ranges.is_stale


def test_lumisections_that_come_after_the_certification_are_filled_in():
    certification = CertificationFactory(run=RunFactory(lumisections=100), strip_ranges=[[31, 40]])
    certification.set_ranges_facts()
    certification.save()
    assert certification.out.text == "10 of 100 LS out"
    store_lumisections(certification.run_number, _lumisection_rows(), BEGIN)
    certification.refresh_from_db()
    assert (certification.out.text, certification.is_stale) == ("10 of 100 LS and 5.000 /pb out", False)
