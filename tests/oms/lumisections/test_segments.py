"""Segments and luminosities of lumisections, by example and for any rows."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from oms.lumisections.luminosity import recorded_lumis
from oms.lumisections.segments import segments_of
from tests.oms.lumisections.rows import OFF, ON, row

INACTIVE = (True, False, *ON[2:])


def test_equal_bits_are_one_segment_and_a_skipped_number_ends_it():
    rows = [row(1), row(2), row(3, OFF), row(6, OFF), row(7, OFF)]
    assert [(segment.first, segment.last) for segment in segments_of(rows)] == [(1, 2), (3, 3), (6, 7)]


def test_unknown_bit_is_neither_on_nor_off():
    unknown = (None, *ON[1:])
    assert [segment.bits for segment in segments_of([row(1), row(2, unknown), row(3)])] == [ON, unknown, ON]


def test_luminosity_is_the_difference_to_the_next_counter():
    assert recorded_lumis([row(1, counter=5.0), row(2, counter=5.25), row(3, INACTIVE, counter=6.0)]) == {
        1: 0.25,
        2: 0.75,
    }


@pytest.mark.parametrize(
    "following",
    [
        pytest.param([], id="no next lumisection"),
        pytest.param([row(3, counter=6.0)], id="the next number is skipped"),
        pytest.param([row(2, counter=4.0)], id="the counter falls"),
        pytest.param([row(2)], id="the next counter is unknown"),
    ],
)
def test_luminosity_is_unknown(following):
    rows = [row(1, counter=5.0), *following]
    assert recorded_lumis(rows)[1] is None
    assert (segments_of(rows)[0].recorded_lumi, segments_of(rows)[0].unknown_lumis >= 1) == (None, True)


def test_figure_of_oms_comes_before_the_difference():
    assert recorded_lumis([row(1, counter=5.0, figure=0.3), row(2, counter=5.25)])[1] == 0.3


@pytest.mark.parametrize("figure", [-0.3, -1e-9, math.inf, math.nan])
def test_impossible_figure_of_oms_is_unknown_also_beside_counters(figure):
    rows = [row(1, counter=5.0, figure=figure), row(2, counter=5.25, figure=0.0)]
    assert recorded_lumis(rows) == {1: None, 2: 0.0}
    (segment,) = segments_of(rows)
    assert (segment.recorded_lumi, segment.unknown_lumis) == (0.0, 1)


def test_difference_that_is_not_finite_is_unknown():
    assert recorded_lumis([row(1, counter=-1.7e308), row(2, counter=1.7e308)])[1] is None


def test_segment_adds_what_is_known_and_counts_the_rest():
    first, _ = segments_of([row(1, counter=1.0), row(2, counter=1.5), row(3, counter=0.0), row(4, OFF, counter=0.5)])
    assert (first.recorded_lumi, first.unknown_lumis, len(first)) == (1.0, 1, 3)


bit = st.sampled_from([True, True, False, None])
any_rows = st.builds(
    lambda numbers, values: [
        row(number, flags, counter, figure)
        for number, (flags, counter, figure) in zip(sorted(numbers), values, strict=False)
    ],
    st.sets(st.integers(1, 60), min_size=1, max_size=40),
    st.lists(
        st.tuples(
            st.tuples(*[bit] * 8),
            st.none() | st.floats(0, 100, allow_nan=False),
            st.none() | st.floats(-1, 1, allow_nan=False),
        ),
        min_size=40,
        max_size=40,
    ),
)


@given(any_rows)
def test_segments_give_back_each_row(rows):
    segments = segments_of(rows)
    assert {n: s.bits for s in segments for n in range(s.first, s.last + 1)} == {r.number: r.bits for r in rows}
    assert all(a.bits != b.bits or a.last + 1 < b.first for a, b in pairwise(segments))
    lumis = recorded_lumis(rows)
    known = [lumi for lumi in lumis.values() if lumi is not None]
    assert all(lumi >= 0 for lumi in known)
    assert math.isclose(sum(s.recorded_lumi or 0 for s in segments), sum(known), abs_tol=1e-9)
    assert sum(s.unknown_lumis for s in segments) == len(lumis) - len(known)
