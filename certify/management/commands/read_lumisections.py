"""Read the lumisections that pages asked for."""

from django.core.management.base import BaseCommand, CommandParser

from certify.ranges.reading import read_requested_lumisections
from certify.ranges.requests import leave_requests
from infrastructure.http.budget import Budget


class Command(BaseCommand):
    help = "Read the lumisections that pages asked for, or those of RUNs. Safe to run twice at once."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("runs", nargs="*", type=int, metavar="RUN", help="read these runs, asked for or not")
        parser.add_argument("--seconds", type=float, default=60, help="what the outside may take altogether (60)")

    def handle(self, *, runs: list[int], seconds: float, **_options: object) -> None:
        leave_requests([(number, "") for number in runs])
        result = read_requested_lumisections(Budget(seconds), runs)
        if result.was_running:
            self.stdout.write("Lumisections are being read by another process. Nothing done.")
            return
        for problem in result.problems:
            self.stderr.write(problem)
        self.stdout.write(f"{len(result.runs)} read, {len(result.problems)} failed.")
