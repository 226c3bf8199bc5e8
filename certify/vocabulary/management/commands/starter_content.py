"""Loads the initial reasons, problems and checklists into empty tables."""

from django.core.management.base import BaseCommand
from django.db import transaction

from certify.vocabulary.fixtures.checklists import load_checklists
from certify.vocabulary.fixtures.reasons import load_terms


class Command(BaseCommand):
    """Load the initial content."""

    help = "Create the initial reasons, problems and checklists. Tables that contain rows are not changed."

    def handle(self, **_options: object) -> None:
        with transaction.atomic():
            terms, checklists = load_terms(), load_checklists()
        self.stdout.write(f"{terms} reasons and problems, {checklists} checklists made.")
