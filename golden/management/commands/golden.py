"""Make a file of good runs by a policy, or verify one."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone

from certify.errors import EntryInvalid
from golden.actions import make_file
from golden.layouts import LAYOUTS
from golden.models import GoldenFile, PolicyVersion
from golden.registry_requests import names_registry, policy_readings
from golden.selectors import policy_version_as_of
from golden.verifications import record_verification


class Command(BaseCommand):
    help = "Write the file of good runs of a policy to standard output, or verify a stored file."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("policy", nargs="?", metavar="POLICY", help="name of a policy")
        parser.add_argument("--as-of", metavar="T", help="time (UTC) as of which it is made, ISO 8601 (now)")
        parser.add_argument("--layout", metavar="NAME", default="", help=f"{', '.join(LAYOUTS)} (that of the policy)")
        parser.add_argument("--output", metavar="F", help="write to this file, not to standard output")
        parser.add_argument("--verify", metavar="ID", type=int, help="make the file with this ID again and compare")

    def handle(self, *, policy: str | None, verify: int | None, **options: Any) -> None:
        if (policy is None) == (verify is None):
            raise CommandError("Give the name of a policy, or --verify with the ID of a file.")
        try:
            if verify is not None:
                self._verify(verify)
            else:
                self._make(str(policy), options)
        except EntryInvalid as error:
            raise CommandError(str(error)) from None

    def _make(self, name: str, options: dict[str, Any]) -> None:
        moment = _moment(options["as_of"])
        version = policy_version_as_of(name, moment)
        if version is None:
            raise CommandError(_no_policy(name, moment))
        self._warn_of_missing_flags(version)
        file = make_file(None, version, moment, options["layout"], progress=self._progress)
        counts = file.manifest["counts"]
        self.stderr.write(
            f"{file.name}, file {file.pk}: {counts['runs']} runs, {counts['lumisections']} lumisections, "
            f"{counts['left_out']} certifications left out, as of {moment:%Y-%m-%d %H:%M:%S} UTC, SHA-256 {file.sha256}"
        )
        if options["output"]:
            Path(options["output"]).write_bytes(file.file_bytes)
        else:
            self._write_bytes(file.file_bytes)

    def _warn_of_missing_flags(self, version: PolicyVersion) -> None:
        if names_registry(version.rules) and (missing := policy_readings(version).missing):
            self.stderr.write(
                f"Runs whose flags of other detectors were not read, which are out: {len(missing)}. "
                f"Read them with manage.py read_registry_flags {version.policy.name}"
            )

    def _write_bytes(self, content: bytes) -> None:
        """Write exactly these bytes; `OutputWrapper` would end them with a newline."""
        stream = getattr(self.stdout, "_out", sys.stdout)
        if buffer := getattr(stream, "buffer", None):
            stream.flush()
            buffer.write(content)
            buffer.flush()
        else:
            stream.write(content.decode())

    def _progress(self, done: int, total: int) -> None:
        self.stderr.write(f"{done} of {total} certifications")

    def _verify(self, key: int) -> None:
        file = GoldenFile.objects.with_names().filter(pk=key).first()
        if file is None:
            raise CommandError(f"There is no file {key}.")
        verification = record_verification(None, file, progress=self._progress)
        if not verification.is_equal:
            raise CommandError("\n".join([f"{file.name}, file {key}, differs.", *verification.problems]))
        self.stderr.write(f"{file.name}, file {key}: made again, equal. SHA-256 {file.sha256}")


def _moment(text: str | None) -> datetime:
    if text is None:
        return timezone.now()
    try:
        moment = datetime.fromisoformat(text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise CommandError(f"{text} is no time. Write 2026-05-01T12:00Z.") from None


def _no_policy(name: str, moment: datetime) -> str:
    names = PolicyVersion.objects.as_of(moment).order_by().values_list("policy__name", flat=True).distinct()
    known = ", ".join(sorted(names)) or "none"
    return f"There is no policy {name} as of {moment:%Y-%m-%d %H:%M:%S} UTC. There are: {known}."
