"""What DIALS has: datasets, their runs, the lumisections of each, and the files they came in.

DIALS has the collision runs, never cosmics. A lumisection is in DIALS if CMS was active.
"""

from __future__ import annotations

import uuid
import zlib
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

from sandbox import world
from sandbox.dials.defects import ABSENT_RUN, EXPRESS_ONLY_RUN
from sandbox.registry.rows import WAITING, has_offline_datasets, is_global, offline_names, run_class, tracker_state
from sandbox.world.lumisections import is_on

if TYPE_CHECKING:
    from sandbox.dials.state import DialsState

ERA, DATA_TIER = "Run2018A", "DQMIO"
_FILE_BYTES_PER_LUMISECTION = 730_000


@dataclass(frozen=True)
class DialsDataset:
    """A dataset of DIALS, and the one of Run Registry for the same reconstruction."""

    dataset_id: int
    name: str
    registry_name: str
    modified: str

    @property
    def is_rereco(self) -> bool:
        return self.registry_name.startswith("/ReReco")

    @property
    def is_express(self) -> bool:
        return self.registry_name.startswith("/Express")

    @property
    def primary(self) -> str:
        return self.name.split("/")[1]

    @property
    def processed(self) -> tuple[str, int]:
        """Return name and version of the processing."""
        name, _, version = self.name.split("/")[2].rpartition("-v")
        return name, int(version)

    def row(self) -> dict[str, Any]:
        """Return the row of `dataset-index`."""
        processed, version = self.processed
        return {
            "dataset_id": self.dataset_id,
            "dataset": self.name,
            "era": ERA,
            "data_tier": DATA_TIER,
            "primary_ds_name": self.primary,
            "processed_ds_name": processed,
            "processing_version": version,
            "last_modification_date": self.modified,
        }


# By dataset_id, the order of all answers.
DATASETS = (
    DialsDataset(
        14000101,
        "/StreamExpress/Run2018A-Express-v1/DQMIO",
        "/Express/Collisions2018/DQM",
        "2018-05-13T22:05:05.592441Z",
    ),
    DialsDataset(
        14000102,
        "/ZeroBias/Run2018A-PromptReco-v1/DQMIO",
        "/PromptReco/Collisions2018A/DQM",
        "2018-05-13T23:02:11.080312Z",
    ),
    DialsDataset(
        14000103, "/ZeroBias/Run2018A-17Sep2018-v1/DQMIO", "/ReReco/Run2018A_17Sep2018/DQM", "2018-10-02T10:00:00Z"
    ),
    DialsDataset(
        14001801,
        "/ZeroBias/Run2018A-12Nov2019_UL2018-v2/DQMIO",
        "/ReReco/Run2018A_UL2019/DQM",
        "2019-12-01T10:00:00Z",
    ),
)


def dataset_with_id(dataset_id: int) -> DialsDataset | None:
    """Return the dataset, or None."""
    return next((dataset for dataset in DATASETS if dataset.dataset_id == dataset_id), None)


@cache
def runs_in(dataset: DialsDataset) -> tuple[int, ...]:
    """Return the numbers of the runs of a dataset, oldest first."""
    return tuple(number for number in _collision_runs() if _is_in(dataset, number))


@cache
def _collision_runs() -> tuple[int, ...]:
    return tuple(
        number
        for number, run in world.runs().items()
        if is_global(run) and has_offline_datasets(run) and run_class(run) == "Collisions18" and number != ABSENT_RUN
    )


def _is_in(dataset: DialsDataset, number: int) -> bool:
    name = dataset.registry_name
    is_there = name in offline_names(world.runs()[number]) and tracker_state(number, name) != WAITING
    is_ingested = number != EXPRESS_ONLY_RUN or dataset.is_express
    return is_there and is_ingested and bool(_active(number))


@lru_cache(maxsize=256)
def _active(run_number: int) -> tuple[int, ...]:
    """Return the numbers of the lumisections in which CMS was active."""
    known = world.lumisections_of(run_number)
    ranges = known.segments if known else ()
    return tuple(
        number for first, last, flags in ranges if is_on(flags, "cms_active") for number in range(first, last + 1)
    )


def _ingested_fraction(state: DialsState, dataset: DialsDataset, run_number: int) -> float:
    return 1.0 if dataset.is_rereco else state.ingested.get(run_number, 1.0)


def lumisections_in(state: DialsState, dataset: DialsDataset, run_number: int) -> tuple[int, ...]:
    """Return the numbers of the lumisections of a run that are ingested."""
    active, fraction = _active(run_number), _ingested_fraction(state, dataset, run_number)
    return active if fraction == 1 else active[: round(fraction * len(active))]


def run_row(state: DialsState, dataset: DialsDataset, run_number: int) -> dict[str, Any]:
    """Return the row of `run`. The completeness (2.x) is the fraction of CMS' lumisections that is ingested."""
    count = len(lumisections_in(state, dataset, run_number))
    row = {"dataset_id": dataset.dataset_id, "dataset": dataset.name, "run_number": run_number, "ls_count": count}
    return row if state.is_old else row | {"ls_completeness": round(count / len(_active(run_number)), 4)}


@lru_cache(maxsize=2048)
def file_id(dataset: DialsDataset, run_number: int) -> int:
    """Return the identifier of the file with the ingested lumisections of a run."""
    return zlib.crc32(_file_name(dataset, run_number, "0").encode())


def _file_name(dataset: DialsDataset, run_number: int, part: str) -> str:
    label = dataset.name.split("/")[2].removeprefix(f"{ERA}-")
    unique = uuid.uuid5(uuid.NAMESPACE_URL, f"{dataset.name}/{run_number}/{part}")
    thousands, rest = divmod(run_number, 1000)
    folder = f"/store/data/{ERA}/{dataset.primary}/{DATA_TIER}/{label}/000/{thousands}/{rest:03d}/00000"
    return f"{folder}/{unique}.root"


def files_of(state: DialsState, dataset: DialsDataset, run_number: int) -> list[dict[str, Any]]:
    """Return the rows of `file-index` of a run: one file, and one that waits if the run is partly ingested."""
    count = len(lumisections_in(state, dataset, run_number))
    files = [_file(dataset, run_number, "0", count, "FINISHED")] if count else []
    left = len(_active(run_number)) - count
    return [*files, _file(dataset, run_number, "1", left, "PENDING")] if left else files


@cache
def runs_by_file(dataset: DialsDataset) -> dict[int, int]:
    """Return {file_id: run number}, of the files that wait too."""
    named = ((_file_name(dataset, run, part), run) for run in runs_in(dataset) for part in "01")
    return {zlib.crc32(name.encode()): run for name, run in named}


def _file(dataset: DialsDataset, run_number: int, part: str, lumisections: int, status: str) -> dict[str, Any]:
    name = _file_name(dataset, run_number, part)
    return {
        "dataset_id": dataset.dataset_id,
        "dataset": dataset.name,
        "file_id": zlib.crc32(name.encode()),
        "file_size": lumisections * _FILE_BYTES_PER_LUMISECTION,
        "creation_date": str(world.runs()[run_number]["end_time"] or dataset.modified),
        "last_modification_date": dataset.modified,
        "logical_file_name": name,
        "status": status,
        "err_trace": None,
    }
