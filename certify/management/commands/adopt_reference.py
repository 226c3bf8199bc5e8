"""Make a run a reference without a certification, for an installation that has no references yet."""

from django.core.management.base import BaseCommand, CommandError, CommandParser

from certify.models.choices import Reconstruction
from certify.references.actions import adopt_reference
from infrastructure.http.budget import Budget
from infrastructure.http.results import Found
from oms.mirror import run_for_page
from users.models import Role, User


class Command(BaseCommand):
    help = "Adopt a run that OMS knows as a reference run, with the reason why."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("run", type=int, metavar="RUN")
        parser.add_argument("reconstruction", choices=Reconstruction.values, metavar="RECO")
        parser.add_argument("--reason", required=True, help="why this run; kept with the reference")
        parser.add_argument("--by", help="account name of the shift leader who decided it")

    def handle(self, *, run: int, reconstruction: str, reason: str, by: str | None, **_options: object) -> None:
        if not reason.strip():
            raise CommandError("The reason is empty. Say why this run is adopted.")
        reading = run_for_page(run, Budget.for_page(is_retry=True))
        if reading.run is None or not isinstance(reading.run_result, Found):
            raise CommandError(getattr(reading.run_result, "sentence", f"OMS has no run {run}."))
        reference = adopt_reference(_leader(by), reading.run, reconstruction, reason.strip())
        self.stdout.write(f"{reference} is a reference run now.")


def _leader(name: str | None) -> User | None:
    """Return the user with that account name. Raises CommandError for less than a shift leader."""
    if name is None:
        return None
    person = User.objects.filter(username=name).first()
    if person is None or not person.has_role(Role.SHIFT_LEADER):
        raise CommandError(f"{name} is not a shift leader here. Name one, or leave --by out.")
    return person
