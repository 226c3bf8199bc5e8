"""The released `runregistry` client, contained: nothing else of CertHelper imports it.

Its import reads .env files into the environment, insists on HOME and on its own idea of ENVIRONMENT; its functions
print, ask for a token per page, wait ten minutes and follow redirects. All of that is turned off through the attributes
of its submodule that it reads at call time (no fork).
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import Any

import dotenv
import requests
from django.conf import settings

from infrastructure.http import client, tokens
from infrastructure.http.budget import Budget
from infrastructure.http.errors import RemoteError, WrongShape
from registry.service import CERTIFICATION_CALLS, REGISTRY

logger = logging.getLogger(__name__)
_budget: ContextVar[Budget] = ContextVar("budget of the page that asks Run Registry")
_import_lock = threading.Lock()


def get_datasets(run_filter: dict[str, Any], page_size: int, budget: Budget) -> list[dict[str, Any]]:
    """`runregistry.get_datasets`, uncompressed, within the budget. Raises a `RemoteError` and nothing else."""
    asked = {"filter": run_filter, "page_size": page_size, "compress_attributes": False}
    return _call_client("datasets", budget, lambda package: package.get_datasets(**asked))


def get_cycles(budget: Budget) -> list[Any]:
    """`runregistry.get_cycles`, within the budget. Raises a `RemoteError` and nothing else."""
    found = _call_client("cycles", budget, lambda package: package.get_cycles())
    if not isinstance(found, list):
        raise record_wrong_shape("cycles", CERTIFICATION_CALLS)
    return found


def _call_client(key: str, budget: Budget, call: Callable[[Any], Any]) -> Any:
    """What the client makes of the answer; `key` names what could not be read."""
    package = _configured_client()
    token = _budget.set(budget)
    try:
        return call(package)
    except RemoteError:
        raise
    except Exception as error:  # the client raises bare exceptions
        logger.exception("The Run Registry client failed")
        raise record_wrong_shape(key) from error
    finally:
        _budget.reset(token)


def record_wrong_shape(key: str, service: str = REGISTRY) -> WrongShape:
    """An answer that we cannot read, noted as a failure of Run Registry, or of its certification calls."""
    error = WrongShape(service, key=key)
    client.record_failure(error)
    return error


def _configured_client() -> Any:
    """The client's submodule, pointed at what the settings say. The package itself only has stale copies of these."""
    with _import_lock:
        package = _imported_client()
    package.api_url = settings.RUNREGISTRY_URL
    package.target_name = "production" if settings.RUNREGISTRY_AUDIENCE else "local"
    package.target_application = settings.RUNREGISTRY_AUDIENCE
    package.use_cookies = bool(settings.RUNREGISTRY_AUDIENCE)  # without: header `email`, no token
    return package


@cache
def _imported_client() -> Any:
    with _isolated_environment():
        package: Any = importlib.import_module("runregistry.runregistry")
    package.requests = _RequestsAdapter()
    package.get_api_token = _empty_token
    package.print = logger.debug
    return package


@contextmanager
def _isolated_environment() -> Iterator[None]:
    """HOME and ENVIRONMENT as the import wants them, no .env file read, and everything as before afterwards."""
    before, load = dict(os.environ), dotenv.load_dotenv
    os.environ["ENVIRONMENT"] = "production"
    os.environ.setdefault("HOME", str(settings.VAR_DIR))
    dotenv.load_dotenv = lambda *_args, **_kwargs: False
    try:
        yield
    finally:
        dotenv.load_dotenv = load
        for name in set(os.environ) - set(before):
            del os.environ[name]
        os.environ.update(before)


def _empty_token(**_: Any) -> tuple[str, None]:
    """Replaces the function of cernrequests: `infrastructure.http.tokens` shares the token and adds the header."""
    return "", None


class _RequestsAdapter:
    """Stands for the `requests` module inside the client: the same calls, through our one door."""

    __version__ = requests.__version__

    def get(self, url: str, headers: dict[str, str], **_: Any) -> _JsonResponse:
        return self._request("GET", url, headers, None)

    def post(self, url: str, headers: dict[str, str], data: str | None = None, **_: Any) -> _JsonResponse:
        return self._request("POST", url, headers, data)

    def _request(self, method: str, url: str, headers: dict[str, str], data: str | None) -> _JsonResponse:
        service = CERTIFICATION_CALLS if url.endswith("/cycles/global") else REGISTRY
        call = client.ServiceCall(service, method, url, setting="RUNREGISTRY_URL", headers=headers, data=data)
        answer = tokens.fetch_json(call, _client(), _budget.get())
        if url.endswith("_filtered_ordered"):
            _check_page(answer, "datasets" if "/datasets_" in url else "runs")
        return _JsonResponse(answer)


class _JsonResponse:
    """What the client wants of a response."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def json(self) -> Any:
        return self._value


def _check_page(answer: Any, rows: str) -> None:
    """What the client reads of a page without looking: rows, count and pages."""
    if not isinstance(answer, dict) or not isinstance(answer.get(rows), list):
        raise record_wrong_shape(rows)
    for key in ("count", "pages"):
        value = answer.get(key)
        if isinstance(value, bool) or not isinstance(value, int) or value < 0:
            raise record_wrong_shape(key)


def _client() -> tokens.ClientCredentials:
    return tokens.ClientCredentials(settings.RUNREGISTRY_AUDIENCE, settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET)
