"""Certifications saved before the lumisections of their run were read, or before all were: asked about after it.

The rule `dcs` needs the detector bits of the run. Without them a save is stored as incomplete and leaves a request for
the lumisections. When they are read, or more of a run that was going on, the shifter gets the question that the save
could not ask.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from audit.operation import operation
from certify.models import TrackerCertification
from certify.models.choices import ConfirmationCode, ReviewChangeKind
from certify.models.components import flag_columns
from certify.ranges.requests import leave_requests
from certify.review.models import ShifterQuestion
from certify.rules.confirmations import detector_was_off
from certify.rules.detector_bits import needs_lumisections
from certify.rules.entry import MeasuredLumisections, build_entry
from certify.selectors import measured_lumisections
from oms.models import OmsRun

if TYPE_CHECKING:
    from django.db.models import Model

    from certify.rules.entry import CertificationEntry
    from oms.lumisections.models import LumisectionReading


def request_unseen(certification: TrackerCertification) -> None:
    """Leave a request for the lumisections of a certification that was saved without them: a query, or none."""
    if not certification.lumisections_seen:
        leave_requests([(certification.run_number, "")])


def on_lumisections_changed(reading: LumisectionReading, earlier: LumisectionReading | None, **_signal: Any) -> None:
    """Signal receiver: the lumisections of a run are stored. Its certifications are marked as seen, and judged by them.

    The mirror has locked the run, as a save does: a save at the same time finds the reading, or is found here. All rows
    are locked, since an undo locks them alone; `certify.facts.staleness` relies on it.
    """
    rows = TrackerCertification.everything.select_for_update(of=("self",)).select_related("runreconstruction")
    # Those that are seen before the first reading are imported, or rest on no detector.
    affected = [row for row in rows.of_run(reading.run_number).order_by("pk") if earlier or not row.lumisections_seen]
    if affected:
        run, measured = OmsRun.objects.get(pk=reading.run_number), measured_lumisections(reading.run_number, {})
        before = measured_in(earlier) if earlier else None
        for row in affected:
            _judge_anew(row, run, measured, before)


def measured_in(reading: LumisectionReading) -> MeasuredLumisections:
    """Return what the rules need of a stored reading; without ranges."""
    return MeasuredLumisections([segment.facts for segment in reading.segments.all()], are_read=True)


def _judge_anew(
    certification: TrackerCertification,
    run: OmsRun,
    measured: MeasuredLumisections,
    before: MeasuredLumisections | None,
) -> None:
    """Mark it as seen. Where the rule asks now and could not ask before, open a question of CertHelper itself.

    `before`: the earlier reading, on which the rule was judged; a run that is going on grows.
    """
    confirmation = next(detector_was_off(stored_entry(certification, run, measured)), None)
    was_unseen = not certification.lumisections_seen
    is_new = was_unseen or (before and not any(detector_was_off(stored_entry(certification, run, before))))
    with operation(None, ReviewChangeKind.ASK, run=certification.run_number) as done:
        if was_unseen:
            done.track_loaded(certification)
            certification.lumisections_seen = True
            certification.save(update_fields=["lumisections_seen"])
        if confirmation and is_new and _may_be_asked(certification):
            ShifterQuestion(certification=certification, text=confirmation.sentence).save()


def _may_be_asked(certification: TrackerCertification) -> bool:
    """Whether CertHelper may ask: not about practice, nor what was confirmed at the save or asked before."""
    if certification.is_practice or ConfirmationCode.DCS in certification.confirmed:
        return False
    return not ShifterQuestion.objects.not_taken_back().filter(certification=certification, asked_by=None).exists()


def on_undone(rows: list[Model], **_signal: Any) -> None:
    """Signal receiver: an undo restored flags, which may rest on lumisections that have not been read."""
    for row in rows:
        if isinstance(row, TrackerCertification) and not row.lumisections_seen:
            run, measured = row.runreconstruction.run, measured_lumisections(row.run_number, {})
            row.lumisections_seen = measured.are_read or not needs_lumisections(stored_entry(row, run, measured))
            row.save(update_fields=["lumisections_seen"])
            request_unseen(row)


def stored_entry(
    certification: TrackerCertification, run: OmsRun, measured: MeasuredLumisections
) -> CertificationEntry:
    """Return the flags of a stored certification as an entry, with what is stored of its run now."""
    values = {**flag_columns(certification.component_flags), "date": certification.date}
    return build_entry(run, certification.reconstruction, values, measured=measured)
