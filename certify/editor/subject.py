"""What is about to be certified: run, reconstruction and dataset, found out from Run Registry and OMS.

Three ways in: a run number alone (its next uncertified dataset), a run and a reconstruction, or a dataset.
Run Registry and OMS are asked side by side, within one budget; either may be out and the page opens all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

from django.utils import timezone

from certify.editor.form_context import Ticket
from certify.editor.worklist import Search
from certify.facts.changed_since_shown import shown_facts
from certify.models.choices import Reconstruction
from certify.rules.entry import is_run_number
from infrastructure.http.budget import Budget
from infrastructure.http.parallel import started
from infrastructure.http.results import Found, Missing, Unreachable
from oms.mirror import RunOnPage, run_for_page
from oms.models import OmsRun
from registry.client import datasets_of_run
from registry.dataset_cache import remember
from registry.parsing import RegistryDataset, reconstruction_of

# Without a search to go on, Run Registry's answer counts as of this moment for so long.
RECENT = timedelta(minutes=2)
# A search goes on with what it read, but for what it read longer ago than this.
OF_THE_SEARCH = timedelta(minutes=15)
RegistryAnswer = Found[list[RegistryDataset]] | Missing | Unreachable


class NotThere(Exception):
    """There is no such run, reconstruction or dataset; the text says so to a person."""


class AllCertified(Exception):
    """Every dataset that Run Registry has for the run is certified."""


class ReconstructionUnknown(Exception):
    """Nobody said which reconstruction, and Run Registry could not: the person chooses."""

    def __init__(self, answer: Missing | Unreachable | None):
        super().__init__(answer.sentence if answer else "")
        self.answer = answer


@dataclass(frozen=True)
class Wish:
    """What the address asks for; `from_search` when the person comes from an open runs search.

    `is_retry`: they ask to try again, so that a service that is left alone is tried.
    """

    run_number: int
    reconstruction: str | None = None
    dataset: str = ""
    from_search: bool = False
    is_retry: bool = False

    def is_of(self, ticket: Ticket) -> bool:
        """Whether a form opened with this ticket is what the address names."""
        return ticket.run_number == self.run_number and self.reconstruction in (None, ticket.reconstruction)


@dataclass(frozen=True)
class Target:
    """What will be certified, and what was found out about it. `datasets` are those of the reconstruction.

    `practice_of`: who certifies it in training (key).
    """

    run_number: int
    reconstruction: str
    dataset: str
    registry: RegistryAnswer
    oms: RunOnPage
    datasets: list[RegistryDataset] = field(default_factory=list)
    practice_of: int | None = None

    @property
    def known_dataset(self) -> RegistryDataset | None:
        """The dataset as Run Registry has it."""
        return next((one for one in self.datasets if one.name == self.dataset), None)

    @property
    def is_complete(self) -> bool:
        """Whether Run Registry named the dataset and OMS gave run and fill."""
        return bool(self.datasets) and isinstance(self.oms.run_answer, Found) and not _is_out(self.oms.fill_answer)

    def ticket(self) -> Ticket:
        """What travels with the form."""
        return Ticket(
            run_number=self.run_number,
            reconstruction=self.reconstruction,
            registry=type(self.registry).__name__.lower(),
            datasets=[one.name for one in self.datasets],
            registry_states={one.name: one.state for one in self.datasets},
            asked_at=self.registry.asked_at.isoformat(),
            is_complete=self.is_complete,
            shown=shown_facts(self.oms.run or OmsRun(run_number=self.run_number)),
            practice_of=self.practice_of,
        )


def _is_out(answer: object) -> bool:
    return isinstance(answer, Missing | Unreachable)


def checked_wish(
    run_number: int, reconstruction: str | None, dataset: str, from_search: bool, is_retry: bool = False
) -> Wish:
    """The wish of an address, with the reconstruction that a pinned dataset means. Raises `NotThere`."""
    if not is_run_number(run_number):
        raise NotThere(f"There is no run {run_number}: run numbers have six or seven digits.")
    if reconstruction is not None and reconstruction not in Reconstruction.values:
        raise NotThere(
            f"There is no reconstruction “{reconstruction}”. It is one of {', '.join(Reconstruction.values)}."
        )
    if dataset:
        meant = _reconstruction_meant(dataset)
        if reconstruction not in (None, meant):
            raise NotThere(f"The dataset {dataset} is {meant}, not {reconstruction}.")
        reconstruction = meant
    return Wish(run_number, reconstruction, dataset, from_search, is_retry)


def _reconstruction_meant(dataset: str) -> str:
    meant = reconstruction_of(dataset) if dataset.isprintable() and len(dataset) <= 150 else None
    if meant is None:
        raise NotThere("The dataset's name says no reconstruction. Choose one of the run's datasets.")
    return meant


def resolve(wish: Wish, search: Search) -> Target:
    """Ask Run Registry and OMS, side by side. Raises `NotThere`, `AllCertified`, `ReconstructionUnknown`."""
    budget = Budget.of_page(is_retry=wish.is_retry)
    remembered = _just_read(wish, search)
    asking = None if remembered else started(lambda: datasets_of_run(wish.run_number, budget))
    oms = run_for_page(wish.run_number, budget)
    registry: RegistryAnswer = remembered or asking.result()  # type: ignore[union-attr]
    if asking and isinstance(registry, Found):
        remember(registry, [wish.run_number])
    reconstruction, dataset = _choose(wish, registry, search)
    offered = _of(registry, reconstruction)
    return Target(wish.run_number, reconstruction, dataset, registry, oms, offered, search.practice_of)


def _just_read(wish: Wish, search: Search) -> Found[list[RegistryDataset]] | None:
    """What was last read of the run, if its age will do; a bare run number is always asked."""
    remembered = search.remembered.get(wish.run_number) if wish.reconstruction else None
    if remembered is None:
        return None
    return (
        remembered if timezone.now() - remembered.asked_at < (OF_THE_SEARCH if wish.from_search else RECENT) else None
    )


def _of(registry: RegistryAnswer, reconstruction: str) -> list[RegistryDataset]:
    datasets = registry.value if isinstance(registry, Found) else []
    return [one for one in datasets if one.reconstruction == reconstruction]


def _choose(wish: Wish, registry: RegistryAnswer, search: Search) -> tuple[str, str]:
    """Reconstruction and dataset name ("" where there is none)."""
    if wish.reconstruction is None:
        return _next_uncertified(wish.run_number, registry, search)
    if not isinstance(registry, Found):
        return wish.reconstruction, wish.dataset if isinstance(registry, Unreachable) else ""
    offered = sorted(_of(registry, wish.reconstruction), key=lambda one: not one.is_open)
    if wish.dataset and wish.dataset not in [one.name for one in offered]:
        raise NotThere(f"Run Registry has no dataset {wish.dataset} for run {wish.run_number}.")
    return wish.reconstruction, wish.dataset or (offered[0].name if offered else "")


def _next_uncertified(run_number: int, registry: RegistryAnswer, search: Search) -> tuple[str, str]:
    """The first dataset in Run Registry's order that nobody has certified, open ones first."""
    if not isinstance(registry, Found):
        raise ReconstructionUnknown(registry)
    known = [one for one in registry.value if one.reconstruction]
    if not known:
        raise ReconstructionUnknown(None)
    left = [one for one in known if (run_number, one.reconstruction) not in search.certified]
    if not left:
        raise AllCertified
    first = min(left, key=lambda one: not one.is_open)
    return str(first.reconstruction), first.name
