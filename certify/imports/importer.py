"""Certifications made elsewhere, brought in as they are: they are history, and may break the rules of entry."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any, TextIO

from django.core.exceptions import PermissionDenied
from django.db import transaction

from audit.choices import ChangeKind
from audit.operation import AuditOperation, operation
from certify.facts.snapshot import frozen_facts
from certify.imports.file_rows import FileRow, NotImportable, read_rows, split_cell
from certify.models import Dataset, RunReconstruction, TrackerCertification
from certify.models.choices import CertificationState, Flag, Reconstruction, TrackerMap
from certify.models.components import Component, ComponentFlag, flag_columns
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN
from certify.vocabulary.cache import VOCABULARY_MODELS
from oms.choices import RunType
from oms.models import OmsRun
from users.models import Role, User

CHUNK = 500
_NEEDED = ("run_number", "reconstruction", "reference_run_number", "reference_reconstruction")
_LISTS = {*VOCABULARY_MODELS, "confirmed", "stale"}  # what our own export may have as lists; the last two are not read
ReconstructionKey = tuple[int, str]
TermsByName = dict[str, dict[str, Any]]  # by field, by name in small letters


@dataclass(frozen=True)
class ImportedRow:
    """One line of the file, read. `recorded_lumi` in 1/pb; None where the file does not say.

    `terms`: names of the reason and of the problems, by the field that has them.
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
    """What came of it: certifications made, those left out since one stands, and names that have no account here.

    `terms`: reasons and problems that are not here and were left out, by the field that has them.
    """

    made: int = 0
    existing: list[ReconstructionKey] = field(default_factory=list)
    unknown_users: set[str] = field(default_factory=set)
    terms: dict[str, set[str]] = field(default_factory=dict)


def read_certifications(file: TextIO, flags: str = "") -> list[ImportedRow]:
    """What our own export says, CSV or JSON, or the public list of reference runs.

    `flags`: what all components of a line are that says none, such as good. Raises `NotImportable`.
    """
    rows = []
    for where, row in read_rows(file, _NEEDED):
        try:
            rows.append(_parse_row(row, flags))
        except ValueError as wrong:
            raise NotImportable(f"{where}: {wrong}") from None
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
        terms={name: split_cell(row.get(name, ""), is_one=name == "bad_reason") for name in VOCABULARY_MODELS},
    )


def _parse_choice(row: dict[str, str], name: str, known: list[str], or_else: str = "") -> str:
    word = row.get(name, "").strip().lower() or or_else
    if word not in known:
        problem = f"{name} is {word!r}" if word else f"{name} says nothing"
        raise ValueError(f"{problem}. Give one of {', '.join(known)}.")
    return word


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
    """Store them as certifications of the actor, or of the account that a line names; all or none, a deed for each 500.

    What is certified here already stays as it is. `day`: the shift day of lines that name none and whose run OMS does
    not know. Raises `PermissionDenied` and `NotImportable`.
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
            with operation(actor, ChangeKind.CERTIFY, reason=reason) as done:
                _ImportChunk(rows[start : start + CHUNK], done, day, terms).store(actor, people, result)
    return result


class _ImportChunk:
    """Some lines, with the rows that they rest on: a handful of statements."""

    def __init__(self, rows: list[ImportedRow], done: AuditOperation, day: dt.date | None, terms: TermsByName) -> None:
        self.rows, self.done, self.day, self.terms = rows, done, day, terms
        self.runs = self._runs()
        self.reconstructions = self._reconstructions()
        self.datasets = self._datasets()

    def _runs(self) -> dict[int, OmsRun]:
        numbers = {key[0] for one in self.rows for key in (one.key, one.reference)}
        OmsRun.objects.bulk_create([OmsRun(run_number=number) for number in numbers], ignore_conflicts=True)
        return {run.pk: run for run in OmsRun.objects.select_related("fill").filter(pk__in=numbers)}

    def _reconstructions(self) -> dict[ReconstructionKey, RunReconstruction]:
        wanted = {key for one in self.rows for key in (one.key, one.reference)}
        held = RunReconstruction.objects.select_for_update().filter(run_id__in=self.runs)
        found = {(one.run_id, one.reconstruction): one for one in held}
        new = [RunReconstruction(run_id=run, reconstruction=name) for run, name in sorted(wanted - found.keys())]
        self.done.track_created(RunReconstruction.objects.bulk_create(new))
        found |= {(one.run_id, one.reconstruction): one for one in new}
        for one in found.values():
            one.run = self.runs[one.run_id]
        return found

    def _datasets(self) -> dict[str, Dataset]:
        names = {one.dataset for one in self.rows if one.dataset}
        Dataset.objects.bulk_create([Dataset(name=name) for name in names], ignore_conflicts=True)
        return {dataset.name: dataset for dataset in Dataset.objects.filter(name__in=names)}

    def store(self, actor: User, people: dict[str, User], result: ImportResult) -> None:
        live = TrackerCertification.objects.live().filter(runreconstruction__in=self.reconstructions.values())
        standing = set(live.values_list("runreconstruction__run_id", "runreconstruction__reconstruction"))
        made, problems = [], []
        for one in self.rows:
            if one.key in standing:
                result.existing.append(one.key)
                continue
            standing.add(one.key)
            result.unknown_users.update({one.user} - {""} - people.keys())
            known = self._known_terms(one, result)
            made.append(self._certification(one, people.get(one.user, actor), known.pop("bad_reason")))
            problems.append(known)
        self.done.track_created(TrackerCertification.objects.bulk_create(made))
        for row, of_row in zip(made, problems, strict=True):
            for name in filter(of_row.get, of_row):
                getattr(row, name).set(of_row[name])
        result.made += len(made)

    def _known_terms(self, one: ImportedRow, result: ImportResult) -> dict[str, list[Any]]:
        """By field the reason and the problems that are here under these names; the others are noted."""
        found: dict[str, list[Any]] = {}
        for field_name, names in one.terms.items():
            rows = [(name, self.terms[field_name].get(name.casefold())) for name in names]
            found[field_name] = [row for _name, row in rows if row]
            if unknown := {name for name, row in rows if row is None}:
                result.terms.setdefault(field_name, set()).update(unknown)
        return found

    def _certification(self, one: ImportedRow, owner: User, reasons: list[Any]) -> TrackerCertification:
        run, reference = self.runs[one.key[0]], self.reconstructions[one.reference]
        return TrackerCertification(
            runreconstruction=self.reconstructions[one.key],
            reference_runreconstruction=reference,
            dataset=self.datasets.get(one.dataset),
            is_dataset_verified=False,
            user=owner,
            date=self._shift_day(one, run),
            trackermap=one.trackermap,
            bad_reason=reasons[0] if reasons else None,
            comment=one.comment,
            run_type=run.run_type if one.run_type == RunType.UNKNOWN else one.run_type,
            lumisections=run.lumisections if one.lumisections is None else one.lumisections,
            recorded_lumi=run.recorded_lumi if one.recorded_lumi is None else one.recorded_lumi,
            facts=frozen_facts(run, reference, one.dataset, {}),
            **flag_columns(one.component_flags),
        )

    def _shift_day(self, one: ImportedRow, run: OmsRun) -> dt.date:
        day = one.date or (run.start_time.date() if run.start_time else self.day)
        if day is None:
            raise NotImportable(f"There is no known shift day of run {run.pk}. Give one with --date.")
        return day
