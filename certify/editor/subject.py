"""What is about to be certified: run, reconstruction and dataset, found out from Run Registry and OMS.

Three ways in: a run number alone (its next uncertified dataset), a run and a reconstruction, or a dataset.
Run Registry and OMS are asked side by side, within one budget; either may be out and the page opens all the same.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.editor.form_context import FormContext
from certify.facts.staleness import shown_facts
from certify.models.choices import Reconstruction
from certify.rules.entry import is_run_number
from infrastructure.http.budget import Budget
from infrastructure.http.parallel import start_in_thread
from infrastructure.http.results import Found, Missing, Unreachable
from oms.mirror import RunReading, run_for_page
from oms.models import OmsRun
from registry.client import datasets_of_run
from registry.dataset_cache import cache_datasets
from registry.parsing import RegistryDataset, reconstruction_in

if TYPE_CHECKING:
    from certify.editor.worklist import Search

# Without a search to go on, Run Registry's answer counts as of this moment for so long.
ANSWER_MAX_AGE = timedelta(minutes=2)
# A search goes on with what it read, but for what it read longer ago than this.
SEARCH_ANSWER_MAX_AGE = timedelta(minutes=15)
RegistryAnswer = Found[list[RegistryDataset]] | Missing | Unreachable


class SubjectNotFound(Exception):
    """There is no such run, reconstruction or dataset; the text says so to a person."""


class AllCertified(Exception):
    """Every dataset that Run Registry has for the run is certified."""


class ReconstructionUnknown(Exception):
    """Nobody said which reconstruction, and Run Registry could not: the person chooses."""

    def __init__(self, answer: Missing | Unreachable | None):
        super().__init__(answer.sentence if answer else "")
        self.answer = answer


@dataclass(frozen=True)
class SubjectRequest:
    """What the address asks for; `from_search` when the person comes from an open runs search.

    `is_retry`: they ask to try again, so that a service that is left alone is tried.
    """

    run_number: int
    reconstruction: str | None = None
    dataset: str = ""
    from_search: bool = False
    is_retry: bool = False

    def is_of(self, form_context: FormContext) -> bool:
        """Whether a form opened with this form context is what the address names."""
        return form_context.run_number == self.run_number and self.reconstruction in (None, form_context.reconstruction)


@dataclass(frozen=True)
class CertificationSubject:
    """What will be certified, and what was found out about it. `datasets` are those of the reconstruction.

    `training_of`: who certifies it in training (key).
    """

    run_number: int
    reconstruction: str
    dataset: str
    registry: RegistryAnswer
    oms: RunReading
    datasets: list[RegistryDataset] = field(default_factory=list)
    training_of: int | None = None

    @property
    def known_dataset(self) -> RegistryDataset | None:
        """The dataset as Run Registry has it."""
        return next((one for one in self.datasets if one.name == self.dataset), None)

    @property
    def is_complete(self) -> bool:
        """Whether Run Registry named the dataset and OMS gave run and fill."""
        return bool(self.datasets) and isinstance(self.oms.run_result, Found) and not _is_out(self.oms.fill_result)

    def form_context(self) -> FormContext:
        """What travels with the form."""
        return FormContext(
            run_number=self.run_number,
            reconstruction=self.reconstruction,
            registry=type(self.registry).__name__.lower(),
            datasets=[one.name for one in self.datasets],
            registry_states={one.name: one.state for one in self.datasets},
            asked_at=self.registry.asked_at.isoformat(),
            is_complete=self.is_complete,
            shown=shown_facts(self.oms.run or OmsRun(run_number=self.run_number)),
            training_of=self.training_of,
        )


def _is_out(answer: object) -> bool:
    return isinstance(answer, Missing | Unreachable)


def checked_request(
    run_number: int, reconstruction: str | None, dataset: str, from_search: bool, is_retry: bool = False
) -> SubjectRequest:
    """The request of an address, with the reconstruction that a pinned dataset means. Raises `SubjectNotFound`."""
    if not is_run_number(run_number):
        raise SubjectNotFound(f"There is no run {run_number}: run numbers have six or seven digits.")
    if reconstruction is not None and reconstruction not in Reconstruction.values:
        raise SubjectNotFound(
            f"There is no reconstruction “{reconstruction}”. It is one of {', '.join(Reconstruction.values)}."
        )
    if dataset:
        meant = _reconstruction_in_name(dataset)
        if reconstruction not in (None, meant):
            raise SubjectNotFound(f"The dataset {dataset} is {meant}, not {reconstruction}.")
        reconstruction = meant
    return SubjectRequest(run_number, reconstruction, dataset, from_search, is_retry)


def _reconstruction_in_name(dataset: str) -> str:
    meant = reconstruction_in(dataset) if dataset.isprintable() and len(dataset) <= 150 else None
    if meant is None:
        raise SubjectNotFound("The dataset's name says no reconstruction. Choose one of the run's datasets.")
    return meant


def resolve_subject(subject_request: SubjectRequest, search: Search) -> CertificationSubject:
    """Ask Run Registry and OMS, side by side. Raises `SubjectNotFound`, `AllCertified`, `ReconstructionUnknown`."""
    budget = Budget.for_page(is_retry=subject_request.is_retry)
    remembered = _recent_answer(subject_request, search)
    asking = None if remembered else start_in_thread(lambda: datasets_of_run(subject_request.run_number, budget))
    oms = run_for_page(subject_request.run_number, budget)
    registry: RegistryAnswer = remembered or asking.result()  # type: ignore[union-attr]
    if asking and isinstance(registry, Found):
        cache_datasets(registry, [subject_request.run_number])
    reconstruction, dataset = _choose_dataset(subject_request, registry, search)
    offered = _datasets_of(registry, reconstruction)
    return CertificationSubject(
        subject_request.run_number, reconstruction, dataset, registry, oms, offered, search.training_of
    )


def _recent_answer(subject_request: SubjectRequest, search: Search) -> Found[list[RegistryDataset]] | None:
    """What was last read of the run, if its age will do; a bare run number is always asked."""
    remembered = search.remembered.get(subject_request.run_number) if subject_request.reconstruction else None
    if remembered is None:
        return None
    return (
        remembered
        if timezone.now() - remembered.asked_at
        < (SEARCH_ANSWER_MAX_AGE if subject_request.from_search else ANSWER_MAX_AGE)
        else None
    )


def _datasets_of(registry: RegistryAnswer, reconstruction: str) -> list[RegistryDataset]:
    datasets = registry.value if isinstance(registry, Found) else []
    return [one for one in datasets if one.reconstruction == reconstruction]


def _choose_dataset(subject_request: SubjectRequest, registry: RegistryAnswer, search: Search) -> tuple[str, str]:
    """Reconstruction and dataset name ("" where there is none)."""
    if subject_request.reconstruction is None:
        return _next_uncertified(subject_request.run_number, registry, search)
    if not isinstance(registry, Found):
        return subject_request.reconstruction, subject_request.dataset if isinstance(registry, Unreachable) else ""
    offered = sorted(_datasets_of(registry, subject_request.reconstruction), key=lambda one: not one.is_open)
    if subject_request.dataset and subject_request.dataset not in [one.name for one in offered]:
        raise SubjectNotFound(
            f"Run Registry has no dataset {subject_request.dataset} for run {subject_request.run_number}."
        )
    return subject_request.reconstruction, subject_request.dataset or (offered[0].name if offered else "")


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
