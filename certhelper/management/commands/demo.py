"""`manage.py demo`: demo content for the sandbox. Adds what is missing, overwrites nothing, can be run again."""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction

from certhelper.demo.certifications import OmsUnavailable, load_certifications
from certhelper.demo.people import load_people
from certify.vocabulary.fixtures.checklists import load_checklists
from certify.vocabulary.fixtures.reasons import load_terms


class Command(BaseCommand):
    help = "Demo content: six users, vocabulary, checklists, the certifications of April 2018 (facts from the sandbox)."
    requires_system_checks: list[str] = []

    def handle(self, **_options: object) -> None:
        if not settings.IS_SANDBOX:
            raise CommandError("Not loaded: demo people have known passwords. Set CERTHELPER_MODE=sandbox.")
        try:
            with transaction.atomic():
                count = load_people() + load_terms() + load_checklists() + load_certifications()
        except OmsUnavailable as error:
            raise CommandError(f"{error} Start the sandbox (manage.py sandbox), then run demo again.") from None
        self.stdout.write(f"Demo content: {count} new rows." if count else "Demo content: nothing new.")
