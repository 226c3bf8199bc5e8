"""The order of a search of runs: which reconstruction is next, without queries to Run Registry."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from certify.models.choices import Reconstruction
from certify.rules.run_list import parse_run_numbers
from certify.selectors import certified_reconstructions
from registry.dataset_cache import cached_datasets
from registry.open_datasets import cached_open_datasets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from certify.editor.form_context import FormContext
    from infrastructure.http.results import Found
    from registry.parsing import RegistryDataset

_RANKS = {reconstruction: rank for rank, reconstruction in enumerate(Reconstruction.values)}


@dataclass(frozen=True)
class SearchStep:
    """One reconstruction of one run, with its dataset in Run Registry."""

    run_number: int
    reconstruction: str
    dataset: str


@dataclass(frozen=True)
class SearchPlace:
    """A place in a search: `done` of its `total` reconstructions are certified. `previous` and `next` are open."""

    done: int
    total: int
    previous: SearchStep | None
    next: SearchStep | None


def search_order(run_number: int, reconstruction: str) -> tuple[int, int]:
    """Return the sort key of a search: newest run first, then express, prompt, rereco, rerecoul."""
    return -run_number, _RANKS[reconstruction]


def datasets_by_reconstruction(datasets: Iterable[RegistryDataset]) -> dict[tuple[int, str], RegistryDataset]:
    """Return one dataset per (run, reconstruction): the first open one, else the first."""
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
    """A search of runs, with cached answers of Run Registry and the certified (run, reconstruction).

    `remembered`: answers of the last hours by run number. `training_of`: primary key of a user in training, for whom
    everything without their practice is open. `listed_open`: for runs without an answer of their own, their datasets in
    the cached list of all open ones. `assumed`: while Run Registry is out, the reconstruction in which the
    runs without a cached answer count as open; else None.
    """

    numbers: frozenset[int]
    remembered: dict[int, Found[list[RegistryDataset]]]
    certified: frozenset[tuple[int, str]]
    training_of: int | None = None
    listed_open: dict[int, list[RegistryDataset]] = field(default_factory=dict)
    assumed: str | None = None

    def assuming(self, reconstruction: str) -> Search:
        """Return the search while Run Registry is out: it goes on through its runs in this reconstruction."""
        return replace(self, assumed=reconstruction)

    @cached_property
    def open_steps(self) -> list[SearchStep]:
        """The open reconstructions in the order of the search."""
        datasets = (dataset for number in self.known for dataset in self._datasets_of(number))
        chosen = datasets_by_reconstruction(datasets).items()
        left = [(key, dataset) for key, dataset in chosen if key not in self.certified]
        steps = [SearchStep(*key, dataset.name) for key, dataset in left if dataset.is_open or self.training_of]
        return sorted([*steps, *self._assumed_steps()], key=_step_order)

    @property
    def known(self) -> frozenset[int]:
        """Its runs of which a cached answer of Run Registry has datasets."""
        return self.numbers & (self.remembered.keys() | self.listed_open.keys())

    def _datasets_of(self, number: int) -> list[RegistryDataset]:
        return self.remembered[number].value if number in self.remembered else self.listed_open[number]

    def _assumed_steps(self) -> Iterator[SearchStep]:
        """Yield the runs of which nothing is known, without a dataset, if `assumed` is set."""
        if self.assumed is None:
            return
        for number in self.numbers - self.known:
            if (number, self.assumed) not in self.certified:
                yield SearchStep(number, self.assumed, "")

    @property
    def certified_here(self) -> int:
        """The number of certified reconstructions of its runs."""
        return sum(number in self.numbers for number, _ in self.certified)

    def place_of(self, current: tuple[int, str]) -> SearchPlace | None:
        """Return the place of `current` in the search; None if its run is not in it."""
        if current[0] not in self.numbers:
            return None
        current_order = search_order(*current)
        certified = {search_order(*key) for key in self.certified if key[0] in self.numbers}
        before = [step for step in self.open_steps if _step_order(step) < current_order]
        after = [step for step in self.open_steps if _step_order(step) > current_order]
        return SearchPlace(
            done=len(certified),
            total=len({current_order, *map(_step_order, self.open_steps), *certified}),
            previous=before[-1] if before else None,
            next=after[0] if after else None,
        )

    def next_open(self, after: tuple[int, str]) -> SearchStep | None:
        """Return the open reconstruction after `after`, from the end to the top; None if there is none."""
        current_order = search_order(*after)
        others = [step for step in self.open_steps if _step_order(step) != current_order]
        return next((step for step in others if _step_order(step) > current_order), others[0] if others else None)


def read_search(runs: str, also: int, training_of: int | None = None) -> Search:
    """Return the search of the text `runs`, empty if invalid, with the data of the run `also`: one query."""
    numbers = search_numbers(runs)
    known = numbers | {also}
    certified = frozenset(certified_reconstructions(known, training_of))
    return _search(numbers, cached_datasets(known), certified, training_of)


def form_search(runs: str, form_context: FormContext) -> Search:
    """Return the search `runs` of a form that is open, also while Run Registry is out: one query."""
    return through_outage(read_search(runs, form_context.run_number, form_context.training_of), form_context)


def through_outage(search: Search, form_context: FormContext) -> Search:
    """Return the search; if Run Registry did not answer for the form, it goes on in the same reconstruction."""
    is_out = form_context.registry == "unreachable"
    return search.assuming(form_context.reconstruction) if is_out else search


def read_searches(texts: Iterable[str], training_of: int | None = None) -> list[Search]:
    """Return the searches of these texts: one query, or none without a run."""
    numbers = [search_numbers(text) for text in texts]
    if not (known := frozenset().union(*numbers)):
        return []
    remembered, certified = cached_datasets(known), frozenset(certified_reconstructions(known, training_of))
    return [_search(runs, remembered, certified, training_of) for runs in numbers]


def _search(
    numbers: frozenset[int],
    remembered: dict[int, Found[list[RegistryDataset]]],
    certified: frozenset[tuple[int, str]],
    training_of: int | None,
) -> Search:
    listed_open = cached_open_datasets(numbers - remembered.keys())
    return Search(numbers, remembered, certified, training_of, listed_open)


def search_numbers(runs: str) -> frozenset[int]:
    """Return the run numbers in the text, none if it is invalid."""
    try:
        return frozenset(parse_run_numbers(runs))
    except ValueError:
        return frozenset()


def _step_order(step: SearchStep) -> tuple[int, int]:
    return search_order(step.run_number, step.reconstruction)
