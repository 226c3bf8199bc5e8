"""Parses rows of `lumisections` of OMS.

A bit or luminosity that cannot be read is None; the rest of its row is used.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from infrastructure.http.errors import WrongShape
from oms import field_readers
from oms.lumisections import bits
from oms.parsing import row_attributes, row_units
from oms.service import OMS
from oms.unreadable import UnreadableValue

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RUN, NUMBER, COUNTER, FIGURE = "run_number", "lumisection_number", "recorded_lumi", "recorded_lumi_per_lumisection"
FIELDS = [RUN, NUMBER, *bits.OMS_NAMES.values(), COUNTER, FIGURE]
# No run has as many: it would last for a month.
MAX_LUMISECTIONS = 100_000


@dataclass(frozen=True)
class LumisectionRow:
    """One lumisection as OMS gives it.

    `bits`: in the order of `bits.NAMES`. `counter`: luminosity (1/pb) recorded in the fill until its start. `figure`:
    luminosity (1/pb) recorded in it, which OMS has for newer runs.
    """

    number: int
    bits: bits.Bits
    counter: float | None = None
    figure: float | None = None


def parse_lumisection(row: Any, run_number: int) -> tuple[LumisectionRow, list[str]]:
    """Return the row and what was left out of it, as text.

    Raises `WrongShape` for a row without attributes or number, or of another run.
    """
    attributes, units = row_attributes(row), row_units(row)
    left_out: list[str] = []
    read = _Reader(attributes, units, left_out)
    if read(RUN, field_readers.integer) != run_number:
        raise WrongShape(OMS, key=RUN)
    number = read(NUMBER, field_readers.integer)
    if number is None or not 0 < number <= MAX_LUMISECTIONS:
        raise WrongShape(OMS, key=NUMBER)
    flags = tuple(read(name, field_readers.flag) for name in bits.OMS_NAMES.values())
    parsed = LumisectionRow(number, flags, read(COUNTER, field_readers.lumi), read(FIGURE, field_readers.lumi))
    return parsed, [f"lumisection {number}: {problem}" for problem in left_out]


@dataclass(frozen=True)
class _Reader:
    """Reads attributes of one row. What cannot be read is None and named in `left_out`."""

    attributes: Mapping[str, Any]
    units: Mapping[str, str]
    left_out: list[str]

    def __call__(self, name: str, reader: Callable[[Any, str | None, str], Any]) -> Any:
        raw = self.attributes.get(name)
        if raw is None:
            return None
        try:
            return reader(raw, self.units.get(name), name)
        except UnreadableValue as error:
            self.left_out.append(str(error))
            return None
