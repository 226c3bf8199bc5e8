"""The rows of the tables below the timeline."""

import re

import pytest

from certify.models.components import Component
from certify.ranges.table import bad_rows, segment_rows
from oms.lumisections.segments import SegmentFacts

ON = (True,) * 8


def cells(html) -> list[list[str]]:
    return [re.findall(r"<t[hd][^>]*>([^<]*)", row) for row in html.split("</tr>")[:-1]]


@pytest.mark.parametrize(
    ("lumi", "unknown", "text"), [(1.5, 0, "1.500"), (1.5, 2, "at least 1.500"), (None, 3, ""), (1e-5, 0, "&lt;0.001")]
)
def test_luminosity_of_a_segment_is_the_least_where_it_is_unknown_in_some(lumi, unknown, text):
    values = (True, False, None, *ON[3:])
    assert cells(segment_rows([SegmentFacts(1, 3, values, lumi, unknown)])) == [
        ["1–3", "on", "off", "?", *["on"] * 5, text]
    ]


def test_luminosity_of_bad_lumisections_is_the_least_where_it_is_unknown_in_some():
    segments, lumis = [SegmentFacts(1, 4, ON, 1.5, 1)], [0.5, 0.5, None, 0.5]
    bad = {Component.STRIP: ((1, 2), (3, 4)), Component.TRACKING: ((3, 3),)}
    assert cells(bad_rows(bad, segments, lumis)) == [
        ["Strip", "1–2", "1.000"],
        ["Strip", "3–4", "at least 0.500"],
        ["Tracking", "3", ""],
    ]
