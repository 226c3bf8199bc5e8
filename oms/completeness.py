"""The facts that OMS gives late: of a run that goes on, or for which it has no figures yet."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from oms.choices import RunType

if TYPE_CHECKING:
    from oms.models import OmsRun

# A run without an end time counts as ended after this time: for some OMS never gives one.
MAX_RUN_DURATION = timedelta(days=2)


def missing_facts(run: OmsRun) -> list[str]:
    """Return the facts of the run that are still to come: lumisections, recorded luminosity (not of cosmics), end."""
    missing = ["lumisections"] if run.lumisections is None else []
    if run.recorded_lumi is None and run.run_type != RunType.COSMICS:
        missing.append("recorded luminosity")
    if is_going_on(run):
        missing.append("the end of the run")
    return missing


def is_going_on(run: OmsRun) -> bool:
    """Whether the run may not have ended yet."""
    began = run.start_time
    return run.end_time is None and began is not None and timezone.now() - began < MAX_RUN_DURATION
