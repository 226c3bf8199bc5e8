"""Ask the APV service for the readout mode (DECO or PEAK) of runs: one call each, side by side. HTTP only.

It is asked `?RUN=316187` and answers `[["316187","DECO"]]`, and `[]` for a run that it does not know.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Collection
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from django.conf import settings

from certify.references.service import APV
from infrastructure.http import client
from infrastructure.http.budget import Budget
from infrastructure.http.errors import RemoteError, WrongShape
from infrastructure.http.parallel import run_parallel

logger = logging.getLogger(__name__)
MAX_PARALLEL_CALLS = 8
_MODE = re.compile(r"[A-Z]{4,5}")


@dataclass
class ApvModes:
    """What the service said: the mode by run, empty for a run that it does not know; and the first failure, if any."""

    mode_by_run: dict[int, str] = field(default_factory=dict)
    problem: str = ""


def is_enabled() -> bool:
    """Whether this server knows an APV service."""
    return bool(settings.APV_URL)


def read_modes(runs: Collection[int], budget: Budget) -> ApvModes:
    """The modes of these runs. What came is kept even where a call failed; never raises."""
    whole = ApvModes()
    calls = [partial(_read_mode, run, budget) for run in runs]
    for run, answer in zip(runs, run_parallel(calls, limit=MAX_PARALLEL_CALLS), strict=True):
        if isinstance(answer, RemoteError):
            whole.problem = whole.problem or answer.sentence
        else:
            whole.mode_by_run[run] = answer
    return whole


def _read_mode(run: int, budget: Budget) -> str | RemoteError:
    try:
        return _parse_mode(
            client.fetch_json(client.ServiceCall(APV, "GET", settings.APV_URL, "APV_URL", params={"RUN": run}), budget),
            run,
        )
    except RemoteError as error:
        return error


def _parse_mode(answer: Any, run: int) -> str:
    """The mode in an answer. Raises `WrongShape`; another run than was asked for counts as that."""
    if answer == []:
        return ""
    row = answer[0] if isinstance(answer, list) else None
    if isinstance(row, list) and len(row) == 2 and str(row[0]) == str(run) and _MODE.fullmatch(str(row[1])):
        return str(row[1])
    error = WrongShape(APV, key=f"run {run}")
    logger.warning("%s %r", error.sentence, answer)
    client.record_failure(error)
    raise error
