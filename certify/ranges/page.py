"""The timeline with its texts and table, prepared so that the template has no logic."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from django.utils import timezone
from django.utils.safestring import SafeString

from certify.models.components import Component
from certify.ranges import timeline
from certify.ranges.notes import RunFigures, notes_of, run_figures
from certify.ranges.summary import RowCount, Summary, bit_counts, off_ranges, status_count, summarize
from certify.ranges.table import bad_rows, lumi_number, segment_rows, status_rows
from infrastructure.http.errors import without_end_of_outage
from oms.lumisections.mirror import stored_reading

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import datetime

    from certify.models import TrackerCertification
    from certify.ranges.models import LumisectionRequest
    from certify.ranges.selectors import StoredLumisections
    from infrastructure.number_ranges import NumberRanges
    from oms.lumisections.models import LumisectionReading
    from oms.lumisections.segments import SegmentFacts
    from oms.models import OmsRun
    from registry.models import StoredFlagRanges

READY, REQUESTED, UNAVAILABLE, NONE = "ready", "requested", "unavailable", "none"
_LEGEND = (("unknown", "unknown"), ("good", "good"), ("bad", "bad"), ("excluded", "excluded"))


@dataclass(frozen=True)
class LumisectionsPage:
    """The lumisections of a run for a page. `request`: what is to be read anew, or failed.

    `has_lanes`: whether there is room for the flags of Run Registry; `flags`: None also while they may not be shown
    (`shows_flags`). `as_of`: when a certification was saved (UTC), and the lumisections are those of that time; `bad`:
    its bad lumisections. `in_run`: the detectors in the run, as OMS names them; None if they are unknown.
    """

    run_number: int
    reading: LumisectionReading | None
    segments: Sequence[SegmentFacts] = ()
    run_type: str = ""
    flags: StoredFlagRanges | None = None
    shows_flags: bool = False
    request: LumisectionRequest | None = None
    has_lanes: bool = False
    as_of: datetime | None = None
    bad: Mapping[Component, NumberRanges] = field(default_factory=dict)
    in_run: Sequence[str] | None = None
    run_figures: RunFigures = field(default_factory=RunFigures)

    @property
    def state(self) -> str:
        """Return "ready", "requested" (not read yet), "unavailable" (could not be read) or "none" (OMS has none)."""
        if self.reading is not None:
            return READY if self.reading.last else NONE
        return UNAVAILABLE if self.problem else REQUESTED

    @property
    def problem(self) -> str:
        """Why the request failed, a sentence, with the time at which it is tried again; or empty."""
        if self.request is None or not self.request.problem:
            return ""
        retry_at = self.request.retry_at
        if retry_at is None:
            return self.request.problem
        return f"{without_end_of_outage(self.request.problem)} It is tried again at {retry_at:%H:%M:%S} UTC."

    @property
    def is_read_later(self) -> bool:
        """Whether the lumisections were read after the certification was saved."""
        return self.as_of is not None and self.reading is not None and self.reading.read_at > self.as_of

    @property
    def is_waiting(self) -> bool:
        """Whether something shown here is still to come, so that the fragment is loaded again."""
        lacks_flags = self.shows_flags and self.flags is None
        return self.request is not None and (self.reading is None or (lacks_flags and bool(self.request.registry_name)))

    @property
    def has_flags(self) -> bool:
        return self.shows_flags and self.flags is not None and not self.flags.damage

    @property
    def last(self) -> int:
        """The last lumisection of the axis: the last active one, without one the last row."""
        return (self.reading.last_active or self.reading.last) if self.reading else 0

    @cached_property
    def summary(self) -> Summary:
        return summarize(self.segments)

    @cached_property
    def timeline(self) -> Timeline:
        ranges = self.flags.ranges if self.has_flags and self.flags else {}
        return build_timeline(self, ranges)

    @property
    def off_ranges(self) -> list[tuple[str, str]]:
        return off_ranges(self.segments, self.in_run)

    @property
    def notes(self) -> list[str]:
        """What is odd about the lumisections, a sentence each."""
        return notes_of(self)

    @property
    def times(self) -> list[tuple[str, str]]:
        """(source, time) of what is shown."""
        times = []
        if self.reading:
            times.append(("OMS", _time_text(self.reading.read_at if self.as_of else self.reading.checked_at)))
        return times + ([("RR", _time_text(self.flags.read_at))] if self.flags else [])

    @property
    def rows_html(self) -> SafeString:
        """The rows of the table, a segment each."""
        return segment_rows(self.segments)

    @property
    def status_rows_html(self) -> SafeString:
        """The rows of the table of Run Registry's flags."""
        return status_rows(self.flags.ranges if self.flags else {})

    @property
    def bad_rows_html(self) -> SafeString:
        """The rows of the table of our bad lumisections, a range each, with the luminosity in it."""
        return bad_rows(self.bad, self.segments, self.reading.lumis if self.reading else [])


