"""Parsers of the rows of datasets of Run Registry. A value of another type is left out and named, not its row."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from infrastructure.http.errors import WrongShape
from infrastructure.http.values import listed, short_text
from registry.service import REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

Row = TypeVar("Row")
ONLINE = "online"
_UL = re.compile(r"(?<![A-Za-z])UL(?![A-Za-z])")  # in UL2019 and _UL_, not in JUL2019


@dataclass(frozen=True)
class RegistryDataset:
    """One dataset of one run. `state` is that of the Tracker, `run_state` and `run_class` are those of the online run.

    `name` is stripped; `registry_name` is the name in Run Registry (some end in a newline), for further requests.
    `version` rises with every change in Run Registry. `left_out`: values that cannot be used, as text. `flags`:
    (component, status as text), empty if they were not read.
    """

    run_number: int
    name: str
    reconstruction: str | None
    state: str | None
    run_class: str | None
    run_state: str | None
    registry_name: str = ""
    version: int | None = None
    left_out: tuple[str, ...] = ()
    flags: tuple[tuple[str, str], ...] = ()

    @property
    def is_open(self) -> bool:
        """Return whether the dataset is open for Tracker in Run Registry."""
        return self.state == "OPEN"


def run_type_in(name: str | None) -> str | None:
    """Return the run type that a run class or the name of a dataset contains, or None."""
    lowered = (name or "").lower()
    return next((run_type + "s" for run_type in ("collision", "cosmic") if run_type in lowered), None)


def reconstruction_in(name: str) -> str | None:
    """Return the reconstruction that the name of a dataset contains, or None. "UL" is a word, in capitals only."""
    lowered = name.lower()
    if "express" in lowered:
        return "express"
    if "prompt" in lowered:
        return "prompt"
    if "rereco" in lowered:
        return "rerecoul" if _UL.search(name) else "rereco"
    return None


class RowReader:
    """Reads values of one row. A value of another type is left out and added to `left_out`."""

    def __init__(self) -> None:
        self.left_out: list[str] = []

    def mapping(self, value: Any, key: str) -> dict[str, Any]:
        """Return the JSON object `value`, empty if there is none."""
        return value if self._is_a(dict, value, key) else {}

    def text(self, value: Any, key: str) -> str | None:
        """Return the string `value` without NUL characters, or None."""
        return _clean(value) if self._is_a(str, value, key) else None

    def integer(self, value: Any, key: str) -> int | None:
        """Return the integer `value`, or None."""
        return value if self._is_a(int, value, key) and not isinstance(value, bool) else None

    def _is_a(self, expected: type, value: Any, key: str) -> bool:
        if not isinstance(value, expected) and value is not None:
            self.left_out.append(f"{key} {short_text(value)}")
        return isinstance(value, expected)


def parse_dataset(row: Any) -> RegistryDataset:
    """Parse one uncompressed row. A state can be absent. Raises `WrongShape` without a run number or name."""
    run_number, name, reader = _run_number(row), _name(row), RowReader()
    run = reader.mapping(reader.mapping(row.get("Run"), "Run").get("rr_attributes"), "rr_attributes")
    attributes = reader.mapping(row.get("dataset_attributes"), "dataset_attributes")
    return RegistryDataset(
        run_number=run_number,
        name=name.strip(),
        reconstruction=reconstruction_in(name),
        state=reader.text(attributes.get("tracker_state"), "tracker_state"),
        run_class=reader.text(run.get("class"), "class"),
        run_state=RowReader().text(run.get("state"), "state"),  # nobody needs it, so that an odd one is not named
        registry_name=name,
        version=RowReader().integer(row.get("version"), "version"),  # only what is written needs it, and names it then
        left_out=tuple(reader.left_out),
    )


@dataclass(frozen=True)
class ParsedRows(Generic[Row]):
    """The parsed rows of an answer, and a text for each row that cannot be used."""

    rows: list[Row]
    unusable: tuple[str, ...]


def parse_datasets(
    rows: Iterable[Any], parse: Callable[[Any], RegistryDataset] = parse_dataset
) -> ParsedRows[RegistryDataset]:
    """Parse all rows, each (run, stripped name) once. Raises `WrongShape` if none of them can be used."""
    return parse_rows(rows, parse, lambda dataset: (dataset.run_number, dataset.name))


def parse_rows(
    rows: Iterable[Any], parse: Callable[[Any], Row], key_of: Callable[[Row], tuple[int, str]]
) -> ParsedRows[Row]:
    """Parse all rows, each key once: paging without a snapshot can repeat rows.

    Raises `WrongShape` if none of the rows can be used.
    """
    unique: dict[tuple[int, str], Row] = {}
    unusable: list[str] = []
    error = None
    for row in rows:
        try:
            parsed = parse(row)
            unique.setdefault(key_of(parsed), parsed)
        except WrongShape as caught:
            error = caught
            unusable.append(_unusable_text(row, caught.key))
    if error and not unique:
        raise error
    return ParsedRows(list(unique.values()), tuple(unusable))


def _unusable_text(row: Any, key: str) -> str:
    run = row.get("run_number") if isinstance(row, dict) and key != "run_number" else None
    return f"a dataset of run {run} without a {key}" if run else "a dataset without a run number"


def left_out_sentences(datasets: Iterable[RegistryDataset], unusable: Iterable[str] = ()) -> list[str]:
    """Return one sentence that lists what was left out of the answer of Run Registry, or no sentence."""
    texts = [
        *unusable,
        *(
            f"{dataset.run_number} {dataset.name} {', '.join(dataset.left_out)}"
            for dataset in datasets
            if dataset.left_out
        ),
    ]
    sentence = f"Run Registry gives values that cannot be used, left out here: {listed(texts)}. Look there for them."
    return [sentence] if texts else []


def _run_number(row: Any) -> int:
    value = row.get("run_number") if isinstance(row, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or not 0 < value < 2**31:
        raise WrongShape(REGISTRY, key="run_number")
    return value


def _name(row: Any) -> str:
    value = row.get("name")
    if not isinstance(value, str) or not _clean(value).strip():
        raise WrongShape(REGISTRY, key="name")
    return _clean(value)


def _clean(text: str) -> str:
    """Return the text without NUL characters and lone surrogates, which PostgreSQL rejects."""
    return text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
