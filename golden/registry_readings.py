"""The readings of other detectors from Run Registry that were the latest at a time. Reads the database only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden.registry_values import READ, RegistryValues
from golden.vocabulary import REGISTRY_READ, REGISTRY_VARIABLES, VARIABLES, Level
from infrastructure.number_ranges import merged_ranges
from registry.models import OtherFlagsReading

if TYPE_CHECKING:
    from collections.abc import Collection
    from datetime import datetime

_COLUMNS = ("run_number", "dataset_name", "read_at", "digest", "content")
_PARTS = {"lumisection.rr": "columns", "lumisection.oms": "bits", "dataset": "states", "run.rr": "run"}


class RegistryReadings:
    """The readings that were the latest at a time, of all datasets or one run: one query.

    None is read, and `values_of` returns None, unless a policy names something of them.
    """

    def __init__(self, moment: datetime, variables: Collection[str], run_number: int | None = None) -> None:
        self._names = sorted(REGISTRY_VARIABLES.intersection(variables))
        self._values: dict[tuple[int, str], RegistryValues] = {}
        if self._names:
            readings = OtherFlagsReading.objects.as_of(moment)
            if run_number is not None:
                readings = readings.filter(run_number=run_number)
            for number, name, *read in readings.values_list(*_COLUMNS).iterator():
                self._values[number, name] = _values(self._names, *read)

    def values_of(self, run_number: int, dataset: str) -> RegistryValues | None:
        """Return the values of a dataset, without a reading an empty one."""
        if not self._names:
            return None
        return self._values.get((run_number, dataset.strip())) or RegistryValues()


def _values(names: list[str], read_at: datetime, digest: str, content: dict[str, Any]) -> RegistryValues:
    of_run = [name for name in names if VARIABLES[name].level == Level.RUN]
    found = {name: _part(name, content).get(VARIABLES[name].field) for name in names}
    rows = tuple((first, last, READ) for first, last in merged_ranges(map(tuple, content["rows"])))
    return RegistryValues(
        read_at,
        digest,
        {name: found[name] for name in of_run if found[name] is not None},
        {REGISTRY_READ: rows, **{name: tuple(map(tuple, found[name] or ())) for name in names if name not in of_run}},
    )


def _part(name: str, content: dict[str, Any]) -> dict[str, Any]:
    """Return the part of a reading that has a variable."""
    part: dict[str, Any] = content[_PARTS[name.rpartition(".")[0]]]
    return part
