"""Read the histograms that pages requested, or those of given runs."""

from __future__ import annotations

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certify.evidence.reading import EvidenceResult, read_requested_evidence
from certify.evidence.requests import leave_evidence_requests
from dials.client import is_enabled
from dials.datasets import can_be_in_dials
from infrastructure.http.budget import Budget
from infrastructure.http.results import Unreachable
from registry.client import datasets_of_runs


class Command(BaseCommand):
    help = "Read the histograms that pages requested from DIALS, or those of RUNs. Safe to run twice at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="*", type=int, metavar="RUN", help="read these runs, requested or not")
        parser.add_argument("--seconds", type=float, default=600, help="what the outside may take altogether (600)")

    def handle(self, *, runs: list[int], seconds: float, **_options: object) -> None:
        if not is_enabled():
            self.stdout.write("DIALS is not configured (DIALS_URL is empty). Nothing done.")
            return
        budget = Budget(seconds)
        if runs:
            self._request(runs, budget)
        result = read_requested_evidence(budget, runs)
        if result.was_running:
            self.stdout.write("Histograms are being read by another process. Nothing done.")
            return
        self._report(result)

    def _request(self, runs: list[int], budget: Budget) -> None:
        """Leave requests for the datasets of the runs: those that are open, else all that DIALS can have."""
        answer = datasets_of_runs(runs, budget)
        if isinstance(answer, Unreachable):
            raise CommandError(answer.sentence)
        for number in runs:
            names = [(row.registry_name or row.name, row.is_open) for row in answer.value if row.run_number == number]
            possible = [(name, is_open) for name, is_open in names if can_be_in_dials(name)]
            chosen = [name for name, is_open in possible if is_open] or [name for name, _ in possible]
            leave_evidence_requests([(number, name) for name in chosen])
            if not chosen:
                self.stderr.write(f"{number}: Run Registry has no dataset of this run that DIALS takes.")

    def _report(self, result: EvidenceResult) -> None:
        for problem in result.problems:
            self.stderr.write(problem)
        rest = " The time is up. The rest is read next time." if result.is_unfinished else ""
        self.stdout.write(f"{len(result.read)} read, {len(result.problems)} failed.{rest}")
