"""Resources of DIALS: filters, keys in the order of the answers, and rows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sandbox.dials.catalogue import (
    DATASETS,
    DialsDataset,
    dataset_with_id,
    file_id,
    files_of,
    lumisections_in,
    run_row,
    runs_by_file,
    runs_in,
)
from sandbox.dials.elements import ELEMENTS, SandboxElement, element_id
from sandbox.dials.flags import FlaggingModel, flag_row, flagged_in, models_in
from sandbox.dials.histograms import axes_row, counts, encoded, x_axis
from sandbox.dials.queries import BOOLEAN, NUMBER, NUMBERS, PATTERN, TEXT, Key, Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sandbox.dials.state import DialsState

_DATASET = {"dataset_id": NUMBER, "dataset_id__in": NUMBERS, "dataset": TEXT, "dataset__regex": PATTERN}
_RUN = {"run_number": NUMBER, "run_number__lte": NUMBER, "run_number__gte": NUMBER, "run_number__in": NUMBERS}
_LUMISECTION = {"ls_number": NUMBER, "ls_number__lte": NUMBER, "ls_number__gte": NUMBER}
_ELEMENT = {"me_id": NUMBER, "me": TEXT, "me__regex": PATTERN}
_FILE = {"logical_file_name": TEXT, "logical_file_name__regex": PATTERN}


@dataclass(frozen=True)
class DialsQuery:
    """Workspace, filters and requested fields (None: all) of a request."""

    state: DialsState
    workspace: str
    selection: Selection
    fields: frozenset[str] | None = None


@dataclass(frozen=True)
class DialsResource:
    """A paged resource. `scan` yields the keys that match after a key (None: from the first), `row` gives the row."""

    model: str
    key_length: int
    filters: dict[str, str]
    scan: Callable[[DialsQuery, Key | None], Iterator[Key]]
    row: Callable[[DialsQuery, Key], dict[str, Any]]
    is_counted: bool = False


def _datasets(query: DialsQuery, after: Key | None) -> Iterator[DialsDataset]:
    """Yield the datasets that match, from that of the key on."""
    accepts = query.selection.accepts
    for dataset in DATASETS:
        is_reached = after is None or dataset.dataset_id >= after[0]
        if is_reached and accepts("dataset_id", dataset.dataset_id) and accepts("dataset", dataset.name):
            yield dataset


def _dataset_keys(query: DialsQuery, after: Key | None) -> Iterator[Key]:
    keys = ((dataset.dataset_id,) for dataset in _datasets(query, after))
    return (key for key in keys if after is None or key > after)


def _known_dataset(dataset_id: int) -> DialsDataset:
    dataset = dataset_with_id(dataset_id)
    assert dataset is not None  # of a key that was found
    return dataset


def _runs(query: DialsQuery, after: Key | None) -> Iterator[tuple[DialsDataset, int]]:
    """Yield the runs that match, from that of the key on."""
    for dataset in _datasets(query, after):
        for run in runs_in(dataset):
            is_reached = after is None or (dataset.dataset_id, run) >= after[:2]
            if is_reached and query.selection.accepts("run_number", run):
                yield dataset, run


def _run_keys(query: DialsQuery, after: Key | None) -> Iterator[Key]:
    for dataset, run in _runs(query, after):
        if (after is None or (dataset.dataset_id, run) > after) and lumisections_in(query.state, dataset, run):
            yield dataset.dataset_id, run


def _lumisection_keys(query: DialsQuery, after: Key | None) -> Iterator[Key]:
    for dataset, run in _runs(query, after):
        for number in lumisections_in(query.state, dataset, run):
            key = (dataset.dataset_id, run, number)
            if (after is None or key > after) and query.selection.accepts("ls_number", number):
                yield key


def _lumisection_row(query: DialsQuery, key: Key) -> dict[str, Any]:
    dataset_id, run, number = key
    elements = [element.dim for element in ELEMENTS[query.workspace].values() if element.is_in(run)]
    return {
        "dataset_id": dataset_id,
        "dataset": _known_dataset(dataset_id).name,
        "run_number": run,
        "ls_number": number,
        "th1_count": elements.count(1),
        "th2_count": elements.count(2),
    }


def _file_keys(query: DialsQuery, after: Key | None) -> Iterator[Key]:
    for dataset in _datasets(query, after):
        rows = (row for run in runs_in(dataset) for row in files_of(query.state, dataset, run))
        keys = sorted((dataset.dataset_id, row["file_id"]) for row in rows if _is_file_selected(query, row))
        yield from (key for key in keys if after is None or key > after)


def _is_file_selected(query: DialsQuery, row: dict[str, Any]) -> bool:
    is_large = row["file_size"] >= query.selection.values.get("min_size", 0)
    return is_large and all(query.selection.accepts(name, row[name]) for name in ("logical_file_name", "status"))


def _file_row(query: DialsQuery, key: Key) -> dict[str, Any]:
    dataset = _known_dataset(key[0])
    rows = files_of(query.state, dataset, runs_by_file(dataset)[key[1]])
    return next(row for row in rows if row["file_id"] == key[1])


def _elements(query: DialsQuery, dim: int) -> list[tuple[int, SandboxElement]]:
    accepts = query.selection.accepts
    return [
        (number, element)
        for number, element in ELEMENTS[query.workspace].items()
        if element.dim == dim and accepts("me_id", number) and accepts("me", element.name)
    ]


def _is_in_file(query: DialsQuery, dataset: DialsDataset, run: int) -> bool:
    selection = query.selection
    if not selection.values.keys() & {"file_id", *_FILE}:
        return True
    row = next(iter(files_of(query.state, dataset, run)), None)
    return row is not None and all(selection.accepts(name, row[name]) for name in ("file_id", "logical_file_name"))


def _histogram_keys(dim: int) -> Callable[[DialsQuery, Key | None], Iterator[Key]]:
    def keys(query: DialsQuery, after: Key | None) -> Iterator[Key]:
        elements = _elements(query, dim)
        for dataset, run in _runs(query, after):
            in_run = [(number, element) for number, element in elements if element.is_in(run)]
            if in_run and _is_in_file(query, dataset, run):
                yield from _histograms_of_run(query, dataset, run, in_run, after)

    return keys


def _histograms_of_run(
    query: DialsQuery, dataset: DialsDataset, run: int, elements: list[tuple[int, SandboxElement]], after: Key | None
) -> Iterator[Key]:
    accepts, has_minimum = query.selection.accepts, "entries__gte" in query.selection.values
    for number in lumisections_in(query.state, dataset, run):
        if (after and (dataset.dataset_id, run, number) < after[:3]) or not accepts("ls_number", number):
            continue
        for me_id, element in elements:
            key = (dataset.dataset_id, run, number, me_id)
            if after and key <= after:
                continue
            if not has_minimum or accepts("entries", counts(element, *key[:3])[1]):
                yield key


def _histogram_row(query: DialsQuery, key: Key) -> dict[str, Any]:
    dataset_id, run, number, me_id = key
    element, dataset = ELEMENTS[query.workspace][me_id], _known_dataset(dataset_id)
    numbers, entries = counts(element, dataset_id, run, number)
    row = {
        "dataset_id": dataset_id,
        "dataset": dataset.name,
        "me": element.name,
        "file_id": file_id(dataset, run),
        "run_number": run,
        "ls_number": number,
        "me_id": me_id,
        **axes_row(element, run),
        "entries": entries,
    }
    if query.fields and "data" not in query.fields:
        return row
    return row | {"data": encoded(numbers, x_axis(element, run).bins, is_map=element.dim == 2)}


def _model_keys(query: DialsQuery, after: Key | None) -> Iterator[Key]:
    for model in models_in(query.workspace):
        if (after is None or (model.model_id,) > after) and _is_model_selected(query, model):
            yield (model.model_id,)


def _is_model_selected(query: DialsQuery, model: FlaggingModel) -> bool:
    accepts, values = query.selection.accepts, query.selection.values
    row = model.row(is_old=False)
    if not all(accepts(name, row[name]) for name in ("id", "name", "active", "ready", "type")):
        return False
    if values.keys() & {"tag_name", "tag_value"}:
        return False  # no model has tags
    names = [element.name for element in model.elements]
    if not any(accepts("input_signature_contains_me", name) for name in names):
        return False
    return accepts("model_id", model.model_id) and accepts("target_me", names[0])


def _model_row(query: DialsQuery, key: Key) -> dict[str, Any]:
    return _model(query, key[0]).row(is_old=query.state.is_old)


def _model(query: DialsQuery, model_id: int) -> FlaggingModel:
    return next(model for model in models_in(query.workspace) if model.model_id == model_id)


def _flag_keys(query: DialsQuery, after: Key | None) -> Iterator[Key]:
    """Yield model, dataset, run and lumisection; in 1.12 the element too."""
    accepts = query.selection.accepts
    for model in models_in(query.workspace):
        is_selected = accepts("model_id", model.model_id) and _looks_at(query, model)
        for dataset, run in _runs(query, None) if is_selected else ():
            for number in flagged_in(query.state, model, dataset, run):
                key: Key = (model.model_id, dataset.dataset_id, run, number)
                key = (*key, model.inputs[0]) if query.state.is_old else key
                if (after is None or key > after) and accepts("ls_number", number):
                    yield key


def _looks_at(query: DialsQuery, model: FlaggingModel) -> bool:
    named = [(element_id(model.workspace, element.name), element.name) for element in model.elements]
    accepts = query.selection.accepts
    return any(accepts("me_id", number) and accepts("me", name) for number, name in named)


def _flag_row(query: DialsQuery, key: Key) -> dict[str, Any]:
    model_id, dataset_id, run, number = key[:4]
    return flag_row(query.state, _model(query, model_id), _known_dataset(dataset_id), run, number)


_HISTOGRAM_FILTERS = {**_DATASET, **_RUN, **_LUMISECTION, **_ELEMENT, **_FILE, "file_id": NUMBER}
_HISTOGRAM_FILTERS["entries__gte"] = NUMBER
_FILE_FILTERS = {**_DATASET, **_FILE, "status": TEXT, "min_size": NUMBER}
_MODEL_FILTERS = {
    **dict.fromkeys(("id", "model_id"), NUMBER),
    **dict.fromkeys(("name", "type", "target_me", "input_signature_contains_me", "tag_name", "tag_value"), TEXT),
    **dict.fromkeys(("name__regex", "input_signature_contains_me__regex"), PATTERN),
    **dict.fromkeys(("active", "ready"), BOOLEAN),
    "id__in": NUMBERS,
}
_FLAG_FILTERS = {**_DATASET, **_RUN, **_ELEMENT, "ls_number": NUMBER, "model_id": NUMBER, "model_id__in": NUMBERS}
RESOURCES = {
    "dataset-index": DialsResource(
        "DatasetIndex", 1, _DATASET, _dataset_keys, lambda _, key: _known_dataset(key[0]).row()
    ),
    "file-index": DialsResource("FileIndex", 2, _FILE_FILTERS, _file_keys, _file_row, is_counted=True),
    "run": DialsResource(
        "Run",
        2,
        {**_DATASET, **_RUN},
        _run_keys,
        lambda query, key: run_row(query.state, _known_dataset(key[0]), key[1]),
        is_counted=True,
    ),
    "lumisection": DialsResource(
        "Lumisection", 3, {**_DATASET, **_RUN, **_LUMISECTION}, _lumisection_keys, _lumisection_row, is_counted=True
    ),
    "th1": DialsResource("TH1", 4, _HISTOGRAM_FILTERS, _histogram_keys(1), _histogram_row),
    "th2": DialsResource("TH2", 4, _HISTOGRAM_FILTERS, _histogram_keys(2), _histogram_row),
    "ml-models-index": DialsResource("MLModelsIndex", 1, _MODEL_FILTERS, _model_keys, _model_row),
    "ml-bad-lumisection": DialsResource("MLBadLumisection", 4, _FLAG_FILTERS, _flag_keys, _flag_row),
}


def key_length(resource: DialsResource, state: DialsState) -> int:
    """Return the number of parts of a key; of a flag in 1.12 it is one more, the element."""
    return resource.key_length + (state.is_old and resource.model == "MLBadLumisection")


def has_key(resource: DialsResource, query: DialsQuery, key: Key) -> bool:
    """Return whether there is a row with this key."""
    return next(resource.scan(query, (*key[:-1], key[-1] - 1)), None) == key
