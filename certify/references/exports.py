"""CSV export of reference runs. Column names contain the unit."""

from __future__ import annotations

from operator import attrgetter
from typing import TYPE_CHECKING, Any

from infrastructure.csv_export import csv_rows

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from certify.models import RunReconstruction


def _optional_path(*path: str) -> Callable[[RunReconstruction], Any]:
    """Return a getter of the attribute at the end of the path, which returns None if any part of it is missing."""

    def get_attribute(row: Any) -> Any:
        for name in path:
            row = getattr(row, name, None)
        return row

    return get_attribute


FIELDS: dict[str, Callable[[RunReconstruction], Any]] = {
    "run_number": attrgetter("run_id"),
    "reconstruction": attrgetter("reconstruction"),
    "run_type": attrgetter("run.run_type"),
    "era": attrgetter("era"),
    "fill_number": attrgetter("run.fill_number"),
    "apv_mode": _optional_path("run", "readout", "mode"),
    "b_field_t": attrgetter("run.b_field"),
    "energy_gev": attrgetter("run.energy"),
    "peak_pileup": _optional_path("run", "fill", "peak_pileup"),
    "bunches_colliding": _optional_path("run", "fill", "bunches_colliding"),
    "run_start_time_utc": attrgetter("run.start_time"),
    "certifications_resting_on_it": attrgetter("use_count"),
    "last_used": attrgetter("last_used"),
    "certified_as": attrgetter("verdict_now"),
    "is_offered": attrgetter("is_reference"),
    "reference_since_utc": attrgetter("reference_since"),
    "reference_by": _optional_path("reference_by", "username"),
    "reference_reason": attrgetter("reference_reason"),
    "successor": lambda row: str(row.successor) if row.successor else None,
}


def csv_lines(rows: Iterable[RunReconstruction]) -> Iterator[str]:
    """Yield the header and a line for each reference run. `rows` must be from `selectors.references`."""
    return csv_rows(FIELDS, ([getter(row) for getter in FIELDS.values()] for row in rows))
