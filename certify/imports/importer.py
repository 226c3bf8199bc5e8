"""Import of certifications from files. They are stored unchanged and need not satisfy the rules of the form."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit.operation import AuditOperation, operation
from certify.facts.snapshot import frozen_facts
from certify.imports.people import AccountNames
from certify.imports.problems import NotImportable
from certify.imports.targets import ImportTargets
from certify.models import TrackerCertification
from certify.models.choices import CertificationChangeKind
from certify.models.components import FLAG_COLUMNS, flag_columns
from certify.rules.run_numbers import format_run_numbers
from certify.rules.shift_day import shift_day_errors
from certify.vocabulary.cache import VOCABULARY_MODELS
from infrastructure.names import name_key
from oms.choices import RunType
from users.models import Role, User

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Iterator

    from certify.imports.rows import ImportedRow, ReconstructionKey

CHUNK = 500
_KEY_COLUMNS = ("runreconstruction__run_id", "runreconstruction__reconstruction")
TermsByName = dict[str, dict[str, Any]]  # {field: {key of the name: term}}


@dataclass
class ImportResult:
    """Result of an import: the number of new certifications and what was skipped.

    `existing` are reconstructions that are certified already, `different` those of them with other flags, `repeated`
    rows that are in the file twice, `own_references` certifications whose reference is the run itself, `undated` runs
    without a shift day, `too_early` runs with one before they began, `unknown_users` account names that do not exist,
    `terms` names of reasons and problems that do not exist, by form field.
    """

    imported: int = 0
    existing: list[ReconstructionKey] = field(default_factory=list)
    different: list[ImportedRow] = field(default_factory=list)
    repeated: list[ImportedRow] = field(default_factory=list)
    own_references: list[ImportedRow] = field(default_factory=list)
    undated: set[int] = field(default_factory=set)
    too_early: set[int] = field(default_factory=set)
    unknown_users: set[str] = field(default_factory=set)
    terms: dict[str, set[str]] = field(default_factory=dict)


def import_certifications(
    actor: User, rows: list[ImportedRow], reason: str, day: dt.date | None = None
) -> ImportResult:
    """Store the rows as certifications of the actor, or of the account that a row names, in one transaction.

    Each 500 rows are one operation in the history. Reconstructions that are certified already are skipped. `day` is the
    shift day of rows without one whose run has no start time. Raises `PermissionDenied` and `NotImportable`.
    """
    if not actor.has_role(Role.ADMIN):
        raise PermissionDenied("Importing certifications needs the role admin.")
    result, accounts = ImportResult(), AccountNames()
    first_rows: dict[ReconstructionKey, ImportedRow] = {}
    result.repeated = [row for row in rows if first_rows.setdefault(row.key, row) is not row]
    rows = list(first_rows.values())
    terms = {
        name: {name_key(row.name): row for row in model._default_manager.all()}
        for name, model in VOCABULARY_MODELS.items()
    }
    with transaction.atomic():
        for start in range(0, len(rows), CHUNK):
            with operation(actor, CertificationChangeKind.CERTIFY, reason=reason) as current:
                _ImportChunk(rows[start : start + CHUNK], current, day, terms).store(actor, accounts, result)
        if problems := list(_day_problems(result)):
            raise NotImportable(problems)
    return result


def _day_problems(result: ImportResult) -> Iterator[str]:
    if result.undated:
        runs = format_run_numbers(result.undated)
        yield f"There is no known shift day of run {runs}. Give one with --date."
    if result.too_early:
        runs = format_run_numbers(result.too_early)
        yield f"The shift day of run {runs} is before the run began (UTC). Correct the date."


class _ImportChunk:
    """Up to 500 rows with the database rows that they refer to, read and stored with a few queries."""

    def __init__(
        self, rows: list[ImportedRow], current: AuditOperation, day: dt.date | None, terms: TermsByName
    ) -> None:
        self.rows, self.operation, self.day, self.terms = rows, current, day, terms
        targets = ImportTargets(rows, current)
        self.runs, self.reconstructions, self.datasets = targets.runs, targets.reconstructions, targets.datasets

    def store(self, actor: User, accounts: AccountNames, result: ImportResult) -> None:
        """Create the certifications and add to `result`."""
        live = TrackerCertification.objects.live().filter(runreconstruction__in=self.reconstructions.values())
        certified = {
            (run, reconstruction): flags
            for run, reconstruction, *flags in live.values_list(*_KEY_COLUMNS, *FLAG_COLUMNS)
        }
        result.existing += [row.key for row in self.rows if row.key in certified]
        result.different += [row for row in self.rows if certified.get(row.key, row.flags) != row.flags]
        new = [row for row in self.rows if row.key not in certified]
        result.own_references += [row for row in new if row.key == row.reference]
        certifications, problems = [], []
        for row in new:
            day = self._shift_day(row)
            if day is None:
                result.undated.add(row.key[0])
                continue
            if list(shift_day_errors(day, day, self._day_of_begin(row))):
                result.too_early.add(row.key[0])
            terms = self._known_terms(row, result)
            owner = self._owner(row, accounts, result) or actor
            certifications.append(self._certification(row, owner, day, terms.pop("bad_reason")))
            problems.append(terms)
        self.operation.track_created(TrackerCertification.objects.bulk_create(certifications))
        for certification, terms in zip(certifications, problems, strict=True):
            for name in filter(terms.get, terms):
                getattr(certification, name).set(terms[name])
        result.imported += len(certifications)

    def _known_terms(self, row: ImportedRow, result: ImportResult) -> dict[str, list[Any]]:
        """Return the existing reasons and problems of a row by form field, and add the unknown names to `result`."""
        known: dict[str, list[Any]] = {}
        for field_name, names in row.terms.items():
            terms = [(name, self.terms[field_name].get(name_key(name))) for name in names]
            known[field_name] = [term for _name, term in terms if term]
            if unknown := {name for name, term in terms if term is None}:
                result.terms.setdefault(field_name, set()).update(unknown)
        return known

    def _owner(self, row: ImportedRow, accounts: AccountNames, result: ImportResult) -> User | None:
        """Return the account that the row names; add its name to `result` if there is none."""
        owner = accounts.find(row.user)
        if row.user and owner is None:
            result.unknown_users.add(row.user)
        return owner

    def _certification(self, row: ImportedRow, owner: User, day: dt.date, reasons: list[Any]) -> TrackerCertification:
        run, reference = self.runs[row.key[0]], self.reconstructions[row.reference]
        certification = TrackerCertification(
            runreconstruction=self.reconstructions[row.key],
            reference_runreconstruction=reference,
            dataset=self.datasets.get(row.dataset),
            is_dataset_verified=False,
            user=owner,
            date=day,
            trackermap=row.trackermap,
            bad_reason=reasons[0] if reasons else None,
            comment=row.comment,
            run_type=run.run_type if row.run_type == RunType.UNKNOWN else row.run_type,
            lumisections=run.lumisections if row.lumisections is None else row.lumisections,
            recorded_lumi=run.recorded_lumi if row.recorded_lumi is None else row.recorded_lumi,
            facts=frozen_facts(run, reference, row.dataset, {}),
            **flag_columns(row.component_flags),
        )
        certification.set_ranges_facts()
        return certification

    def _shift_day(self, row: ImportedRow) -> dt.date | None:
        return row.date or self._day_of_begin(row) or self.day

    def _day_of_begin(self, row: ImportedRow) -> dt.date | None:
        """Return the day (UTC) on which the run of a row began, None if it is not known."""
        began = self.runs[row.key[0]].start_time
        return began.date() if began else None
