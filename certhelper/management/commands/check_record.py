"""`manage.py check_record`: whether each row of the history is as it was written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.apps import apps
from django.core.management.base import BaseCommand, CommandError

from audit.chain import BrokenRow, CheckedCount, broken_changes, broken_rows
from audit.models import Change
from infrastructure.database.job_lock import job_lock
from registry.other_flags.store import LABEL as READINGS
from registry.other_flags.store import broken_readings

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterable

_OTHERS: dict[str, Any] = {Change._meta.label_lower: broken_changes, READINGS: broken_readings}


def _tracked_models() -> dict[str, Any]:
    return {model._meta.label_lower: model for model in apps.get_models() if hasattr(model, "audit_options")}


class Command(BaseCommand):
    help = "Name rows of the history that were changed, removed or inserted by SQL. Exit code 1 if there are any."

    def add_arguments(self, parser: ArgumentParser) -> None:
        labels = [*sorted(_tracked_models()), *_OTHERS]
        parser.add_argument("--model", action="append", choices=labels, help="check this model only; repeatable")

    def handle(self, *, model: list[str] | None, **_options: object) -> None:
        with job_lock("check_record") as is_alone:
            if not is_alone:
                self.stdout.write("Another check is running. Nothing done.")
                return
            broken = sum(self._check(label) for label in dict.fromkeys(model or [*_tracked_models(), *_OTHERS]))
        if broken:
            raise CommandError(f"{broken} rows of the history are not as they were written.")
        self.stdout.write("The history is as it was written.")

    def _check(self, label: str) -> int:
        """Check one model; return the number of broken rows."""
        count, broken = CheckedCount(), 0
        found: Iterable[BrokenRow] = (
            _OTHERS[label](count=count) if label in _OTHERS else broken_rows(_tracked_models()[label], count=count)
        )
        for row in found:
            broken += 1
            self.stdout.write(str(row))
        self.stdout.write(f"{label}: {count.rows} rows of {count.records} records checked, {broken} broken.")
        return broken
