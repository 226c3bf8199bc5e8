"""Models of machine learning and the lumisections they flag. All values are derived.

`pixel-barrel-nmf` is in the workspace `global`, as in the public packaging of the model. Only Express and Prompt are
evaluated.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from functools import lru_cache
from itertools import groupby
from typing import TYPE_CHECKING, Any

from sandbox import world
from sandbox.dials.catalogue import DATASETS, DialsDataset, file_id, lumisections_in, runs_in
from sandbox.dials.defects import DEAD_SECTOR_SINCE, DETECTOR_OFF_RUN, ISOLATED
from sandbox.dials.elements import ELEMENTS, GLOBAL, TRACKER, SandboxElement
from sandbox.world.lumisections import is_on

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from sandbox.dials.state import DialsState

_CREATED, _MODIFIED = "2018-04-10T08:00:00Z", "2018-04-20T08:00:00Z"


@dataclass(frozen=True)
class FlaggingModel:
    """A model, its inputs (identifiers of elements of its workspace), and whether its metric is only 0 or 1."""

    model_id: int
    name: str
    revision: int
    active: bool
    model_type: str
    description: str
    workspace: str
    inputs: tuple[int, ...]
    is_metric_dummy: bool = False

    @property
    def elements(self) -> list[SandboxElement]:
        return [ELEMENTS[self.workspace][number] for number in self.inputs]

    def row(self, *, is_old: bool) -> dict[str, Any]:
        """Return the row of `ml-models-index`."""
        return self._old_row() if is_old else self._row()

    def _old_row(self) -> dict[str, Any]:
        target = self.elements[0].name
        return {"model_id": self.model_id, "filename": self.filename, "target_me": target, "active": self.active}

    @property
    def filename(self) -> str:
        return f"{self.name}.onnx"

    def _row(self) -> dict[str, Any]:
        metric = "Metric" if self.is_metric_dummy else "mse"
        return {
            "id": self.model_id,
            "name": self.name,
            "revision": self.revision,
            "ready": True,
            "active": self.active,
            "type": self.model_type,
            "anomaly_threshold": None,
            "builtin_threshold": True,
            "description": self.description,
            "flagging_key": "Flag",
            "input_signature": [_signature(element) for element in self.elements],
            "metric_key": metric,
            "output_signature": [
                {"Name": metric, "DataType": "TYPE_FP32", "Dims": [-1]},
                {"Name": "Flag", "DataType": "TYPE_BOOL", "Dims": [-1]},
            ],
            **dict.fromkeys(("tags", "isvc_service_name", "isvc_yaml")),
            **dict.fromkeys(("created_by", "modified_by"), "dials"),
            "created_at": _CREATED,
            "modified_at": _MODIFIED,
        }


def _signature(element: SandboxElement) -> dict[str, Any]:
    dims = [-1, element.y.bins, element.x.bins] if element.y else [-1, element.x.bins]
    name = element.name.rsplit("/", 1)[-1]
    return {"Name": name, "MonitoringElement": element.name, "DataType": "TYPE_FP32", "Dims": dims}


def _element_named(ending: str) -> int:
    return next(number for number, element in ELEMENTS[TRACKER].items() if element.name.endswith(ending))


MODELS = (
    FlaggingModel(
        1,
        "AE_charge_L1_v1",
        1,
        active=False,
        model_type="onnx",
        description="autoencoder of the on-track charge of layer 1, replaced",
        workspace=TRACKER,
        inputs=(_element_named("/charge_PXLayer_1"),),
    ),
    FlaggingModel(
        2,
        "AE_NumberOfTracks_v1",
        1,
        active=True,
        model_type="onnx",
        description="autoencoder of the number of tracks",
        workspace=TRACKER,
        inputs=(_element_named("/NumberOfTracks_GenTk"),),
    ),
    FlaggingModel(
        7,
        "pixel-barrel-nmf",
        3,
        active=True,
        model_type="MLServer::SKLearn",
        description="Spot anomalies in the pixel cluster occupancy (barrel layers)",
        workspace=GLOBAL,
        inputs=tuple(ELEMENTS[GLOBAL]),
        is_metric_dummy=True,
    ),
)


def models_in(workspace: str) -> list[FlaggingModel]:
    """Return the models of a workspace by identifier."""
    return [model for model in MODELS if model.workspace == workspace]


@lru_cache(maxsize=64)
def _flagged(model: FlaggingModel, run_number: int) -> frozenset[int]:
    """Return which lumisections of a run the model flags, whether or not DIALS has them."""
    if not model.active:
        return frozenset()
    if not model.is_metric_dummy:
        return frozenset(ISOLATED[1]) if run_number == ISOLATED[0] else frozenset()
    if run_number == DEAD_SECTOR_SINCE[0]:
        known = world.lumisections_of(run_number)
        return frozenset(range(DEAD_SECTOR_SINCE[1], known.last + 1 if known else 0))
    return _with_pixel_off(run_number) if run_number == DETECTOR_OFF_RUN else frozenset()


def _with_pixel_off(run_number: int) -> frozenset[int]:
    known = world.lumisections_of(run_number)
    return frozenset(
        number
        for first, last, flags in (known.segments if known else ())
        if is_on(flags, "beam1_stable") and is_on(flags, "cms_active") and not is_on(flags, "bpix_ready")
        for number in range(first, last + 1)
    )


def flagged_in(state: DialsState, model: FlaggingModel, dataset: DialsDataset, run_number: int) -> list[int]:
    """Return the flagged lumisections that DIALS has of a run."""
    flagged = _flagged(model, run_number)
    if not flagged or dataset.is_rereco or run_number not in runs_in(dataset):
        return []
    return [number for number in lumisections_in(state, dataset, run_number) if number in flagged]


def metric_of(model: FlaggingModel, run_number: int, lumisection: int) -> float:
    """Return the metric of a flagged lumisection."""
    seed = f"{model.model_id}/{run_number}/{lumisection}"
    return 1.0 if model.is_metric_dummy else random.Random(seed).uniform(0.03, 0.3)  # noqa: S311 - no secret


def flag_row(
    state: DialsState, model: FlaggingModel, dataset: DialsDataset, run_number: int, lumisection: int
) -> dict[str, Any]:
    """Return the row of `ml-bad-lumisection`."""
    metric = metric_of(model, run_number, lumisection)
    row = {"model_id": model.model_id, "dataset_id": dataset.dataset_id}
    numbers = {"run_number": run_number, "ls_number": lumisection}
    if not state.is_old:
        return row | numbers | {"metric_value": metric}
    return row | {"file_id": file_id(dataset, run_number)} | numbers | {"me_id": model.inputs[0], "mse": metric}


def cert_json(
    state: DialsState, models: Iterable[FlaggingModel], datasets: Collection[int], runs: Iterable[int]
) -> dict[str, Any]:
    """Return {run: {lumisection: [a prediction of a model that flags it]}}, with the keys of the recorded answers."""
    found: dict[str, Any] = {str(run): {} for run in runs}
    for run, lumisections in found.items():
        for dataset in (dataset for dataset in DATASETS if dataset.dataset_id in datasets):
            for model in models:
                for number in flagged_in(state, model, dataset, int(run)):
                    lumisections.setdefault(str(number), []).append(_prediction(model, int(run), number))
    return {run: dict(sorted(rows.items(), key=lambda item: int(item[0]))) for run, rows in found.items()}


def _prediction(model: FlaggingModel, run_number: int, lumisection: int) -> dict[str, Any]:
    return {
        "model_id": model.model_id,
        "me_id": model.inputs[0],
        "filename": model.filename,
        "me": model.elements[0].name,
        "mse": metric_of(model, run_number, lumisection),
    }


def golden_json(
    state: DialsState, models: Collection[FlaggingModel], datasets: Collection[int], runs: Iterable[int]
) -> dict[str, Any]:
    """Return {run: [[first, last], ...]} of the lumisections that no model flags; runs without one are not there.

    With several datasets that have a run, the server 1.12.0 counts its lumisections several times, which breaks the
    ranges: so does this.
    """
    found = {str(run): _good_ranges(state, models, datasets, run) for run in runs}
    return {run: ranges for run, ranges in found.items() if ranges}


def _good_ranges(
    state: DialsState, models: Collection[FlaggingModel], datasets: Collection[int], run: int
) -> list[list[int]]:
    chosen = [dataset for dataset in DATASETS if dataset.dataset_id in datasets and run in runs_in(dataset)]
    bad = {number for model in models for dataset in chosen for number in flagged_in(state, model, dataset, run)}
    numbers = [number for dataset in chosen for number in lumisections_in(state, dataset, run)]
    numbers = sorted(numbers if state.is_old else set(numbers))
    good = enumerate(number for number in numbers if number not in bad)
    groups = ([number for _, number in group] for _, group in groupby(good, lambda pair: pair[1] - pair[0]))
    return [[group[0], group[-1]] for group in groups]
