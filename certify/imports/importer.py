"""Import of certifications from files. They are stored unchanged and need not satisfy the rules of the form."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, TextIO

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit.operation import AuditOperation, operation
from certify.facts.snapshot import frozen_facts
from certify.imports.file_rows import FileRow, NotImportable, read_rows, split_cell
from certify.models import Dataset, RunReconstruction, TrackerCertification
from certify.models.choices import CertificationChangeKind, CertificationState, Flag, Reconstruction, TrackerMap
from certify.models.components import Component, ComponentFlag, flag_columns
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN
from certify.vocabulary.cache import VOCABULARY_MODELS
from oms.choices import RunType
from oms.models import OmsRun
from users.models import Role, User

CHUNK = 500
_NEEDED = ("run_number", "reconstruction", "reference_run_number", "reference_reconstruction")
_LISTS = {*VOCABULARY_MODELS, "confirmed", "stale"}  # columns that are lists in our export; the last two are ignored
ReconstructionKey = tuple[int, str]
TermsByName = dict[str, dict[str, Any]]  # {field: {casefolded name: term}}


@dataclass(frozen=True)
class ImportedRow:
    """One parsed row of the file. `recorded_lumi` is in 1/pb; None if the file has no value.

    `terms` holds the names of the reason and of the problems by form field.
    """

    key: ReconstructionKey
    reference: ReconstructionKey
    dataset: str
    component_flags: tuple[ComponentFlag, ...]
    trackermap: str
    comment: str
    date: dt.date | None
    user: str
    run_type: str
    lumisections: int | None
    recorded_lumi: float | None
    terms: dict[str, list[str]]


@dataclass
class ImportResult:
    """Result of an import: the number of new certifications and what was skipped.

    `existing` are reconstructions that are certified already, `unknown_users` account names that do not exist, `terms`
    names of reasons and problems that do not exist, by form field.
    """

    imported: int = 0
    existing: list[ReconstructionKey] = field(default_factory=list)
    unknown_users: set[str] = field(default_factory=set)
    terms: dict[str, set[str]] = field(default_factory=dict)


def read_certifications(file: TextIO, flags: str = "") -> list[ImportedRow]:
    """Parse a file: our export as CSV or JSON, or the public list of reference runs.

    `flags` is the flag of components for which a row has none, such as "good". Raises `NotImportable`.
    """
    rows = []
    for where, row in read_rows(file, _NEEDED):
        try:
            rows.append(_parse_row(row, flags))
        except ValueError as error:
            raise NotImportable(f"{where}: {error}") from None
    return rows


def _parse_flag(row: FileRow, component: Component, default: str) -> ComponentFlag:
    is_low = row.get(component.lowstat_field, "").lower() == "true"
    return ComponentFlag(component, _parse_choice(row, component.flag_field, Flag.values, default), is_low)


def _parse_row(row: FileRow, flags: str) -> ImportedRow:
    if lists := [name for name, cell in row.items() if isinstance(cell, list) and name not in _LISTS]:
        raise ValueError(f"{lists[0]} is a list. Give one value.")
    if row.get("state", "").lower() == CertificationState.WITHDRAWN or row.get("is_practice", "").lower() == "true":
        raise ValueError("it is withdrawn or practice, and would count here. Remove such lines.")
    return ImportedRow(
        key=(_parse_run_number(row, "run_number"), _parse_choice(row, "reconstruction", Reconstruction.values)),
        reference=(
            _parse_run_number(row, "reference_run_number"),
            _parse_choice(row, "reference_reconstruction", Reconstruction.values),
        ),
        dataset=row.get("dataset", "").strip()[:150],
        component_flags=tuple(_parse_flag(row, component, flags) for component in Component),
        trackermap=_parse_choice(row, "trackermap", TrackerMap.values, TrackerMap.MISSING),
        comment=row.get("comment", ""),
        date=_parse_date(row.get("date", "")),
        user=row.get("user", ""),
        run_type=_parse_choice(row, "run_type", RunType.values, RunType.UNKNOWN),
        lumisections=_parse_number(row, "lumisections", int),
        recorded_lumi=_parse_number(row, "recorded_lumi_per_pb", float),
        terms={name: split_cell(row.get(name, ""), is_single=name == "bad_reason") for name in VOCABULARY_MODELS},
    )


def _parse_choice(row: dict[str, str], name: str, choices: list[str], default: str = "") -> str:
    value = row.get(name, "").strip().lower() or default
    if value not in choices:
        problem = f"{name} is {value!r}" if value else f"{name} says nothing"
        raise ValueError(f"{problem}. Give one of {', '.join(choices)}.")
    return value


def _parse_run_number(row: dict[str, str], name: str) -> int:
    text = row.get(name, "").strip()
    if not text.isdecimal() or len(text) > 10 or not FIRST_RUN <= int(text) <= LAST_RUN:
        raise ValueError(f"{name} is {text!r}. Give a run number from {FIRST_RUN} to {LAST_RUN}.")
    return int(text)


def _parse_date(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise ValueError(f"date is {text!r}. Give the day as 2018-05-01.") from None


def _parse_number(row: dict[str, str], name: str, number_type: type[int] | type[float]) -> Any:
    text = row.get(name, "").strip()
    try:
        value = number_type(text) if text else None
    except ValueError:
        raise ValueError(f"{name} is {text!r}. Give a number, or nothing.") from None
    if value is not None and not 0 <= value < 2**31:
        raise ValueError(f"{name} is {text}. Give a number from 0.")
    return value


def import_certifications(
    actor: User, rows: list[ImportedRow], reason: str, day: dt.date | None = None
) -> ImportResult:
    """Store the rows as certifications of the actor, or of the account that a row names, in one transaction.

    Each 500 rows are one operation in the history. Reconstructions that are certified already are skipped. `day` is the
    shift day of rows without one whose run has no start time. Raises `PermissionDenied` and `NotImportable`.
    """
    if not actor.has_role(Role.ADMIN):
        raise PermissionDenied("Importing certifications needs the role admin.")
    result, people = ImportResult(), {person.username: person for person in User.objects.all()}
    terms = {
        name: {row.name.casefold(): row for row in model._default_manager.all()}
        for name, model in VOCABULARY_MODELS.items()
    }
    with transaction.atomic():
        for start in range(0, len(rows), CHUNK):
            with operation(actor, CertificationChangeKind.CERTIFY, reason=reason) as current:
                _ImportChunk(rows[start : start + CHUNK], current, day, terms).store(actor, people, result)
    return result


class _ImportChunk:
    """Up to 500 rows with the database rows that they refer to, read and stored with a few queries."""

    def __init__(
        self, rows: list[ImportedRow], current: AuditOperation, day: dt.date | None, terms: TermsByName
    ) -> None:
        self.rows, self.operation, self.day, self.terms = rows, current, day, terms
        self.runs = self._runs()
        self.reconstructions = self._reconstructions()
        self.datasets = self._datasets()

    def _runs(self) -> dict[int, OmsRun]:
        numbers = {key[0] for row in self.rows for key in (row.key, row.reference)}
        OmsRun.objects.bulk_create([OmsRun(run_number=number) for number in numbers], ignore_conflicts=True)
        return {run.pk: run for run in OmsRun.objects.select_related("fill").filter(pk__in=numbers)}

    def _reconstructions(self) -> dict[ReconstructionKey, RunReconstruction]:
        keys = {key for row in self.rows for key in (row.key, row.reference)}
        existing = RunReconstruction.objects.select_for_update().filter(run_id__in=self.runs)
        by_key = {(item.run_id, item.reconstruction): item for item in existing}
        new = [RunReconstruction(run_id=run, reconstruction=name) for run, name in sorted(keys - by_key.keys())]
        self.operation.track_created(RunReconstruction.objects.bulk_create(new))
        by_key |= {(item.run_id, item.reconstruction): item for item in new}
        for item in by_key.values():
            item.run = self.runs[item.run_id]
        return by_key

    def _datasets(self) -> dict[str, Dataset]:
        names = {row.dataset for row in self.rows if row.dataset}
        Dataset.objects.bulk_create([Dataset(name=name) for name in names], ignore_conflicts=True)
        return {dataset.name: dataset for dataset in Dataset.objects.filter(name__in=names)}

    def store(self, actor: User, people: dict[str, User], result: ImportResult) -> None:
        """Create the certifications and add to `result`."""
        live = TrackerCertification.objects.live().filter(runreconstruction__in=self.reconstructions.values())
        certified = set(live.values_list("runreconstruction__run_id", "runreconstruction__reconstruction"))
        certifications, problems = [], []
        for row in self.rows:
            if row.key in certified:
                result.existing.append(row.key)
                continue
            certified.add(row.key)
            result.unknown_users.update({row.user} - {""} - people.keys())
            terms = self._known_terms(row, result)
            certifications.append(self._certification(row, people.get(row.user, actor), terms.pop("bad_reason")))
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
            terms = [(name, self.terms[field_name].get(name.casefold())) for name in names]
            known[field_name] = [term for _name, term in terms if term]
            if unknown := {name for name, term in terms if term is None}:
                result.terms.setdefault(field_name, set()).update(unknown)
        return known

    def _certification(self, row: ImportedRow, owner: User, reasons: list[Any]) -> TrackerCertification:
        run, reference = self.runs[row.key[0]], self.reconstructions[row.reference]
        return TrackerCertification(
            runreconstruction=self.reconstructions[row.key],
            reference_runreconstruction=reference,
            dataset=self.datasets.get(row.dataset),
            is_dataset_verified=False,
            user=owner,
            date=self._shift_day(row, run),
            trackermap=row.trackermap,
            bad_reason=reasons[0] if reasons else None,
            comment=row.comment,
            run_type=run.run_type if row.run_type == RunType.UNKNOWN else row.run_type,
            lumisections=run.lumisections if row.lumisections is None else row.lumisections,
            recorded_lumi=run.recorded_lumi if row.recorded_lumi is None else row.recorded_lumi,
            facts=frozen_facts(run, reference, row.dataset, {}),
            **flag_columns(row.component_flags),
        )

    def _shift_day(self, row: ImportedRow, run: OmsRun) -> dt.date:
        day = row.date or (run.start_time.date() if run.start_time else self.day)
        if day is None:
            raise NotImportable(f"There is no known shift day of run {run.pk}. Give one with --date.")
        return day
