"""The way through a search of runs: which reconstruction is next, from what was just read and without asking again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from certify.choices import Reconstruction
from certify.runlist import parse
from certify.selectors import certified_among
from registry.remembered import recall_all
from registry.wire import RegistryDataset

_RANKS = {reconstruction: rank for rank, reconstruction in enumerate(Reconstruction.values)}


@dataclass(frozen=True)
class Step:
    """One reconstruction of one run, with the dataset that Run Registry has for it."""

    run_number: int
    reconstruction: str
    dataset: str


@dataclass(frozen=True)
class Place:
    """Where one is among the reconstructions of a search that are open or certified; neighbours are open ones."""

    position: int
    total: int
    previous: Step | None
    next: Step | None


def search_order(run_number: int, reconstruction: str) -> tuple[int, int]:
    """Sorting key of every list of a search: newest run first, then express, prompt, rereco, rerecoul."""
    return -run_number, _RANKS[reconstruction]


def datasets_by_reconstruction(datasets: Iterable[RegistryDataset]) -> dict[tuple[int, str], RegistryDataset]:
    """One dataset per run and reconstruction: of several the first open one, else the first."""
    chosen: dict[tuple[int, str], RegistryDataset] = {}
    for dataset in datasets:
        if dataset.reconstruction not in _RANKS:
            continue
        key = dataset.run_number, dataset.reconstruction
        if key not in chosen or (dataset.is_open and not chosen[key].is_open):
            chosen[key] = dataset
    return chosen


@dataclass(frozen=True)
class _Search:
    """What is known of a search: its runs, the open reconstructions in its order, and those certified here."""

    numbers: frozenset[int]
    open_targets: tuple[Step, ...]
    certified: frozenset[tuple[int, str]]


def next_open_reconstruction(runs: str, after: tuple[int, str]) -> Step | None:
    """The open reconstruction that follows `after` in the search `runs`, from the top again at its end.

    Knows what Run Registry said in the last minutes (registry/remembered.py) and the live certifications, asks nobody;
    None when nothing is known to be open, or `runs` cannot be read.
    """
    here = search_order(*after)
    others = [target for target in _read(runs).open_targets if _key(target) != here]
    return next((target for target in others if _key(target) > here), others[0] if others else None)


def place_in_search(runs: str, current: tuple[int, str]) -> Place | None:
    """Where `current` stands in the search `runs`; None when its run is not among them. Asks nobody."""
    search = _read(runs)
    if current[0] not in search.numbers:
        return None
    here = search_order(*current)
    places = sorted({here, *map(_key, search.open_targets), *(search_order(*key) for key in search.certified)})
    before = [target for target in search.open_targets if _key(target) < here]
    after = [target for target in search.open_targets if _key(target) > here]
    return Place(
        position=places.index(here) + 1,
        total=len(places),
        previous=before[-1] if before else None,
        next=after[0] if after else None,
    )


def _key(target: Step) -> tuple[int, int]:
    return search_order(target.run_number, target.reconstruction)


def _read(runs: str) -> _Search:
    try:
        numbers = parse(runs)
    except ValueError:
        return _Search(frozenset(), (), frozenset())
    remembered = (dataset for answer in recall_all(numbers).values() for dataset in answer.value)
    certified = frozenset(certified_among(numbers))
    open_targets = [
        Step(run_number, reconstruction, dataset.name)
        for (run_number, reconstruction), dataset in datasets_by_reconstruction(remembered).items()
        if dataset.is_open and (run_number, reconstruction) not in certified
    ]
    return _Search(frozenset(numbers), tuple(sorted(open_targets, key=_key)), certified)
