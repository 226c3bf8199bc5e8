"""Make certifications from a golden JSON and a DCS-only JSON, to try an installation on a whole year."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING

from django.core.management.base import BaseCommand, CommandError
from django.db import IntegrityError

from certify.imports.file_flags import FileImportResult, FileSource, import_file_flags
from certify.rules.run_numbers import format_run_numbers
from certify.rules.shift_day import FIRST_SHIFT_DAY
from golden.import_policy import ensure_policy, policy_name
from golden.imported_files import dataset_name, layout_of, read_lumi_file, runs_of_files
from golden.layouts import FileInvalid
from infrastructure.database.job_lock import job_lock
from users.models import User

if TYPE_CHECKING:
    from argparse import ArgumentParser
    from collections.abc import Iterator

    from certify.imports.file_flags import FileRun

ACCOUNT = "import"


class Command(BaseCommand):
    help = (
        "Make certifications of a year from a golden JSON, and a policy that gives the file again. Run again: nothing."
    )

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("--golden", type=Path, required=True, help="the golden JSON")
        parser.add_argument("--dcs", type=Path, help="the DCS-only JSON; without it the detector is on where golden")
        parser.add_argument("--year", type=int, required=True, help="of data taking, such as 2018")

    def handle(self, *, golden: Path, dcs: Path | None, year: int, **_options: object) -> None:
        today = dt.datetime.now(dt.UTC).date()
        if not FIRST_SHIFT_DAY.year <= year <= today.year:
            raise CommandError(f"There are no runs of {year} to import. Name a year from {FIRST_SHIFT_DAY.year} on.")
        with job_lock("import_flags") as is_alone:
            if not is_alone:
                self.stdout.write("Another import is running. Nothing done.")
                return
            try:
                self._import(golden, dcs, year, min(dt.date(year, 12, 31), today))
            except FileInvalid as error:
                raise CommandError(f"Nothing was imported. {error}") from None
            except IntegrityError:
                raise CommandError("Somebody certified one of the runs meanwhile. Run the import again.") from None

    def _import(self, golden: Path, dcs: Path | None, year: int, day: dt.date) -> None:
        golden_file = read_lumi_file(golden)
        dcs_file = read_lumi_file(dcs) if dcs else None
        runs = runs_of_files(golden_file, dcs_file, year)
        files = {file.name: file.sha256 for file in (golden_file, dcs_file) if file}
        actor = _import_account()
        result = import_file_flags(
            actor, runs, FileSource(files, day), lambda count: self.stderr.write(f"{count} of {len(runs)} runs")
        )
        is_new = ensure_policy(actor, year, layout_of(golden_file, year))
        for sentence in _sentences(result, runs, year, is_new_policy=is_new):
            self.stdout.write(sentence)


def _import_account() -> User:
    """Return the account that owns imported certifications. Nobody can sign in to it."""
    account = User.objects.filter(username=ACCOUNT).first()
    if account is None:
        account = User(username=ACCOUNT, is_active=False)
        account.set_unusable_password()
        account.save()
    return account


def _sentences(result: FileImportResult, runs: list[FileRun], year: int, *, is_new_policy: bool) -> Iterator[str]:
    """Yield what was imported, and what was left alone with the reason."""
    out = sum(run.out_count for run in runs)
    out_runs = sum(run.out_count > 0 for run in runs)
    yield f"{result.created} certifications of {dataset_name(year)} imported, {result.unchanged} unchanged."
    yield f"{out} LS in {out_runs} runs are DCS-good and not golden: out, cause unknown, may not be the Tracker's."
    yield f"The policy {policy_name(year)} is {'new' if is_new_policy else 'as it was'}."
    for numbers, text in (
        (result.certified, "Left alone, certified by a person or on another dataset"),
        (result.different, "Left alone, imported before from files with other lumisections"),
        (result.withdrawn, "Left alone, imported before and withdrawn since"),
        (result.with_lumisections, "With the lumisections that OMS gave before"),
    ):
        if numbers:
            yield f"{text}: {format_run_numbers(numbers)}."
