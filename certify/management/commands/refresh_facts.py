"""Complete certifications made while OMS or Run Registry was unavailable, and read recent runs again."""

from django.core.management.base import BaseCommand, CommandParser

from certify.facts.refresh import refresh_facts
from infrastructure.http.budget import Budget


class Command(BaseCommand):
    help = "Fill in facts that were missing when runs were certified. Safe to run every few minutes, twice at once too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=60, help="what the outside may take altogether (60)")

    def handle(self, *, seconds: float, **_options: object) -> None:
        result = refresh_facts(Budget(seconds))
        if result.was_running:
            self.stdout.write("Another refresh is running. Nothing done.")
            return
        for problem in result.problems:
            self.stderr.write(problem)
        for certification in result.completed:
            self.stdout.write(f"{certification}: filled in.")
        for certification in result.stale:
            self.stdout.write(f"{certification}: stale.")
        self.stdout.write(
            f"{result.runs} runs looked at, {len(result.completed)} filled in, {len(result.stale)} newly stale."
        )
