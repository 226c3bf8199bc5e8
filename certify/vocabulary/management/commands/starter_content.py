"""`manage.py starter_content`: reasons, problems and checklists to start with. Tables that have any rows stay."""

from django.core.management.base import BaseCommand
from django.db import transaction

from certify.vocabulary.fixtures.checklists import load_checklists
from certify.vocabulary.fixtures.reasons import load_terms


class Command(BaseCommand):
    help = "Reasons, problems and checklists for a system that has none; what is there already is left as it is."

    def handle(self, **_options: object) -> None:
        with transaction.atomic():
            words, checklists = load_terms(), load_checklists()
        self.stdout.write(f"{words} reasons and problems, {checklists} checklists made.")
