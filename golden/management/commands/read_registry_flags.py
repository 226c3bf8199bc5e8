"""Read the flags of other detectors, their bits and states from Run Registry."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand, CommandError

from golden.registry_requests import certified_datasets, versions_in_force
from infrastructure.http.budget import Budget
from registry.other_flags.reading import read_requested_flags
from registry.other_flags.requests import request_other_flags

if TYPE_CHECKING:
    from django.core.management.base import CommandParser

    from golden.models import PolicyVersion

MAX_NAMED = 20


class Command(BaseCommand):
    help = "Read the flags of other detectors for the datasets of policies or of shift days, or what was requested."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("policies", nargs="*", metavar="POLICY", help="read all datasets in its pattern")
        parser.add_argument("--from", dest="first", type=date.fromisoformat, metavar="DAY", help="first shift day")
        parser.add_argument("--to", dest="last", type=date.fromisoformat, metavar="DAY", help="last shift day")
        parser.add_argument("--seconds", type=float, default=600, help="what the outside may take altogether (600)")

    def handle(
        self, *, policies: list[str], first: date | None, last: date | None, seconds: float, **_options: object
    ) -> None:
        for version in _versions(policies):
            request_other_flags(certified_datasets(version.rules, first, last))
        if not policies and (first or last):
            request_other_flags(certified_datasets(None, first, last))
        result = read_requested_flags(Budget(seconds))
        if result.was_running:
            self.stdout.write("Flags are being read by another process, which serves the requests too.")
            return
        for problem in result.problems[:MAX_NAMED]:
            self.stderr.write(problem)
        self.stdout.write(f"{result.read} read, {result.changed} of them changed, {len(result.problems)} failed.")


def _versions(names: list[str]) -> list[PolicyVersion]:
    by_name = {version.policy.name: version for version in versions_in_force()} if names else {}
    if unknown := sorted(set(names) - by_name.keys()):
        raise CommandError(f"There is no policy {', '.join(unknown)}.")
    return [by_name[name] for name in names]
