"""Column names of imported files: those that are read, and the rest of our export."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from certify.imports.problems import quote
from certify.models.components import FLAG_COLUMNS, PROBLEM_FIELDS

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

NEEDED_COLUMNS = ("run_number", "reconstruction", "reference_run_number", "reference_reconstruction")
WITHDRAWAL_COLUMNS = ("withdrawn_by", "withdrawn_at_utc", "withdrawn_reason")
READ_COLUMNS = frozenset(
    (
        *NEEDED_COLUMNS,
        *FLAG_COLUMNS,
        *PROBLEM_FIELDS,
        *WITHDRAWAL_COLUMNS,
        *("dataset", "trackermap", "bad_reason", "comment", "date", "user"),
        *("run_type", "lumisections", "recorded_lumi_per_pb", "is_practice", "state"),
    )
)
# Columns of our export that are not imported: they follow from others, or describe the other installation.
EXPORT_ONLY_COLUMNS = frozenset(
    (
        *("id", "is_dataset_verified", "is_reference", "fill_number", "run_start_time_utc", "verdict", "like_express"),
        *("lumisections_out", "lumi_out_per_pb"),
        *("external_info_complete", "lumisections_seen", "confirmed", "is_stale", "stale", "stale_since_utc"),
        *("version", "created_at_utc", "updated_at_utc", "updated_by", "change_reason"),
    )
)
_KNOWN_COLUMNS = READ_COLUMNS | EXPORT_ONLY_COLUMNS
LIST_COLUMNS = frozenset((*PROBLEM_FIELDS, "confirmed", "stale"))
# Names of the public list of reference runs.
_ALIASES = {
    "run_reconstruction_type": "reconstruction",
    "reference_run_reconstruction_type": "reference_reconstruction",
}


def column_name(text: str) -> str:
    """Return the name of a column without surrounding space, in lower case and as our export writes it."""
    name = text.strip().lower()
    return _ALIASES.get(name, name)


def missing_columns(names: Collection[str]) -> str:
    """Return the needed columns that are not among `names`, separated by commas."""
    return ", ".join(name for name in NEEDED_COLUMNS if name not in names)


def unknown_columns(names: Iterable[str], ignored: Collection[str]) -> list[str]:
    """Return the names that the import does not know and that the person did not ask to ignore."""
    known = _KNOWN_COLUMNS.union(map(column_name, ignored)) if ignored else _KNOWN_COLUMNS
    return sorted({name for name in names if name and name not in known})


def unknown_name(name: str) -> str:
    """Return the rest of the sentence about an unknown column."""
    return f"{quote(name)} is unknown. Correct its name, remove it, or give --ignore {name!a}."


def repeated_columns(names: Iterable[str]) -> list[str]:
    """Return the names that occur more than once."""
    return sorted(name for name, count in Counter(names).items() if name and count > 1)
