"""A certification with ranges is stale when OMS gives other values of the lumisections in them."""

from datetime import timedelta

import pytest

from certify.facts.staleness import format_changes, mark_stale
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from tests.factories import BEGIN, CertificationFactory, RunFactory

pytestmark = pytest.mark.django_db


INACTIVE, NO_BPIX = (True, False, *(True,) * 6), (True, True, False, *(True,) * 5)
AS_CERTIFIED = {"fact": "ranges_bits", "was": "as certified"}


def _lumisection_rows(lumi=0.5, bits=(True,) * 8, lumi_of_35=None):
    """Lumisections 1 to 100, with `bits` and, if given, `lumi_of_35` in 35; -1: it has no figure."""
    rows = [LumisectionRow(number, bits if number == 35 else (True,) * 8, None, lumi) for number in range(1, 101)]
    if lumi_of_35 is not None:
        rows[34] = LumisectionRow(35, bits, None, lumi_of_35 if lumi_of_35 >= 0 else None)
    return rows


def _lumi(was, now):
    return {"fact": "ranges", "was": f"Strip {was}", "now": f"Strip {now}"}


@pytest.fixture
def make_certification():
    def make(rows):
        certification = CertificationFactory(run=RunFactory(lumisections=100), strip_ranges=[[31, 40]])
        if rows is not None:
            store_lumisections(certification.run_number, rows, BEGIN)
        certification.set_ranges_facts()
        certification.save()
        return certification

    return make


@pytest.fixture
def with_ranges(make_certification):
    return make_certification(_lumisection_rows())


def _stale_after(certification, rows, hours=1):
    store_lumisections(certification.run_number, rows, BEGIN + timedelta(hours=hours))
    certification.refresh_from_db()
    return certification.stale


@pytest.mark.parametrize(
    ("rows", "differences"),
    [
        (_lumisection_rows(lumi=0.6), [_lumi("5.000 /pb", "6.000 /pb")]),
        (_lumisection_rows(bits=INACTIVE), [_lumi("5.000 /pb", "4.500 /pb"), AS_CERTIFIED | {"now": "different"}]),
        (_lumisection_rows(bits=NO_BPIX), [AS_CERTIFIED | {"now": "different"}]),
        (_lumisection_rows(lumi_of_35=-1), [_lumi("5.000 /pb", "at least 4.500 /pb")]),
        (
            _lumisection_rows()[:35],
            [_lumi("5.000 /pb", "at least 2.500 /pb"), AS_CERTIFIED | {"now": "not given for all of them"}],
        ),
        ([], [_lumi("5.000 /pb", "unknown"), AS_CERTIFIED | {"now": "not given for all of them"}]),
    ],
    ids=["luminosity", "not active", "a detector off", "luminosity unknown", "rows end", "no rows"],
)
def test_certification_whose_ranges_changed_in_oms_is_stale_until_they_are_back(with_ranges, rows, differences):
    version = with_ranges.version
    assert (_stale_after(with_ranges, rows), with_ranges.version) == (differences, version)
    mark_stale([with_ranges.runreconstruction.run])
    with_ranges.refresh_from_db()
    assert with_ranges.stale == differences
    assert _stale_after(with_ranges, _lumisection_rows(), hours=2) == []


def test_text_of_the_differences_names_luminosity_and_bits_apart(with_ranges):
    assert format_changes(_stale_after(with_ranges, _lumisection_rows(bits=INACTIVE))) == [
        "luminosity of bad lumisections Strip 5.000 /pb → Strip 4.500 /pb",
        "detector bits of bad lumisections as certified → different",
    ]


@pytest.mark.parametrize("lumi", [0.5000001, 0.504, 0.496])
def test_luminosity_within_a_hundredth_is_no_change(with_ranges, lumi):
    assert _stale_after(with_ranges, _lumisection_rows(lumi=lumi)) == []
    assert with_ranges.out.figures == "10 of 100 LS and 5.000 /pb"


@pytest.mark.parametrize("lumi", [0.506, 0.494])
def test_luminosity_beyond_a_hundredth_is_a_change(with_ranges, lumi):
    assert [row["fact"] for row in _stale_after(with_ranges, _lumisection_rows(lumi=lumi))] == ["ranges"]


def test_bits_of_pixel_ranges_of_cosmics_count_though_pixel_does_not(make_certification):
    certification = make_certification(_lumisection_rows(lumi=None))
    certification.run_type, certification.pixel_ranges, certification.strip_ranges = "cosmics", [[31, 40]], []
    certification.set_ranges_facts()
    certification.save()
    assert _stale_after(certification, _lumisection_rows(lumi=None, bits=NO_BPIX)) == [
        AS_CERTIFIED | {"now": "different"}
    ]


@pytest.mark.parametrize(
    ("rows", "text"),
    [
        (None, "10 of 100 LS"),
        ([], "10 of 100 LS"),
        (_lumisection_rows()[:35], "10 of 100 LS and at least 2.500 /pb"),
        (_lumisection_rows(lumi=None), "10 of 100 LS"),
        (_lumisection_rows(lumi_of_35=-1), "10 of 100 LS and at least 4.500 /pb"),
        (_lumisection_rows(lumi=None)[:34] + _lumisection_rows()[34:], "10 of 100 LS and at least 3.000 /pb"),
    ],
    ids=["not read", "none in OMS", "rows end", "no luminosity", "one without", "some without"],
)
def test_what_was_missing_is_filled_in_and_no_change(make_certification, rows, text):
    certification = make_certification(rows)
    assert certification.out.figures == text
    assert _stale_after(certification, _lumisection_rows()) == []
    assert certification.out.figures == "10 of 100 LS and 5.000 /pb"
    assert [row["fact"] for row in _stale_after(certification, _lumisection_rows(lumi=0.6), hours=2)] == ["ranges"]
    assert _stale_after(certification, _lumisection_rows(bits=NO_BPIX), hours=3) == [
        AS_CERTIFIED | {"now": "different"}
    ]


def test_lumisections_that_change_outside_of_the_ranges_leave_it(with_ranges):
    rows = _lumisection_rows()
    rows[50] = LumisectionRow(51, (False,) * 8, None, None)
    store_lumisections(with_ranges.run_number, rows, BEGIN + timedelta(hours=1))
    with_ranges.refresh_from_db()
    assert not with_ranges.is_stale