@dataclass(frozen=True)
class Timeline:
    """The picture: rows with their counts, in heights of rem. `lumi`: a path, or empty. `later`: lumisections after.

    Below the bits are lanes with `marks`: first our bad lumisections, then the flags of Run Registry.
    """

    run_number: int
    last: int
    later: int
    parts: list[timeline.TimelinePart]
    ticks: list[timeline.Tick]
    counts: list[RowCount]
    bad_counts: list[RowCount]
    status_counts: list[RowCount]
    marks: list[timeline.Mark]
    lumi: str
    highest_lumi: str

    @property
    def width(self) -> float:
        """The width of the main part, percent."""
        return self.parts[0].width

    @property
    def parts_with_marks(self) -> list[tuple[timeline.TimelinePart, SafeString]]:
        """Each part, with its marks as SVG."""
        return [(part, self._html_of(part.unknown)) for part in self.parts]

    @property
    def marks_html(self) -> SafeString:
        """The marks of the lanes as SVG. A template takes ten times as long."""
        return self._html_of(self.marks)

    def _html_of(self, marks: Sequence[timeline.Mark]) -> SafeString:
        return SafeString("".join(_mark_html(mark, self.run_number) for mark in marks))

    @property
    def legend(self) -> list[tuple[str, str]]:
        """(name, label) of the marks that are drawn beside on and off."""
        drawn = {mark.name for mark in self.marks} | {mark.name for part in self.parts for mark in part.unknown}
        return [(name, label) for name, label in _LEGEND if name in drawn]

    @property
    def bits_top(self) -> float:
        return timeline.LUMI_HEIGHT / 16 if self.lumi else 0

    @property
    def lanes_top(self) -> float:
        return timeline.lane_top(bool(self.lumi))

    @property
    def axis_top(self) -> float:
        return self.lanes_top + self.lanes_height

    @property
    def lanes_height(self) -> float:
        return timeline.ROW * (len(self.bad_counts) + len(self.status_counts)) / 16


def build_timeline(page: LumisectionsPage, ranges: Mapping[str, Any]) -> Timeline:
    """Return the picture of a page whose state is ready. `ranges`: {component: [[first, last, status]]}."""
    assert page.reading is not None
    last, end = page.last, page.reading.last
    spans = [(segment.first, segment.last, segment.bits) for segment in page.segments]
    columns = {component.label: ranges.get(component, ()) for component in Component if page.has_lanes}
    bad = {component.label: [(first, to, "BAD") for first, to in page.bad[component]] for component in page.bad}
    lumis = page.reading.lumis[:last]
    lumi = timeline.lumi_path(lumis, last)
    return Timeline(
        run_number=page.run_number,
        last=last,
        later=end - last,
        parts=timeline.timeline_parts(spans, page.reading.last_active, end),
        ticks=timeline.ticks(last),
        counts=bit_counts(page.segments, page.run_type, last),
        bad_counts=[status_count(label, column, last) for label, column in bad.items()],
        status_counts=[status_count(label, column, last) for label, column in columns.items()],
        marks=timeline.status_marks([*bad.values(), *columns.values()], last),
        lumi=lumi,
        highest_lumi=lumi_number(max((value or 0 for value in lumis), default=0)) if lumi else "",
    )


def lumisections_page(
    stored: StoredLumisections, request: LumisectionRequest | None, *, has_lanes: bool, shows_flags: bool
) -> LumisectionsPage:
    """Return the page of what is stored now."""
    return LumisectionsPage(
        run_number=stored.run_number,
        reading=stored.reading,
        segments=[row.facts for row in stored.segments],
        run_type=stored.run_type,
        flags=stored.flags if shows_flags else None,
        shows_flags=shows_flags,
        request=request,
        has_lanes=has_lanes,
        in_run=stored.components,
        run_figures=stored.run_figures,
    )


def bits_page(run: OmsRun) -> LumisectionsPage:
    """Return the page of the detector bits alone, as they are stored now. Leaves no request. Two queries."""
    return _bits_page(run.run_number, run.run_type, run_figures=run_figures(vars(run), run.typed))


def certified_page(certification: TrackerCertification, moment: datetime | None = None) -> LumisectionsPage:
    """Return the page of the detector bits when it was saved, or else as they are now, with its bad lumisections.

    `moment`: the time (UTC) to show instead of now. As `bits_page`; one query more if they had not been read when it
    was saved.
    """
    facts = certification.facts
    return _bits_page(
        certification.run_number,
        certification.run_type,
        as_of=certification.updated_at,
        moment=moment,
        bad=certification.out.ranges,
        run_figures=run_figures(facts.get("run", {}), facts.get("typed", {}).get("run")),
    )


def _bits_page(
    run_number: int, run_type: str, as_of: datetime | None = None, moment: datetime | None = None, **more: Any
) -> LumisectionsPage:
    reading = stored_reading(run_number, as_of) or (stored_reading(run_number, moment) if as_of else None)
    segments = [row.facts for row in reading.segments.all()] if reading else []
    return LumisectionsPage(run_number, reading, segments, run_type, as_of=as_of, **more)


def _mark_html(mark: timeline.Mark, run_number: int) -> str:
    """Return a line for off, else a rectangle: coloured, hatched by the pattern of its name, or both."""
    if mark.name == "off":
        return f'<line class="s-off" x1="{mark.x}%" x2="{mark.end}%" y1="{mark.middle}rem" y2="{mark.middle}rem"/>'
    place = f'x="{mark.x}%" y="{mark.top}rem" width="{mark.width}%" height="{timeline.BAR / 16}rem"'
    coloured = "" if mark.name == "unknown" else f'<rect class="s-{mark.name}" {place}/>'
    hatched = "" if mark.name == "good" else f'<rect {place} fill="url(#{mark.name}-{run_number})"/>'
    return coloured + hatched


def _time_text(moment: datetime) -> str:
    is_today = moment.date() == timezone.now().date()
    return f"{moment:%H:%M:%S} UTC" if is_today else f"{moment:%Y-%m-%d %H:%M:%S} UTC"
