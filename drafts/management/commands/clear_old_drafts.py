"""Deletes old drafts."""

from typing import Any

from django.core.management.base import BaseCommand

from drafts.actions import clear_old_drafts


class Command(BaseCommand):
    """Delete drafts older than 30 days."""

    help = "Remove drafts that were not restored for 30 days. Safe to run at any time."

    def handle(self, *_args: Any, **_options: Any) -> None:
        self.stdout.write(f"{clear_old_drafts()} old drafts removed.")
