"""Adapter of the released `runregistry` client. No other module imports that package.

Importing it reads .env files into the environment and requires HOME and certain values of ENVIRONMENT. Its functions
print, request a token per page, wait up to ten minutes and follow redirects. All of this is disabled through module
attributes that it reads at call time, so no fork is needed.
"""

from __future__ import annotations

import importlib
import logging
import os
import threading
from contextlib import contextmanager
from contextvars import ContextVar
from functools import cache
from typing import TYPE_CHECKING, Any

import dotenv
import requests
from django.conf import settings

from infrastructure.http import client, tokens
from infrastructure.http.errors import RemoteError, WrongShape
from registry.service import CERTIFICATION_CALLS, REGISTRY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from infrastructure.http.budget import Budget

logger = logging.getLogger(__name__)
_budget: ContextVar[Budget] = ContextVar("registry_budget")
_import_lock = threading.Lock()


def get_datasets(run_filter: dict[str, Any], page_size: int, budget: Budget) -> list[dict[str, Any]]:
    """Call `runregistry.get_datasets`, uncompressed, within the budget. Raises only `RemoteError`."""
    arguments = {"filter": run_filter, "page_size": page_size, "compress_attributes": False}
    rows: list[dict[str, Any]] = _call_client("datasets", budget, lambda package: package.get_datasets(**arguments))
    return rows


def get_lumisection_ranges_by_component(run_number: int, registry_name: str, budget: Budget) -> dict[str, Any]:
    """Call `runregistry.get_lumisection_ranges_by_component` within the budget: {column: list of ranges}.

    Raises only `RemoteError`.
    """
    arguments = {"run_number": run_number, "dataset_name": registry_name}
    ranges = _call_client("ranges", budget, lambda package: package.get_lumisection_ranges_by_component(**arguments))
    if not isinstance(ranges, dict) or not all(isinstance(column, list) for column in ranges.values()):
        raise record_wrong_shape("ranges")
    return ranges


def get_oms_lumisection_ranges(run_number: int, budget: Budget) -> list[Any]:
    """Call `runregistry.get_oms_lumisection_ranges` within the budget: the bits of OMS that Run Registry has of a run.

    Raises only `RemoteError`.
    """
    ranges = _call_client("ranges", budget, lambda package: package.get_oms_lumisection_ranges(run_number))
    if not isinstance(ranges, list):
        raise record_wrong_shape("ranges")
    return ranges


def get_cycles(budget: Budget) -> list[Any]:
    """Call `runregistry.get_cycles` within the budget. Raises only `RemoteError`."""
    cycles = _call_client("cycles", budget, lambda package: package.get_cycles())
    if not isinstance(cycles, list):
        raise record_wrong_shape("cycles", CERTIFICATION_CALLS)
    return cycles


def _call_client(key: str, budget: Budget, call: Callable[[Any], Any]) -> Any:
    """Return the result of `call(package)`. Any other exception becomes a `WrongShape` with `key`."""
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
    """Return the error for an unreadable response, after recording it as a failure of the service."""
    error = WrongShape(service, key=key)
    client.record_failure(error)
    return error


def _configured_client() -> Any:
    """Return the client's submodule, configured from the settings. The package only has stale copies of these."""
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
    """Set HOME and ENVIRONMENT as the import requires and ignore .env files; restore everything afterwards."""
    environment, load = dict(os.environ), dotenv.load_dotenv
    os.environ["ENVIRONMENT"] = "production"
    os.environ.setdefault("HOME", str(settings.VAR_DIR))
    dotenv.load_dotenv = lambda *_args, **_kwargs: False
    try:
        yield
    finally:
        dotenv.load_dotenv = load
        for name in set(os.environ) - set(environment):
            del os.environ[name]
        os.environ.update(environment)


def _empty_token(**_: Any) -> tuple[str, None]:
    """Replace the function of cernrequests: `infrastructure.http.tokens` adds the header, with a shared token."""
    return "", None


class _RequestsAdapter:
    """Replaces the `requests` module inside the client and sends its requests with `infrastructure.http`."""

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
    """The part of `requests.Response` that the client uses."""

    def __init__(self, value: Any) -> None:
        self._value = value

    def json(self) -> Any:
        return self._value


def _check_page(answer: Any, rows: str) -> None:
    """Check the keys of a page that the client reads unchecked: rows and pages. Raises `WrongShape`.

    The client only prints the count, so an odd one is replaced.
    """
    if not isinstance(answer, dict) or not isinstance(answer.get(rows), list):
        raise record_wrong_shape(rows)
    if not _is_count(answer.get("pages")):
        raise record_wrong_shape("pages")
    if not _is_count(answer.get("count")):
        answer["count"] = len(answer[rows])


def _is_count(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= 0


def _client() -> tokens.ClientCredentials:
    return tokens.ClientCredentials(settings.RUNREGISTRY_AUDIENCE, settings.SSO_CLIENT_ID, settings.SSO_CLIENT_SECRET)
