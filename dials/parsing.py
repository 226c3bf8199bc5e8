"""Parses answers of DIALS, of version 1.12 and of 2. Each function raises `WrongShape` with the key that is wrong.

A row that cannot be read spoils its answer: a sum without it would look like one of fewer entries.
"""

from __future__ import annotations

from itertools import chain
from math import isfinite
from typing import Any

from dials.service import DIALS
from dials.wire_types import Axis, Binning, ElementInDials, HistogramRow, RunInDataset
from infrastructure.http.errors import WrongShape

MAX_BINS = 100_000
MAX_LUMISECTION = 100_000
_NUMBERS = {int, float}


def rows_of_page(answer: Any) -> tuple[list[Any], bool]:
    """Return the rows of a page, and whether DIALS says that there are more."""
    rows = answer.get("results") if isinstance(answer, dict) else None
    if not isinstance(rows, list) or "next" not in answer:
        raise WrongShape(DIALS, key="results")
    return rows, answer["next"] is not None


def parse_run(row: Any, run_number: int) -> RunInDataset:
    """Return a row of `run`."""
    _check_run(row, run_number)
    return RunInDataset(
        _whole(row, "dataset_id", 1),
        _text(row, "dataset"),
        run_number,
        _whole(row, "ls_count", 0),
        None if row.get("ls_completeness") is None else _number(row, "ls_completeness"),
    )


def parse_element(row: Any) -> ElementInDials:
    """Return a row of `mes`."""
    return ElementInDials(_whole(row, "me_id", 0), _text(row, "me"), _whole(row, "dim", 1, 2))


def parse_lumisection_number(row: Any, run: RunInDataset) -> int:
    """Return the number of a row of `lumisection`."""
    _check_run_in_dataset(row, run)
    return _whole(row, "ls_number", 1, MAX_LUMISECTION)


def parse_histogram(row: Any, run: RunInDataset, element: ElementInDials) -> HistogramRow:
    """Return a row of `th1` or `th2`."""
    _check_run_in_dataset(row, run)
    if row.get("me") != element.name:
        raise WrongShape(DIALS, key="me")
    binning = Binning(_axis(row, "x"), _axis(row, "y") if element.dimensions == 2 else None)
    return HistogramRow(
        _whole(row, "ls_number", 1, MAX_LUMISECTION), binning, _whole(row, "entries", 0), _contents(row, binning)
    )


def _contents(row: dict[str, Any], binning: Binning) -> list[float]:
    """Return the contents of all bins in the order of the answer: of two dimensions a list for each bin of y."""
    data = row.get("data")
    if binning.y and isinstance(data, list):
        if len(data) != binning.y.bins or not all(isinstance(part, list) for part in data):
            raise WrongShape(DIALS, key="data")
        data = list(chain.from_iterable(data))
    # By type and extremes, not bin by bin: a run has millions of them.
    if not isinstance(data, list) or len(data) != binning.bin_count or set(map(type, data)) - _NUMBERS:
        raise WrongShape(DIALS, key="data")
    if min(data) < 0 or not isfinite(max(data)):
        raise WrongShape(DIALS, key="data")
    return data


def _axis(row: dict[str, Any], name: str) -> Axis:
    low, high, bins = (_number(row, f"{name}_{part}") for part in ("min", "max", "bin"))
    if not low < high or bins != int(bins) or not 0 < bins <= MAX_BINS:
        raise WrongShape(DIALS, key=f"{name}_bin")
    return Axis(low, high, int(bins))


def _check_run(row: Any, run_number: int) -> None:
    """Refuse a row of another run: DIALS ignores a filter that it does not know."""
    if not isinstance(row, dict) or row.get("run_number") != run_number:
        raise WrongShape(DIALS, key="run_number")


def _check_run_in_dataset(row: Any, run: RunInDataset) -> None:
    _check_run(row, run.run_number)
    if row.get("dataset_id") != run.dataset_id:
        raise WrongShape(DIALS, key="dataset_id")


def _whole(row: Any, key: str, lowest: int, highest: int = 10**15) -> int:
    value = row.get(key) if isinstance(row, dict) else None
    if isinstance(value, bool) or not isinstance(value, int) or not lowest <= value <= highest:
        raise WrongShape(DIALS, key=key)
    return value


def _number(row: dict[str, Any], key: str) -> float:
    value = row.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float) or not isfinite(value):
        raise WrongShape(DIALS, key=key)
    return float(value)


def _text(row: Any, key: str) -> str:
    value = row.get(key) if isinstance(row, dict) else None
    if not isinstance(value, str) or not value or len(value) > 500:
        raise WrongShape(DIALS, key=key)
    return value
