"""The rows of the tables below the timeline, as HTML: a template takes ten times as long."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils.html import escape, format_html_join
from django.utils.safestring import SafeString

from certify.models.components import Component
from certify.models.lumisections_out import known_lumi
from oms.formatting import at_least, lumi_in_column

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from infrastructure.number_ranges import NumberRanges
    from oms.lumisections.bits import Bit
    from oms.lumisections.segments import SegmentFacts

_WORDS: dict[Bit, str] = {True: "on", False: "off", None: "?"}
_ROW = '<tr><th scope="row">{}</th><td>{}</td><td>{}</td></tr>'


def segment_rows(segments: Iterable[SegmentFacts]) -> SafeString:
    """Return a row for each segment: its bits, and the luminosity recorded in it."""
    return SafeString("".join(_segment_row(segment) for segment in segments))


def _segment_row(segment: SegmentFacts) -> str:
    cells = "".join(f"<td>{_WORDS[bit]}</td>" for bit in segment.bits)
    lumi = escape(lumi_text(segment.recorded_lumi, segment.unknown_lumis))
    return f'<tr><th scope="row">{_span_text(segment.first, segment.last)}</th>{cells}<td>{lumi}</td></tr>'


def status_rows(ranges: Mapping[str, Any]) -> SafeString:
    """Return a row for each range of Run Registry's flags: {component: [[first, last, status]]}."""
    rows = (
        (component.label, _span_text(first, last), status)
        for component in Component
        for first, last, status in ranges.get(component, ())
    )
    return format_html_join("", _ROW, rows)


def bad_rows(
    bad: Mapping[Component, NumberRanges], segments: Sequence[SegmentFacts], lumis: Sequence[float | None]
) -> SafeString:
    """Return a row for each range of our bad lumisections, with the luminosity in it. `lumis[0]` is of the first."""
    rows = (
        (component.label, _span_text(*span), lumi_text(*known_lumi(segments, lumis, [span])))
        for component, ranges in bad.items()
        for span in ranges
    )
    return format_html_join("", _ROW, rows)


def lumi_text(lumi: float | None, unknown: int) -> str:
    """Return a luminosity, 1/pb, without its unit; empty if it is not known. `unknown`: lumisections without one."""
    return "" if lumi is None else at_least(lumi_number(lumi), is_partial=unknown > 0)


def lumi_number(value: float) -> str:
    """Return a luminosity, 1/pb, without its unit."""
    return lumi_in_column(value).removesuffix(" /pb")


def _span_text(first: int, last: int) -> str:
    return f"{first}–{last}" if last > first else f"{first}"
