"""The APV modes that a page lacks: read from the service, and kept with the run."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from certify.references import apv_client
from certify.references.models import Readout
from infrastructure.http.budget import Budget

# The service learns of a run some time after it: what it did not know is asked again.
RETRY_UNKNOWN_AFTER = timedelta(hours=6)


@dataclass(frozen=True)
class ApvReading:
    """What came of reading: the modes by run, and one sentence where the service failed."""

    modes: dict[int, str]
    problem: str


def runs_without_mode(rows: Iterable[tuple[int, Readout | None]]) -> list[int]:
    """The runs of which nobody knows the mode yet; none where no service is set."""
    if not apv_client.is_enabled():
        return []
    return [run for run, readout in rows if readout is None or (not readout.mode and _is_outdated(readout))]


def _is_outdated(readout: Readout) -> bool:
    return timezone.now() - readout.asked_at > RETRY_UNKNOWN_AFTER


def read_apv_modes(runs: Collection[int], budget: Budget) -> ApvReading:
    """Ask for these runs and keep what was said, in one statement. What failed is asked again another time."""
    said = apv_client.read_modes(runs, budget)
    now = timezone.now()
    Readout.objects.bulk_create(
        [Readout(run_id=run, mode=mode, asked_at=now) for run, mode in sorted(said.mode_by_run.items())],
        update_conflicts=True,
        unique_fields=["run"],
        update_fields=["mode", "asked_at"],
    )
    return ApvReading(said.mode_by_run, said.problem)
