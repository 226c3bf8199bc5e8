"""Reads the histograms that were requested: those of a run, and those of the reference that is offered for it first."""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.db.models import Q
from django.utils import timezone

from certify.evidence.models import EvidenceRequest, Failure
from certify.evidence.requests import fresh_readings
from certify.references.offered import offered_references
from certify.references.ranking import ranked_references, reference_features
from dials.client import is_enabled
from dials.datasets import can_be_in_dials
from dials.reading import read_histograms
from infrastructure.database.job_lock import job_lock
from infrastructure.http.errors import (
    AccessDenied,
    BudgetExhausted,
    NotJson,
    NoToken,
    Redirected,
    RemoteError,
    TooLarge,
    UntrustedCertificate,
    WrongShape,
)
from oms.models import OmsRun
from registry.parsing import reconstruction_in

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
NOT_STORED = "The histograms could not be stored."
_REFUSALS = (AccessDenied, NoToken, Redirected, UntrustedCertificate)
_FORMATS = (NotJson, TooLarge, WrongShape)


@dataclass
class EvidenceResult:
    """The result of the command: what was read, as "run dataset", and a sentence for each failure.

    `is_unfinished`: the time was up during a run, which is gone on with later. `was_running`: another one was running,
    nothing was done.
    """

    read: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)
    is_unfinished: bool = False
    was_running: bool = False


def read_requested_evidence(budget: Budget, numbers: Collection[int] = ()) -> EvidenceResult:
    """Serve the requests that are due, oldest first, while the budget lasts; with `numbers`, those of these runs only.

    Without DIALS nothing is done.
    """
    result = EvidenceResult()
    if not is_enabled():
        return result
    with job_lock("evidence") as is_alone:
        if not is_alone:
            return EvidenceResult(was_running=True)
        served: set[int] = set()
        while budget.is_sufficient() and (request := _next_request(numbers, served)):
            served.add(request.pk)
            _serve(request, budget, result)
    return result


def _next_request(numbers: Collection[int], served: set[int]) -> EvidenceRequest | None:
    """Return the oldest request that is due and was not served before; of `numbers`, also one that was postponed."""
    waiting = EvidenceRequest.objects.exclude(pk__in=served)
    if numbers:
        return waiting.filter(run_number__in=numbers).first()
    return waiting.filter(Q(retry_at=None) | Q(retry_at__lte=timezone.now())).first()


def _serve(request: EvidenceRequest, budget: Budget, result: EvidenceResult) -> None:
    """Read one request. One that fails is postponed; it does not stop the requests after it."""
    try:
        _read_with_reference(request.run_number, request.registry_name, budget)
    except RemoteError as error:
        if isinstance(error, BudgetExhausted) or not budget.is_sufficient():
            result.is_unfinished = True
            return
        _postpone(request, f"{error.reason}.", _failure(error), result)
    except Exception:
        logger.exception("The histograms of %s could not be stored", request)
        _postpone(request, NOT_STORED, Failure.OUT, result)
    else:
        request.delete()
        result.read.append(str(request))


def _postpone(request: EvidenceRequest, problem: str, failure: Failure, result: EvidenceResult) -> None:
    request.failure = failure
    request.postpone(problem)
    result.problems.append(f"{request}: {problem}")


def _failure(error: RemoteError) -> Failure:
    if isinstance(error, _REFUSALS):
        return Failure.REFUSED
    return Failure.UNKNOWN_FORMAT if isinstance(error, _FORMATS) else Failure.OUT


def _read_with_reference(run_number: int, registry_name: str, budget: Budget) -> None:
    reading = read_histograms(run_number, registry_name, budget)
    reference = first_reference(run_number, registry_name) if reading.source else None
    if reference and not fresh_readings([reference]):
        read_histograms(*reference, budget)


def first_reference(run_number: int, registry_name: str) -> tuple[int, str] | None:
    """Return run and dataset (as in Run Registry) of the reference that the certify page offers first.

    None without one that DIALS can have. A reference without a dataset is compared in that of the run. One query, more
    where the cache does not have the references.
    """
    run = OmsRun.objects.select_related("fill").filter(pk=run_number).first()
    reconstruction = reconstruction_in(registry_name)
    if run is None or reconstruction is None:
        return None
    features = reference_features(run, reconstruction)
    others = (reference for reference in offered_references() if str(reference) != str(features))
    first = next((ranked.reference for ranked in ranked_references(features, others) if ranked.is_possible), None)
    name = (first.dataset or registry_name) if first else ""
    return (first.run_number, name) if first and can_be_in_dials(name) else None
