"""The geometry of the timeline and what its numbers say, by segments written here."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from certify.ranges.page import LumisectionsPage, build_timeline
from certify.ranges.summary import RowCount, bit_counts, status_count, summarize
from certify.ranges.timeline import (
    LUMI_BINS,
    MAIN_WIDTH,
    STUB_WIDTH,
    STUB_X,
    lumi_path,
    spans_of,
    status_marks,
    ticks,
    timeline_parts,
)
from oms.lumisections.bits import NAMES
from oms.lumisections.models import LumisectionReading
from oms.lumisections.segments import SegmentFacts

ON, OFF = (True,) * 8, (False,) * 8
PIXEL_OFF = (True, True, False, False, True, True, True, True)


def segment(first, last, values=ON, lumi=None, unknown=0):
    return SegmentFacts(first, last, values, lumi, unknown)


# As run 316062 of OMS: Pixel on in 4 of 24 lumisections with stable beams, 26 active, rows to 51 with a hole.
ENDING = (False, True, False, False, False, False, False, False)
RUN = [
    segment(1, 4, lumi=0.660),
    segment(5, 5, PIXEL_OFF, lumi=0.165),
    segment(6, 24, (True, True, *OFF[2:]), lumi=2.789),
    segment(25, 26, ENDING, lumi=0.0),
    segment(27, 42, OFF),
    segment(46, 51, OFF),
]
SPANS = [(row.first, row.last, row.bits) for row in RUN]


def test_spans_join_segments_whose_bit_is_equal():
    assert spans_of(SPANS, NAMES.index("stable_beams"), 1, 26) == {True: [(1, 24)], False: [(25, 26)], None: []}
    assert spans_of(SPANS, NAMES.index("bpix"), 1, 26) == {True: [(1, 4)], False: [(5, 26)], None: []}


def test_lumisections_without_a_row_are_neither_on_nor_off():
    assert spans_of(SPANS, 0, 27, 51) == {True: [], False: [(27, 42), (46, 51)], None: [(43, 45)]}
    assert spans_of([(5, 6, ON)], 0, 1, 8) == {True: [(5, 6)], False: [], None: [(1, 4), (7, 8)]}


@given(st.lists(st.tuples(st.integers(1, 4), st.sampled_from([True, False, None])), max_size=20))
def test_spans_give_back_each_bit(pieces):
    """Segments of random length and bit, a hole before each third one."""
    expected, segments = [], []
    for place, (length, bit) in enumerate(pieces):
        expected += [None] * (place % 3 == 2)
        segments.append((len(expected) + 1, len(expected) + length, (bit,)))
        expected += [bit] * length
    spans = spans_of(segments, 0, 1, len(expected))
    by_number = {
        number: bit for bit, found in spans.items() for first, last in found for number in range(first, last + 1)
    }
    assert [by_number[number] for number in range(1, len(expected) + 1)] == expected


def test_axis_ends_at_the_last_active_lumisection_and_later_ones_are_a_stub():
    main, stub = timeline_parts(SPANS, 26, 51)
    assert (main.first, main.last, main.x, main.width) == (1, 26, 0, MAIN_WIDTH)
    assert (stub.first, stub.last, stub.x, stub.width) == (27, 51, STUB_X, STUB_WIDTH)
    assert main.on.startswith("M0 2h24v10h-24z")
    assert "M4 35h22" in main.off
    assert {(mark.x, mark.width) for mark in stub.unknown} == {(64, 12)}
    assert (main.unknown, stub.on) == ((), "")


def test_run_without_later_or_without_active_lumisections_has_one_part():
    assert [part.length for part in timeline_parts([(1, 9, ON)], 9, 9)] == [9]
    assert [part.length for part in timeline_parts([(1, 9, OFF)], None, 9)] == [9]


def test_single_lumisection_that_was_off_in_a_long_run_is_widened():
    """The rest is on. It is at least 1/200 of the width, and stays within the picture."""
    (part,) = timeline_parts([(1, 999, ON), (1000, 1000, OFF)], 1000, 1000)
    assert part.gaps.startswith("M995 2h5v10h-5z")
    assert timeline_parts([(1, 10, ON), (11, 20, OFF)], 20, 20)[0].gaps == ""


def test_luminosity_is_a_step_for_each_lumisection_with_the_highest_at_the_top():
    assert lumi_path([0.1, None, 0.2], 3) == "M0 26V15.0H1V26.0H2V4.0H3V26z"
    assert lumi_path([None, 0.0], 2) == ""
    assert lumi_path([0.1] * 3000, 3000).count("H") <= LUMI_BINS


@pytest.mark.parametrize(
    ("last", "numbers"), [(1, [1]), (2, [1, 2]), (26, [1, 5, 10, 15, 20, 26]), (1390, [1, 250, 500, 750, 1000, 1390])]
)
def test_axis_has_round_numbers_and_its_ends(last, numbers):
    assert [tick.number for tick in ticks(last)] == numbers


def test_flags_of_run_registry_end_with_the_axis():
    marks = status_marks([[(1, 4, "GOOD"), (5, 40, "STANDBY"), (41, 51, "BAD")], [], [(1, 51, "NOTSET")]], 26)
    assert [(mark.name, mark.x, mark.end) for mark in marks] == [
        ("good", 0, pytest.approx(100 * 4 / 26, abs=0.01)),
        ("off", pytest.approx(100 * 4 / 26, abs=0.01), pytest.approx(100)),
        ("unknown", 0, 100),
    ]
    assert marks[0].top < marks[-1].top
    assert status_count("Pixel", [(1, 4, "GOOD"), (25, 40, "BAD")], 26) == RowCount("Pixel", "2 bad", True)


def texts(run_type, segments=RUN):
    return [(count.text, count.is_low) for count in bit_counts(segments, run_type, 26)]


def test_partitions_are_counted_among_stable_beams_and_of_cosmics_among_active_lumisections():
    assert texts("collisions") == [("24/26", False), ("26/26", False), *[("4/24", True)] * 2, *[("5/24", True)] * 4]
    assert texts("cosmics")[2:] == [*[("4/26", True)] * 2, *[("5/26", True)] * 4]
    assert texts("collisions", [segment(1, 26, (False, *ON[1:]))])[:3] == [
        ("0/26", False),
        ("26/26", False),
        ("26/26", False),
    ]


def test_stable_beams_without_cms_active_do_not_count():
    inactive = [segment(27, 36, (True, False, *ON[2:])), segment(37, 40, (True, None, *ON[2:]))]
    for run_type in ("collisions", "cosmics"):
        assert texts(run_type, RUN + inactive) == texts(run_type)
    assert texts("collisions", [segment(1, 26, (False, *ON[1:])), *inactive])[2] == ("26/26", False)


def test_share_of_nine_tenths_is_not_low():
    nine = [segment(1, 9), segment(10, 10, PIXEL_OFF)]
    assert {count.is_low for count in bit_counts(nine, "collisions", 10)} == {False}


def test_summary_is_of_active_lumisections():
    summary = summarize([*RUN, segment(52, 53, OFF, lumi=9.0)])
    assert (summary.on, summary.active, summary.lumi_text) == (4, 26, "0.660 of 3.614 /pb")


@pytest.mark.parametrize(
    ("segments", "text"),
    [
        ([segment(1, 5)], ""),
        ([segment(1, 5, PIXEL_OFF, lumi=2.0)], "0.000 of 2.000 /pb"),
        ([segment(1, 5, lumi=1e-5), segment(6, 9, PIXEL_OFF, lumi=1e-5)], "10.000 of 20.000 /µb"),
    ],
    ids=["none recorded", "none with the whole Tracker", "tiny"],
)
def test_luminosity_has_a_unit_that_shows_it(segments, text):
    assert summarize(segments).lumi_text == text


def test_bit_that_is_unknown_is_not_on():
    assert summarize([segment(1, 5, (True, True, None, *ON[3:]))]).on == 0


def test_unknown_luminosity_is_a_note_of_the_page():
    reading = LumisectionReading(
        run_number=1, last=5, last_active=5, lumis=[], problems=["The rows begin at lumisection 5."]
    )
    page = LumisectionsPage(1, reading, [segment(1, 5, unknown=2)])
    assert page.notes == ["The rows begin at lumisection 5.", "The luminosity of 2 lumisections is unknown."]
    assert build_timeline(page, {}).bits_top == 0
