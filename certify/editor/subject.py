"""The subject of the certify page: run, reconstruction and dataset, from Run Registry and OMS.

A URL has a run number (for its next uncertified dataset), a run and a reconstruction, or a dataset. Run Registry and
OMS are queried in parallel within one time budget; the page also opens if one or both are unavailable.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from django.utils import timezone

from certify.editor.form_context import FormContext
from certify.facts.run_type import apply_dataset_names
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
    from collections.abc import Sequence

    from certify.editor.worklist import Search

# Maximum age of a cached answer of Run Registry without a search.
ANSWER_MAX_AGE = timedelta(minutes=2)
# Maximum age of a cached answer for a page of a search.
SEARCH_ANSWER_MAX_AGE = timedelta(minutes=15)
MAX_DATASET_LENGTH = 150  # characters
RegistryAnswer = Found[list[RegistryDataset]] | Missing | Unreachable


class SubjectNotFound(Exception):
    """The run, reconstruction or dataset does not exist; the message is for the page."""


class AllCertified(Exception):
    """All datasets of the run in Run Registry are certified."""


class ReconstructionUnknown(Exception):
    """No reconstruction follows from the URL or from the names of the datasets: the person chooses.

    `datasets`: names of the datasets to choose it for; none if Run Registry has none or did not answer.
    """

    def __init__(self, answer: Missing | Unreachable | None, datasets: Sequence[str] = ()):
        super().__init__(answer.sentence if answer else "")
        self.datasets = datasets


@dataclass(frozen=True)
class SubjectRequest:
    """The parameters of the URL. `from_search`: the person comes from a search of open runs.

    `is_retry`: the person requested a retry, which ignores an open circuit breaker.
    """

    run_number: int
    reconstruction: str | None = None
    dataset: str = ""
    from_search: bool = False
    is_retry: bool = False

    def is_of(self, form_context: FormContext) -> bool:
        """Whether the form context is of this run and reconstruction."""
        return form_context.run_number == self.run_number and self.reconstruction in (None, form_context.reconstruction)


@dataclass(frozen=True)
class CertificationSubject:
    """The subject with the answers of Run Registry and OMS. `datasets`: those of the reconstruction.

    `training_of`: primary key of the user in training, or None.
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
        """The dataset in Run Registry, or None."""
        return next((dataset for dataset in self.datasets if dataset.name == self.dataset), None)

    @property
    def is_complete(self) -> bool:
        """Whether Run Registry has the dataset and OMS has run and fill."""
        return bool(self.datasets) and isinstance(self.oms.run_result, Found) and not _is_out(self.oms.fill_result)

    def form_context(self) -> FormContext:
        """Return the context of a new form."""
        return FormContext(
            run_number=self.run_number,
            reconstruction=self.reconstruction,
            registry=type(self.registry).__name__.lower(),
            datasets=[dataset.name for dataset in self.datasets],
            registry_states={dataset.name: dataset.state for dataset in self.datasets},
            registry_classes={dataset.name: dataset.run_class for dataset in self.datasets if dataset.run_class},
            registry_flags={dataset.name: dict(dataset.flags) for dataset in self.datasets},
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
    """Return the checked request, with the reconstruction of the dataset if given. Raises `SubjectNotFound`."""
    if not is_run_number(run_number):
        raise SubjectNotFound(f"There is no run {run_number}: run numbers have six or seven digits.")
    if reconstruction is not None and reconstruction not in Reconstruction.values:
        raise SubjectNotFound(
            f"There is no reconstruction “{reconstruction}”. It is one of {', '.join(Reconstruction.values)}."
        )
    if dataset:
        named = _reconstruction_in_name(dataset)
        if named and reconstruction not in (None, named):
            raise SubjectNotFound(f"The dataset {dataset} is {named}, not {reconstruction}.")
        reconstruction = named or reconstruction
    return SubjectRequest(run_number, reconstruction, dataset, from_search, is_retry)


def _reconstruction_in_name(dataset: str) -> str | None:
    if not dataset.isprintable() or len(dataset) > MAX_DATASET_LENGTH:
        raise SubjectNotFound("This is not the name of a dataset. Choose one of the run's datasets.")
    return reconstruction_in(dataset)


def unnamed_dataset(dataset: str) -> str:
    """Return the dataset if a person chose its reconstruction, else "": its name contains none."""
    try:
        return "" if _reconstruction_in_name(dataset) else dataset
    except SubjectNotFound:
        return ""


def resolve_subject(subject_request: SubjectRequest, search: Search) -> CertificationSubject:
    """Query Run Registry and OMS in parallel. Raises `SubjectNotFound`, `AllCertified`, `ReconstructionUnknown`."""
    return _chosen_subject(subject_request, search, *_query_services(subject_request, search))


def resolve_reopened_subject(subject_request: SubjectRequest, search: Search) -> CertificationSubject:
    """Resolve as `resolve_subject` does, but leave out a dataset that Run Registry no longer has.

    The services are queried once. Raises `AllCertified` and `ReconstructionUnknown`.
    """
    registry, oms = _query_services(subject_request, search)
    try:
        return _chosen_subject(subject_request, search, registry, oms)
    except SubjectNotFound:
        return _chosen_subject(replace(subject_request, dataset=""), search, registry, oms)


def _query_services(subject_request: SubjectRequest, search: Search) -> tuple[RegistryAnswer, RunReading]:
    """Query Run Registry, unless a recent answer is cached, and OMS, in parallel within one budget."""
    budget = Budget.for_page(is_retry=subject_request.is_retry)
    remembered = _recent_answer(subject_request, search)
    asking = None if remembered else start_in_thread(lambda: datasets_of_run(subject_request.run_number, budget))
    oms = run_for_page(subject_request.run_number, budget)
    registry: RegistryAnswer = remembered or asking.result()  # type: ignore[union-attr]
    if asking and isinstance(registry, Found):
        cache_datasets(registry, [subject_request.run_number])
    if oms.run and isinstance(registry, Found):
        apply_dataset_names([oms.run], registry.value)
    return registry, oms


def _chosen_subject(
    subject_request: SubjectRequest, search: Search, registry: RegistryAnswer, oms: RunReading
) -> CertificationSubject:
    reconstruction, dataset = _choose_dataset(subject_request, registry, search)
    offered = _datasets_of(registry, reconstruction, subject_request.dataset)
    return CertificationSubject(
        subject_request.run_number, reconstruction, dataset, registry, oms, offered, search.training_of
    )


def _recent_answer(subject_request: SubjectRequest, search: Search) -> Found[list[RegistryDataset]] | None:
    """Return the cached answer of Run Registry if it is recent enough. A URL with a run number only needs a query."""
    remembered = search.remembered.get(subject_request.run_number) if subject_request.reconstruction else None
    if remembered is None:
        return None
    return (
        remembered
        if timezone.now() - remembered.asked_at
        < (SEARCH_ANSWER_MAX_AGE if subject_request.from_search else ANSWER_MAX_AGE)
        else None
    )


def _datasets_of(registry: RegistryAnswer, reconstruction: str, pinned: str) -> list[RegistryDataset]:
    """Return the datasets of the reconstruction, with the pinned one if its name contains no reconstruction."""
    datasets = registry.value if isinstance(registry, Found) else []
    return [
        dataset
        for dataset in datasets
        if dataset.reconstruction == reconstruction or (dataset.name == pinned and dataset.reconstruction is None)
    ]


def _choose_dataset(subject_request: SubjectRequest, registry: RegistryAnswer, search: Search) -> tuple[str, str]:
    """Return reconstruction and dataset name ("" for none)."""
    if subject_request.reconstruction is None and subject_request.dataset:
        if isinstance(registry, Found) and subject_request.dataset not in [dataset.name for dataset in registry.value]:
            raise _no_such_dataset(subject_request)
        raise ReconstructionUnknown(None if isinstance(registry, Found) else registry, [subject_request.dataset])
    if subject_request.reconstruction is None:
        return _next_uncertified(subject_request.run_number, registry, search)
    if not isinstance(registry, Found):
        return subject_request.reconstruction, subject_request.dataset if isinstance(registry, Unreachable) else ""
    of_reconstruction = _datasets_of(registry, subject_request.reconstruction, subject_request.dataset)
    offered = sorted(of_reconstruction, key=lambda dataset: not dataset.is_open)
    if subject_request.dataset and subject_request.dataset not in [dataset.name for dataset in offered]:
        raise _no_such_dataset(subject_request)
    return subject_request.reconstruction, subject_request.dataset or (offered[0].name if offered else "")


def _no_such_dataset(subject_request: SubjectRequest) -> SubjectNotFound:
    return SubjectNotFound(
        f"Run Registry has no dataset {subject_request.dataset} for run {subject_request.run_number}."
    )


def _next_uncertified(run_number: int, registry: RegistryAnswer, search: Search) -> tuple[str, str]:
    """Return the first uncertified dataset in the order of Run Registry, open ones first."""
    if not isinstance(registry, Found):
        raise ReconstructionUnknown(registry)
    known = [dataset for dataset in registry.value if dataset.reconstruction]
    if not known:
        raise ReconstructionUnknown(None, [dataset.name for dataset in registry.value])
    left = [dataset for dataset in known if (run_number, dataset.reconstruction) not in search.certified]
    if not left:
        raise AllCertified
    first = min(left, key=lambda dataset: not dataset.is_open)
    return str(first.reconstruction), first.name
