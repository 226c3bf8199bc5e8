"""HTTP client of the APV service, which gives the readout mode (DECO or PEAK) of runs.

The request `?RUN=316187` returns `[["316187","DECO"]]`, or `[]` for an unknown run. One request for each run, in
parallel. The database is not used.
"""

from __future__ import annotations

import logging
import re
from dataclasses import dataclass, field
from functools import partial
from typing import TYPE_CHECKING, Any

from django.conf import settings

from certify.references.service import APV
from infrastructure.http import client
from infrastructure.http.errors import RemoteError, WrongShape
from infrastructure.http.parallel import run_parallel

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
MAX_PARALLEL_CALLS = 8
_MODE = re.compile(r"[A-Z]{4,5}")


@dataclass
class ApvModes:
    """Modes by run, empty for an unknown run, and the message of the first error, if any."""

    mode_by_run: dict[int, str] = field(default_factory=dict)
    problem: str = ""


def is_enabled() -> bool:
    """Return whether an APV service is configured (setting `APV_URL`)."""
    return bool(settings.APV_URL)


def read_modes(runs: Collection[int], budget: Budget) -> ApvModes:
    """Return the modes of these runs. A failed request sets `problem`; nothing is raised."""
    modes = ApvModes()
    calls = [partial(_read_mode, run, budget) for run in runs]
    for run, answer in zip(runs, run_parallel(calls, limit=MAX_PARALLEL_CALLS), strict=True):
        if isinstance(answer, RemoteError):
            modes.problem = modes.problem or answer.sentence
        else:
            modes.mode_by_run[run] = answer
    return modes


def _read_mode(run: int, budget: Budget) -> str | RemoteError:
    try:
        return _parse_mode(
            client.fetch_json(client.ServiceCall(APV, "GET", settings.APV_URL, "APV_URL", params={"RUN": run}), budget),
            run,
        )
    except RemoteError as error:
        return error


def _parse_mode(answer: Any, run: int) -> str:
    """Return the mode in a response. Raises `WrongShape`, also for the mode of another run."""
    if answer == []:
        return ""
    row = answer[0] if isinstance(answer, list) else None
    if isinstance(row, list) and len(row) == 2 and str(row[0]) == str(run) and _MODE.fullmatch(str(row[1])):
        return str(row[1])
    error = WrongShape(APV, key=f"run {run}")
    logger.warning("%s %r", error.sentence, answer)
    client.record_failure(error)
    raise error
