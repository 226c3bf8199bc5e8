"""Reads missing APV modes of runs from the service and stores them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.references import apv_client
from certify.references.models import Readout
from oms.models import OmsRun

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from infrastructure.http.budget import Budget

# The service knows a run only some time after its end, so an unknown run is requested again.
RETRY_UNKNOWN_AFTER = timedelta(hours=6)


@dataclass(frozen=True)
class ApvReading:
    """The modes by run that were read, and a message if the service failed."""

    modes: dict[int, str]
    problem: str


def runs_without_mode(rows: Iterable[tuple[int, Readout | None]]) -> list[int]:
    """Return the runs without a stored mode, or none if no APV service is configured."""
    if not apv_client.is_enabled():
        return []
    return [run for run, readout in rows if readout is None or (not readout.mode and _is_outdated(readout))]


def _is_outdated(readout: Readout) -> bool:
    return timezone.now() - readout.asked_at > RETRY_UNKNOWN_AFTER


def stored_modes(runs: Collection[int]) -> dict[int, str]:
    """Return the stored modes by run, without those that are unknown. One query."""
    return dict(Readout.objects.filter(run__in=runs).exclude(mode="").values_list("run_id", "mode"))


def complete_modes(runs: Collection[int], budget: Budget) -> ApvReading:
    """Return the modes of these runs, stored ones first; the others are requested and stored.

    Runs that are not in the mirror of OMS are not requested, because their mode could not be stored.
    """
    rows = OmsRun.objects.filter(pk__in=runs).select_related("readout").only("pk", "readout__mode", "readout__asked_at")
    readouts = {run.pk: getattr(run, "readout", None) for run in rows}
    missing = runs_without_mode(readouts.items())
    reading = read_apv_modes(missing, budget) if missing else ApvReading({}, "")
    stored = {run: readout.mode for run, readout in readouts.items() if readout and readout.mode}
    return ApvReading(stored | {run: mode for run, mode in reading.modes.items() if mode}, reading.problem)


def read_apv_modes(runs: Collection[int], budget: Budget) -> ApvReading:
    """Request the modes of these runs and store them with one query. Failed requests store nothing."""
    result = apv_client.read_modes(runs, budget)
    now = timezone.now()
    Readout.objects.bulk_create(
        [Readout(run_id=run, mode=mode, asked_at=now) for run, mode in sorted(result.mode_by_run.items())],
        update_conflicts=True,
        unique_fields=["run"],
        update_fields=["mode", "asked_at"],
    )
    return ApvReading(result.mode_by_run, result.problem)
