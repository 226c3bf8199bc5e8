"""The way through a search of runs: which reconstruction is next, without asking again."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property

from certify.models.choices import Reconstruction
from certify.rules.run_numbers import parse
from certify.selectors import certified_among
from infrastructure.http.results import Found
from registry.dataset_cache import recall_all
from registry.parsing import RegistryDataset

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
class Search:
    """What is known of a search without asking: what Run Registry said in the last hours, and what is certified.

    `practice_of`: who searches in training (key); to them all that they have not practised is open.
    """

    numbers: frozenset[int]
    remembered: dict[int, Found[list[RegistryDataset]]]
    certified: frozenset[tuple[int, str]]
    practice_of: int | None = None

    @cached_property
    def open_targets(self) -> list[Step]:
        """Its open reconstructions, in its order."""
        datasets = (one for number in self.numbers & self.remembered.keys() for one in self.remembered[number].value)
        chosen = datasets_by_reconstruction(datasets).items()
        left = [(key, dataset) for key, dataset in chosen if key not in self.certified]
        steps = [Step(*key, dataset.name) for key, dataset in left if dataset.is_open or self.practice_of]
        return sorted(steps, key=_key)

    def place_of(self, current: tuple[int, str]) -> Place | None:
        """Where `current` stands in the search; None when its run is not among it."""
        if current[0] not in self.numbers:
            return None
        here = search_order(*current)
        certified = (search_order(*key) for key in self.certified if key[0] in self.numbers)
        places = sorted({here, *map(_key, self.open_targets), *certified})
        before = [target for target in self.open_targets if _key(target) < here]
        after = [target for target in self.open_targets if _key(target) > here]
        return Place(
            position=places.index(here) + 1,
            total=len(places),
            previous=before[-1] if before else None,
            next=after[0] if after else None,
        )

    def next_open(self, after: tuple[int, str]) -> Step | None:
        """The open reconstruction that follows `after`, from the top again at the end; None when none is known."""
        here = search_order(*after)
        others = [target for target in self.open_targets if _key(target) != here]
        return next((target for target in others if _key(target) > here), others[0] if others else None)


def read_search(runs: str, also: int, practice_of: int | None = None) -> Search:
    """The search `runs`, empty where it cannot be read; and what is known of the run `also`: one query."""
    try:
        numbers = frozenset(parse(runs))
    except ValueError:
        numbers = frozenset()
    known = numbers | {also}
    return Search(numbers, recall_all(known), frozenset(certified_among(known, practice_of)), practice_of)


def _key(target: Step) -> tuple[int, int]:
    return search_order(target.run_number, target.reconstruction)
