"""Import certifications that were made in another installation."""

import csv
import datetime as dt
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from certify.imports.file_rows import NotImportable
from certify.imports.importer import import_certifications, read_certifications
from certify.models.choices import Flag
from users.models import User


class Command(BaseCommand):
    help = "Import certifications from a CSV or JSON file, as they are; what is certified here already stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="as our own export (CSV or JSON), or as the list of references")
        parser.add_argument("--by", required=True, help="account name of the admin who imports")
        parser.add_argument("--reason", required=True, help="where they come from; kept with each")
        parser.add_argument("--flags", choices=Flag.values, default="", help="of lines that name no flags")
        parser.add_argument("--date", type=dt.date.fromisoformat, help="shift day of lines that name none")

    def handle(self, *, file: Path, by: str, reason: str, flags: str, date: dt.date | None, **_options: object) -> None:
        actor = User.objects.filter(username=by).first()
        if actor is None:
            raise CommandError(f"Nobody has the account name {by}. Name an admin.")
        try:
            with file.open(newline="", encoding="utf-8-sig") as stream:
                result = import_certifications(actor, read_certifications(stream, flags), reason, date)
        except (OSError, UnicodeDecodeError, csv.Error, NotImportable, PermissionDenied) as error:
            raise CommandError(f"Nothing was imported. {error}") from None
        self.stdout.write(f"{result.imported} certifications imported.")
        if result.unknown_users:
            self.stdout.write(
                f"{by} owns what is of {', '.join(sorted(result.unknown_users))}: they have no account here."
            )
        for field, names in result.terms.items():
            label = field.replace("_", " ").replace("bad reason", "reasons")
            self.stdout.write(f"Left out, not among the {label} here: {', '.join(sorted(names))}.")
        if result.existing:
            first = ", ".join(f"{run} {reconstruction}" for run, reconstruction in result.existing[:5])
            self.stdout.write(f"{len(result.existing)} were left out, since they are certified here: {first} …")
