"""Bad lumisections as they are stored: as edited, minimal, and refused by PostgreSQL where they overlap."""

import pytest
from django.db import IntegrityError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from certify.models import TrackerCertification
from certify.models.lumisections_out import known_lumi, sum_out_text
from infrastructure.number_ranges import merged_ranges, ranges_without
from oms.lumisections.mirror import store_lumisections
from oms.lumisections.parsing import LumisectionRow
from oms.lumisections.segments import SegmentFacts
from tests.factories import CertificationFactory
from tests.proof import scaled

pytestmark = pytest.mark.django_db
LAST, EDITS = 400, 20
ON, INACTIVE = (True,) * 8, (True, False, *(True,) * 6)
_span = st.tuples(st.integers(1, LAST), st.integers(0, 60)).map(lambda pair: (pair[0], min(LAST, sum(pair))))
_edit = st.tuples(st.sampled_from(["strip_ranges", "pixel_ranges"]), st.booleans(), _span)


def bit_array(ranges) -> bytes:
    bits = bytearray(LAST + 1)
    for first, last in ranges:
        bits[first : last + 1] = b"\1" * (last - first + 1)
    return bytes(bits)


@pytest.fixture
def certification():
    return CertificationFactory()


@settings(
    max_examples=scaled(25, 10_000 // EDITS),
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(edits=st.lists(_edit, min_size=EDITS, max_size=EDITS))
def test_edits_of_ranges_equal_those_of_a_bit_array(certification, edits):
    bits = {name: bytearray(LAST + 1) for name in ("strip_ranges", "pixel_ranges")}
    TrackerCertification.objects.update(**{name: [] for name in bits})
    for name, is_bad, (first, last) in edits:
        bits[name][first : last + 1] = (b"\1" if is_bad else b"\0") * (last - first + 1)
        stored = TrackerCertification.objects.values_list(name, flat=True).get()
        ranges = [tuple(span) for span in stored]
        edited = merged_ranges([*ranges, (first, last)]) if is_bad else ranges_without(ranges, [(first, last)])
        TrackerCertification.objects.update(**{name: edited})
    row = TrackerCertification.objects.get()
    assert {name: bit_array(getattr(row, name)) for name in bits} == {
        name: bytes(array) for name, array in bits.items()
    }


@pytest.mark.skipif(connection.vendor != "postgresql", reason="PostgreSQL refuses ranges; on SQLite the action does")
@pytest.mark.parametrize(
    "ranges",
    [
        [[310, 330], [320, 340]],
        [[310, 330], [331, 340]],
        [[352, 352], [310, 330]],
        [[0, 5]],
        [[330, 310]],
        [[310]],
        [310, 330],
        {"first": 310},
        [[None, 5]],
        [[5, None]],
        [[5, None], [6, 7]],
        [[1, 2], [None, None]],
        [["5", "9"]],
        [["x", 9]],
        [[5, True]],
        [[5.5, 9]],
        [[5, [9]]],
        [[5, 9, 12]],
        [[]],
        [None],
        ["5-9"],
        "5-9",
    ],
)
def test_database_refuses_ranges_that_are_not_minimal(certification, ranges):
    with pytest.raises(IntegrityError, match="strip_ranges_are_minimal"), transaction.atomic():
        TrackerCertification.objects.update(strip_ranges=ranges)


@pytest.mark.skipif(connection.vendor != "postgresql", reason="as above")
@pytest.mark.parametrize("ranges", [[], [[1, 1]], [[1, 2], [4, 4], [6, 99999]]])
def test_database_accepts_minimal_ranges(certification, ranges):
    assert TrackerCertification.objects.update(strip_ranges=ranges) == 1


def test_out_of_a_certification_is_what_counts_for_its_verdict():
    row = CertificationFactory(
        run_type="cosmics", lumisections=655, strip_ranges=[[310, 330]], pixel_ranges=[[1, 300]], ranges_facts={}
    )
    assert row.out.text == "21 of 655 LS out (Strip)"
    collisions = CertificationFactory(
        run_type="collisions",
        lumisections=655,
        strip_ranges=[[310, 330]],
        pixel_ranges=[[325, 340]],
        ranges_facts={"lumis": {"strip": 2.7, "pixel": 1.9, "all": 3.9}},
    )
    assert collisions.out.text == "31 of 655 LS and 3.900 /pb out (Pixel, Strip)"
    assert collisions.out.component_text("strip") == "21 LS and 2.700 /pb out"
    assert collisions.out.text_with_ranges == ("31 of 655 LS and 3.900 /pb out (Pixel 325-340; Strip 310-330)")
    assert row.out.text_with_ranges == "21 of 655 LS out (Strip 310-330)"
    assert not CertificationFactory().out


def test_pixel_of_a_run_whose_type_is_unknown_is_out_as_it_may_count():
    row = CertificationFactory(run_type="unknown", lumisections=655, pixel_ranges=[[1, 4]], ranges_facts={})
    assert row.out.text_with_ranges == "4 of 655 LS out (Pixel 1-4)"


def test_nothing_is_out_of_a_run_that_is_bad_as_a_whole():
    row = CertificationFactory(tracking="bad", strip_ranges=[[310, 330]])
    assert (row.verdict, row.out.text, row.out.text_with_ranges, row.out.count) == ("bad", "", "", 0)
    assert row.out.component_text("strip") == "21 LS out"


def test_luminosity_that_is_known_in_part_is_said_to_be_the_least():
    row = CertificationFactory(
        lumisections=655,
        strip_ranges=[[310, 313]],
        tracking_ranges=[[310, 310]],
        ranges_facts={
            "lumis": {"strip": 0.5, "tracking": 0.5, "all": 0.5},
            "unknown_lumis": {"strip": 3, "tracking": 0, "all": 3},
        },
    )
    assert row.out.text == "4 of 655 LS and at least 0.500 /pb out (Strip, Tracking)"
    assert row.out.component_text("strip") == "4 LS and at least 0.500 /pb out"
    assert row.out.component_text("tracking") == "1 LS and 0.500 /pb out"
    assert (row.out.lumi, row.out.whole_lumi, row.out.is_lumi_partial) == (0.5, None, True)
    assert sum_out_text(4, 0.5, 1, is_partial=True) == "4 LS, at least 0.500 /pb in 1 run"


def test_lumisections_without_a_row_or_luminosity_are_unknown_and_inactive_ones_are_not():
    bits = {1: ON, 2: ON, 3: INACTIVE, 4: (True, None, *ON[2:])}
    segments = [SegmentFacts(number, number, values, None, 0) for number, values in bits.items()]
    lumis = [0.5, None, None, None]
    assert known_lumi(segments, lumis, [(1, 6)]) == (0.5, 4)  # 2, 4, 5 and 6
    assert known_lumi(segments, lumis, [(1, 1), (3, 3)]) == (0.5, 0)
    assert known_lumi(segments, lumis, [(3, 3)]) == (0.0, 0)
    assert known_lumi(segments, lumis, [(2, 3)]) == (None, 1)
    assert known_lumi([], [], [(1, 6)]) == (None, 6)


def test_luminosity_of_inactive_lumisections_is_known_to_be_none():
    row = CertificationFactory(lumisections=3, strip_ranges=[[1, 1]])
    store_lumisections(row.run_number, [LumisectionRow(1, INACTIVE), LumisectionRow(2, ON, None, 0.5)], row.created_at)
    row.refresh_from_db()
    assert (row.out.figures, row.out.whole_lumi, row.out.is_lumi_partial) == ("1 of 3 LS", 0.0, False)
