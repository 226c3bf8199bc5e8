"""Import certifications that were made in another installation."""

import argparse
import datetime as dt
import io
from collections.abc import Collection
from pathlib import Path

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser

from certify.imports.cells import parse_day
from certify.imports.importer import ImportResult, import_certifications
from certify.imports.problems import NotImportable
from certify.imports.rows import read_certifications
from certify.imports.text_file import decode_text
from certify.models.choices import Flag
from users.models import User

_MAX_NAMES = 5  # certifications named in a sentence


class Command(BaseCommand):
    help = "Import certifications from a CSV or JSON file, as they are; what is certified here already stays."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path, help="as our own export (CSV or JSON), or as the list of references")
        parser.add_argument("--by", required=True, help="account name of the admin who imports")
        parser.add_argument("--reason", required=True, help="where they come from; kept with each")
        parser.add_argument("--flags", choices=Flag.values, default="", help="of lines that name no flags")
        parser.add_argument("--date", type=_day, help="shift day of lines that name none")
        parser.add_argument("--ignore", nargs="+", default=[], metavar="COLUMN", help="unknown columns to leave out")

    def handle(
        self,
        *,
        file: Path,
        by: str,
        reason: str,
        flags: str,
        date: dt.date | None,
        ignore: Collection[str],
        **_options: object,
    ) -> None:
        actor = User.objects.filter(username=by).first()
        if actor is None:
            raise CommandError(f"Nobody has the account name {by}. Name an admin.")
        try:
            rows = read_certifications(io.StringIO(decode_text(file.read_bytes())), flags, ignore)
            result = import_certifications(actor, rows, reason, date)
        except NotImportable as error:
            separator = "\n" if len(error.problems) > 1 else " "
            raise CommandError(f"Nothing was imported.{separator}{error}") from None
        except (OSError, PermissionDenied) as error:
            raise CommandError(f"Nothing was imported. {error}") from None
        if not rows:
            self.stdout.write("The file has no certifications.")
        for sentence in _sentences(result, by):
            self.stdout.write(sentence)


def _day(text: str) -> dt.date | None:
    try:
        return parse_day(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"it {error}") from None


def _sentences(result: ImportResult, by: str) -> list[str]:
    """Return the number of imported certifications, and what the import left out or changed."""
    sentences = [f"{result.imported} certifications imported."]
    if result.unknown_users:
        names = ", ".join(sorted(result.unknown_users))
        sentences.append(f"{by} owns what is of {names}: they have no account here.")
    for field, unknown in result.terms.items():
        label = field.replace("_", " ").replace("bad reason", "reasons")
        sentences.append(f"Left out, not among the {label} here: {', '.join(sorted(unknown))}.")
    if result.existing:
        shortened = _shortened([f"{run} {reconstruction}" for run, reconstruction in result.existing])
        sentences.append(f"{len(result.existing)} left out, since certified here: {shortened}")
    if result.different:
        shortened = _shortened([row.name for row in result.different])
        sentences.append(f"{len(result.different)} of them with other flags here: {shortened}")
    if result.repeated:
        shortened = _shortened([f"{row.name} ({row.where})" for row in result.repeated])
        sentences.append(f"{len(result.repeated)} left out, since twice in the file with the same values: {shortened}")
    if result.own_references:
        shortened = _shortened([f"{row.name} ({row.where})" for row in result.own_references])
        sentences.append(f"{len(result.own_references)} with the run itself as reference: {shortened}")
    return sentences


def _shortened(names: list[str]) -> str:
    """Return the end of a sentence that lists the first of the names."""
    listed = ", ".join(names[:_MAX_NAMES])
    return f"{listed}, …" if names[_MAX_NAMES:] else f"{listed}."
