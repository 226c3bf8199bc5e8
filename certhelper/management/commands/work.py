"""`manage.py work`: does in the background what pages asked for and what is due."""

from __future__ import annotations

import contextlib
import logging
import os
import signal
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.core.management.base import BaseCommand
from django.db import close_old_connections, connections

from certify.evidence.reading import read_requested_evidence
from certify.facts.refresh import refresh_facts
from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import request_certified_runs
from golden.registry_requests import request_policy_flags
from infrastructure.database.job_lock import job_lock
from infrastructure.http.budget import Budget
from registry.other_flags.reading import read_requested_flags
from registry_sync.pull import pull_changes
from registry_sync.sender import WAITING_S, SenderResult, send_if_unfinished

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Callable

logger = logging.getLogger(__name__)
SENDING_S = 2
LOW_PRIORITY = 10  # "nice"
_stopping = threading.Event()  # set by SIGTERM and SIGINT


@dataclass(frozen=True)
class Job:
    """Work that is done again `seconds` after it ended, or after as many as `pause` returns for its result.

    `yields`: its thread lets everything else on the machine go first, since it computes for long.
    """

    name: str
    seconds: float
    run: Callable[[], Any]
    pause: Callable[[Any], float] | None = None
    yields: bool = False


def _sending_pause(result: SenderResult | None) -> float:
    return WAITING_S if result is None or result.has_to_wait else SENDING_S


JOBS = (
    Job("lumisections", 1, lambda: read_requested_lumisections(Budget(60))),
    Job("histograms", 2, lambda: read_requested_evidence(Budget(60)), yields=True),
    Job(
        "run registry",
        SENDING_S,
        lambda: send_if_unfinished(Budget(60), is_stopping=_stopping.is_set),
        _sending_pause,
    ),
    Job("changes in run registry", 300, lambda: pull_changes(Budget(60))),
    Job("facts", 300, lambda: refresh_facts(Budget(60))),
    Job("certified runs", 300, request_certified_runs),
    Job("flags of policies", 300, request_policy_flags),
    Job("flags of other detectors", 2, lambda: read_requested_flags(Budget(60))),
)


def run_job(job: Job) -> float:
    """Run a job and return after how many seconds it is due again. An error is logged."""
    result = None
    try:
        result = job.run()
    except Exception:  # one job that fails must not end the others
        logger.exception("The job %s failed", job.name)
    return job.pause(result) if job.pause else job.seconds


class Command(BaseCommand):
    help = "Do what pages requested and what is due. A second one says so and ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do once what is due, and end")

    def handle(self, *, once: bool, **_options: object) -> None:
        with job_lock("work") as is_alone:
            if not is_alone:
                self.stdout.write("Another worker is running. Nothing done.")
            elif once:
                for job in JOBS:
                    run_job(job)
            else:
                self._work()

    def _work(self) -> None:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: _stopping.set())
        threads = [threading.Thread(target=_repeat, args=(job,), name=job.name) for job in JOBS]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()


def _repeat(job: Job) -> None:
    """Run a job again and again. Each has a thread, so that a slow service delays only what it is needed for."""
    if job.yields:
        with contextlib.suppress(OSError):  # where threads have no priority of their own
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), LOW_PRIORITY)
    while not _stopping.is_set():
        close_old_connections()  # one that has failed, as the server does at each request
        _stopping.wait(run_job(job))
    connections.close_all()
