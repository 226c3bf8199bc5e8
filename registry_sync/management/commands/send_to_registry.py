"""`manage.py send_to_registry`: writes to Run Registry what shift leaders confirmed."""

from __future__ import annotations

import time
from datetime import timedelta
from typing import TYPE_CHECKING

from django.conf import settings
from django.core.management.base import BaseCommand

from infrastructure.http.budget import Budget
from registry_sync.choices import IN_FLIGHT
from registry_sync.models import RegistryWrite
from registry_sync.sender import RESEND_AFTER, WAITING_S, SenderResult, send_confirmed

if TYPE_CHECKING:
    from argparse import ArgumentParser


class Command(BaseCommand):
    help = "Write what was confirmed to Run Registry, one request at a time. A second one says so and ends."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--once", action="store_true", help="do not wait for requests without an answer")
        parser.add_argument("--seconds", type=float, default=600, help="how long it may take (600)")
        parser.add_argument(
            "--resend-after",
            type=float,
            default=RESEND_AFTER.total_seconds(),
            help="seconds after which a request without an answer may be repeated, if it had no effect (120)",
        )

    def handle(self, *, once: bool, seconds: float, resend_after: float, **_options: object) -> None:
        budget = Budget(seconds)
        while True:
            result = send_confirmed(budget, resend_after=timedelta(seconds=resend_after))
            self._report(result)
            if once or not result.stopped or not budget.is_sufficient() or not _has_open_request():
                return
            time.sleep(min(WAITING_S, resend_after))

    def _report(self, result: SenderResult) -> None:
        if result.was_running:
            self.stdout.write("Another one sends. Nothing done.")
            return
        self.stdout.write(f"{result.done} done, {result.failed} not done.")
        if result.stopped:
            self.stderr.write(result.stopped)


def _has_open_request() -> bool:
    return settings.REGISTRY_SYNC == "on" and RegistryWrite.objects.filter(state__in=IN_FLIGHT).exists()
