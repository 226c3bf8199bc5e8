"""Complete certifications that were made while OMS or Run Registry was out, and read young runs again."""

from django.core.management.base import BaseCommand, CommandParser

from certify.facts.refresh import refresh_facts
from infrastructure.http.budget import Budget


class Command(BaseCommand):
    help = "Fill in facts that were missing when runs were certified. Safe to run every few minutes, twice at once too."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--seconds", type=float, default=60, help="what the outside may take altogether (60)")

    def handle(self, *, seconds: float, **_options: object) -> None:
        done = refresh_facts(Budget(seconds))
        if done.was_running:
            self.stdout.write("Another refresh is running. Nothing done.")
            return
        for problem in done.problems:
            self.stderr.write(problem)
        for made in done.completed:
            self.stdout.write(f"{made}: filled in.")
        for made in done.stale:
            self.stdout.write(f"{made}: stale.")
        self.stdout.write(
            f"{done.runs} runs looked at, {len(done.completed)} filled in, {len(done.stale)} newly stale."
        )
