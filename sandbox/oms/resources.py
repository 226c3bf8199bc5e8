"""Resources of OMS: runs, fills and lumisections, with their keys and units."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sandbox import world
from sandbox.world.lumisections import runs_with_lumisections

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from sandbox.oms.grammar import Condition, Row

_PER_PB = "pb^{-1}"
_INSTANTANEOUS = "10^{34}cm^{-2}s^{-1}"
_RUN_UNITS = {
    "delivered_lumi": _PER_PB,
    "recorded_lumi": _PER_PB,
    "init_lumi": _INSTANTANEOUS,
    "end_lumi": _INSTANTANEOUS,
    "b_field": "T",
    "energy": "GeV",
}
_FILL_UNITS = {
    "delivered_lumi": _PER_PB,
    "recorded_lumi": _PER_PB,
    "init_lumi": _INSTANTANEOUS,
    "peak_lumi": _INSTANTANEOUS,
    "peak_specific_lumi": "10^{30}cm^{-2}s^{-1}(10^{11}p)^{-2}",
    "intensity_beam1": "10^{11}",
    "intensity_beam2": "10^{11}",
    "crossing_angle": "{\\mu}rad",
    "efficiency_lumi": "%",
    "efficiency_time": "%",
    "b_field": "T",
    "energy": "GeV",
}
_LUMISECTION_UNITS = {name: unit for name, unit in _RUN_UNITS.items() if name.endswith("lumi")}


@dataclass(frozen=True)
class SandboxResource:
    """One resource: access to its rows, its primary key and its units."""

    name: str
    primary: list[str]
    units: dict[str, str]
    rows: Callable[[list[Condition]], Iterable[Row]]
    by_id: Callable[[str], Row | None]
    example: Callable[[], Row] = field(repr=False)

    @cached_property
    def attributes(self) -> frozenset[str]:
        return frozenset(self.example())

    def row_id(self, row: Row) -> str:
        return "_".join(str(row[name]) for name in self.primary)

    def row_units(self, row: Row) -> dict[str, dict[str, str]]:
        """Return the units of the row in the format of `meta.row`."""
        return {name: {"units": unit} for name, unit in self.units.items() if row.get(name) is not None}


def _lumisections(conditions: list[Condition]) -> Iterable[Row]:
    """Return the rows of the runs that match the conditions on run_number."""
    on_run = [condition for condition in conditions if condition.attribute == "run_number"]
    for number in runs_with_lumisections():
        if all(condition.matches({"run_number": number}) for condition in on_run):
            yield from world.lumisections_rows(number)


def _lumisection(identifier: str) -> Row | None:
    run, _, number = identifier.partition("_")
    if not (run.isdigit() and number.isdigit()):
        return None
    rows: list[Any] = world.lumisections_rows(int(run))
    return next((row for row in rows if row["lumisection_number"] == int(number)), None)


def _lookup_by_number(rows: Callable[[], dict[int, Any]]) -> Callable[[str], Row | None]:
    return lambda identifier: rows().get(int(identifier)) if identifier.isdigit() else None


RESOURCES = {
    resource.name: resource
    for resource in (
        SandboxResource(
            "runs",
            ["run_number"],
            _RUN_UNITS,
            lambda _: world.runs().values(),
            _lookup_by_number(world.runs),
            lambda: next(iter(world.runs().values())),
        ),
        SandboxResource(
            "fills",
            ["fill_number"],
            _FILL_UNITS,
            lambda _: world.fills().values(),
            _lookup_by_number(world.fills),
            lambda: next(iter(world.fills().values())),
        ),
        SandboxResource(
            "lumisections",
            ["run_number", "lumisection_number"],
            _LUMISECTION_UNITS,
            _lumisections,
            _lumisection,
            lambda: world.lumisections_rows(runs_with_lumisections()[0])[0],
        ),
    )
}
