"""Certifications of a file, as typed values, before anything is stored."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from functools import partial
from typing import TYPE_CHECKING, Any, TextIO, TypeVar

from certify.imports import cells
from certify.imports.columns import LIST_COLUMNS, WITHDRAWAL_COLUMNS
from certify.imports.file_rows import read_rows
from certify.imports.problems import NotImportable, quote
from certify.models.certification import MAX_COMMENT_LENGTH, MAX_DATASET_LENGTH
from certify.models.choices import CertificationState, Flag, Reconstruction, TrackerMap
from certify.models.components import PROBLEM_FIELDS, Component, ComponentFlag, flag_columns
from infrastructure.csv_export import LIST_SEPARATOR
from oms.choices import RunType
from users.models import User

if TYPE_CHECKING:
    import datetime as dt
    from collections.abc import Callable, Collection

    from certify.imports.file_rows import FileRow

_Value = TypeVar("_Value")
_STATES, _FLAGS, _RECONSTRUCTIONS, _TRACKER_MAPS, _RUN_TYPES = (  # `values` computes a list each time
    tuple(choices.values) for choices in (CertificationState, Flag, Reconstruction, TrackerMap, RunType)
)
_MAX_USER_LENGTH = User._meta.get_field("username").max_length or 150
ReconstructionKey = tuple[int, str]


@dataclass(frozen=True)
class ImportedRow:
    """One parsed row of the file. `recorded_lumi` is in 1/pb; None if the file has no value.

    `terms` holds the names of the reason and of the problems by form field; `where` is the line or entry.
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
    where: str = field(default="", compare=False)

    @property
    def name(self) -> str:
        return f"{self.key[0]} {self.key[1]}"

    @property
    def flags(self) -> list[Any]:
        """Flags and low statistics in the order of `FLAG_COLUMNS`."""
        return list(flag_columns(self.component_flags).values())

    def differences(self, other: ImportedRow) -> list[str]:
        """Return the names of the columns in which the other row differs."""
        ours, theirs = self._columns(), other._columns()
        return [name for name, value in ours.items() if value != theirs[name]]

    def _columns(self) -> dict[str, Any]:
        values = {column.name: getattr(self, column.name) for column in fields(self) if column.compare}
        del values["component_flags"], values["terms"]
        return values | flag_columns(self.component_flags) | self.terms


def read_certifications(file: TextIO, flags: str = "", ignored: Collection[str] = ()) -> list[ImportedRow]:
    """Parse a file: our export as CSV or JSON, or the public list of reference runs.

    `flags` is the flag of components for which a row has none, such as "good". Columns in `ignored` may be unknown.
    A row that is in the file twice is returned twice. Raises `NotImportable` with all problems of the file.
    """
    problems: list[str] = []
    rows: dict[ReconstructionKey, ImportedRow] = {}
    twins: list[ImportedRow] = []
    for where, row in read_rows(file.read(), ignored, problems):
        found, parsed = _parse_row(where, row, flags)
        problems += [f"{where}: {problem}" for problem in found]
        if found:
            continue
        first = rows.setdefault(parsed.key, parsed)
        if first != parsed:
            names = ", ".join(first.differences(parsed))
            problems.append(f"{where}: {parsed.name} is in {first.where.lower()} too, with another {names}. Keep one.")
        elif first is not parsed:
            twins.append(parsed)
    if problems:
        raise NotImportable(problems)
    return [*rows.values(), *twins]


class _RowCells:
    """The cells of one row. What cannot be read is added to `problems`, so that all of it is reported at once."""

    def __init__(self, row: FileRow) -> None:
        self.row = row
        self.problems: list[str] = []

    def read(self, name: str, parse: Callable[[str], _Value], fallback: _Value) -> _Value:
        """Return the parsed text of a column; `fallback` if it cannot be read."""
        text = self.row.get(name, "")
        try:
            if not isinstance(text, str):
                raise ValueError("is a list. Give one value.")
            cells.check_characters(text)
            return parse(text)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
            return fallback

    def read_choice(self, name: str, choices: Collection[str], default: str = "") -> str:
        """Return the word of a column, one of `choices`."""
        return self.read(name, partial(cells.parse_choice, choices=choices, default=default), default)

    def read_names(self, name: str) -> list[str]:
        """Return the names of a column with a list, in CSV separated by semicolons. Their order has no meaning."""
        cell = self.row.get(name, "")
        texts = [cell] if isinstance(cell, str) else list(cell)
        try:
            for text in texts:
                cells.check_characters(text)
        except ValueError as error:
            self.problems.append(f"{name} {error}")
        if isinstance(cell, str) and name in LIST_COLUMNS:
            texts = cell.split(LIST_SEPARATOR)
        return sorted({text.strip() for text in texts if text.strip()})

    def check_counts_here(self) -> None:
        """Refuse withdrawn rows and practice, which do not count in the other installation."""
        state = self.read_choice("state", _STATES, CertificationState.LIVE)
        is_practice = self.read("is_practice", cells.parse_boolean, fallback=False)
        not_counting = [name for name in WITHDRAWAL_COLUMNS if str(self.row.get(name, "")).strip()]
        not_counting += ["state"] * (state == CertificationState.WITHDRAWN) + ["is_practice"] * is_practice
        if not_counting:
            names = ", ".join(f"{name} is {quote(str(self.row[name]))}" for name in not_counting)
            self.problems.append(f"{names}. It would count here, as neither withdrawn nor practice. Remove such lines.")


def _parse_row(where: str, row: FileRow, flags: str) -> tuple[list[str], ImportedRow]:
    """Return (problems, parsed row). The row is to be used only if there are no problems."""
    reader = _RowCells(row)
    reader.check_counts_here()
    parsed = ImportedRow(
        key=_parse_key(reader, ""),
        reference=_parse_key(reader, "reference_"),
        dataset=reader.read("dataset", partial(cells.parse_name, length=MAX_DATASET_LENGTH), ""),
        component_flags=tuple(_parse_flag(reader, component, flags) for component in Component),
        trackermap=reader.read_choice("trackermap", _TRACKER_MAPS, TrackerMap.MISSING),
        comment=reader.read("comment", partial(cells.parse_text, length=MAX_COMMENT_LENGTH), ""),
        date=reader.read("date", cells.parse_day, None),
        user=reader.read("user", partial(cells.parse_name, length=_MAX_USER_LENGTH), ""),
        run_type=reader.read_choice("run_type", _RUN_TYPES, RunType.UNKNOWN),
        lumisections=reader.read("lumisections", cells.parse_count, None),
        recorded_lumi=reader.read("recorded_lumi_per_pb", cells.parse_amount, None),
        terms={name: reader.read_names(name) for name in ("bad_reason", *PROBLEM_FIELDS)},
        where=where,
    )
    return reader.problems, parsed


def _parse_key(reader: _RowCells, prefix: str) -> ReconstructionKey:
    run_number = reader.read(f"{prefix}run_number", cells.parse_run_number, 0)
    return run_number, reader.read_choice(f"{prefix}reconstruction", _RECONSTRUCTIONS)


def _parse_flag(reader: _RowCells, component: Component, default: str) -> ComponentFlag:
    flag = reader.read_choice(component.flag_field, _FLAGS, default)
    lowstat = reader.read(component.lowstat_field, cells.parse_boolean, fallback=False)
    return ComponentFlag(
        component, flag, lowstat, reader.read(component.ranges_field, cells.parse_bad_lumisections, ())
    )
