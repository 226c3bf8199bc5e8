"""A service that failed is not queried for a while, so that no page waits for what has just failed for another.

The state is stored in Django's cache, which the workers of one machine share. After `settings.BREAKER_SECONDS` the
first page that needs the service tries it, and the others go on without it; an answer closes the circuit at once, a
failure opens it again. A user who asks to try again may do so at any time, one at a time. Trials belong to a page, not
to a call: a page that may try makes all its calls until one fails.
"""

from __future__ import annotations

import time
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.conf import settings

from infrastructure.cache import safe_cache
from infrastructure.cache.file_lock import file_lock
from infrastructure.http.errors import CircuitOpen, RemoteError

if TYPE_CHECKING:
    from infrastructure.http.budget import Budget

_RETENTION_S = 24 * 3600  # after that the state of an unused service is forgotten


@dataclass(frozen=True)
class OpenCircuit:
    """Why, since and until when a service is not queried (seconds since 1970). `failures` in a row name the trial."""

    failed_at: float
    until: float
    predicate: str
    advice_template: str
    failures: int = 1
    trial_ends: float = 0.0


def before_call(service: str, budget: Budget, *, asked_for: str) -> None:
    """Let the page call the service, claiming the trial if it is one; raises `CircuitOpen` where it may not.

    `asked_for`: the service that the page needs, if `service` is only a prerequisite (tokens).
    """
    if _read_circuit(service) is None:  # the usual case needs no lock
        return
    with file_lock("breaker"):
        opened = _read_circuit(service)
        if opened is None or budget.trials.get(service) == opened.failures:
            return
        _raise_unless_trial(opened, service, budget, asked_for)
        budget.trials[service] = opened.failures
        _write_circuit(service, replace(opened, trial_ends=time.time() + budget.call_seconds()))


def raise_if_open(service: str, budget: Budget) -> None:
    """As `before_call`, without claiming the trial: to skip preparations for a call that would be refused."""
    opened = _read_circuit(service)
    if opened is not None and budget.trials.get(service) != opened.failures:
        _raise_unless_trial(opened, service, budget, service)


def on_failure(error: RemoteError) -> None:
    """Open the circuit of a service that has just failed."""
    if settings.BREAKER_SECONDS <= 0:
        return
    with file_lock("breaker"):
        before, now = _read_circuit(error.source), time.time()
        _write_circuit(
            error.source,
            OpenCircuit(
                failed_at=now,
                until=now + settings.BREAKER_SECONDS,
                predicate=error.predicate,
                advice_template=error.advice_template,
                failures=before.failures + 1 if before else 1,
            ),
        )


def on_success(service: str) -> None:
    """Close the circuit of a service that has just answered, for all workers."""
    if _read_circuit(service) is None:
        return
    with file_lock("breaker"):
        safe_cache.delete(_key(service))


def _raise_unless_trial(opened: OpenCircuit, service: str, budget: Budget, asked_for: str) -> None:
    """Allow one trial at a time: the first page after `until`, or a retry by a user, once per page."""
    now = time.time()
    is_due = now >= opened.until or (budget.is_retry and service not in budget.trials)
    if is_due and now >= opened.trial_ends:
        return
    until = datetime.fromtimestamp(max(opened.until, opened.trial_ends), UTC)
    raise CircuitOpen(
        asked_for,
        source=service,
        predicate=opened.predicate,
        advice_template=opened.advice_template,
        until=None if opened.failed_at >= budget.started_at else until,
    )


def _key(service: str) -> str:
    return f"infrastructure.http.circuit_breaker.{service}"


def _read_circuit(service: str) -> OpenCircuit | None:
    """The stored state of the service, or None; also None if another release stored it in another format."""
    stored = safe_cache.read(_key(service))
    try:
        return OpenCircuit(**stored) if stored else None
    except TypeError:
        return None


def _write_circuit(service: str, opened: OpenCircuit) -> None:
    """Store the state for all workers, in a form that does not depend on this class."""
    safe_cache.write(_key(service), asdict(opened), _RETENTION_S + settings.BREAKER_SECONDS)
