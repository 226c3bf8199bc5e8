"""The stand-ins by name: URL prefix, and responses without and with a fault."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from sandbox import apv, sso
from sandbox.dials import access as dials_access
from sandbox.dials import answer as dials
from sandbox.dials.state import DialsState
from sandbox.exchange import Request, Response, SentPart
from sandbox.faults import Fault, Faults
from sandbox.log import RequestLog
from sandbox.oms import answer as oms
from sandbox.openid.realm import Realm
from sandbox.registry import answer as registry
from sandbox.registry.state import RegistryState
from sandbox.spoiled import REPLACEMENTS, SPOILS, is_login_page, login_page
from sandbox.sso import Tokens

if TYPE_CHECKING:
    from collections.abc import Callable


class CutConnection(Exception):
    """The service closes the connection without a response."""


@dataclass(frozen=True)
class SandboxService:
    """One stand-in."""

    name: str
    label: str
    prefix: str
    answer: Callable[[Request, SandboxState], Response]
    server_error: Response
    refusal: Callable[[int], Response]
    not_found: Callable[[Request], Response]
    is_write: Callable[[Request], bool] = lambda _: False
    deadlock: Callable[[Request], Response] | None = None


SERVICES = (
    SandboxService(
        "registry",
        "Run Registry",
        "/registry",
        lambda request, state: registry.answer(request, state.tokens, state.registry),
        Response({"err": "The sandbox is set to fail"}, 500),
        registry.refusal,
        registry.not_found,
        registry.is_write,
        registry.deadlock,
    ),
    SandboxService(
        "oms",
        "OMS",
        "/oms",
        lambda request, state: oms.answer(request, state.tokens),
        oms.error(500, "Internal Server Error", "The sandbox is set to fail."),
        oms.refusal,
        oms.not_found,
    ),
    SandboxService(
        "sso",
        "CERN sign-in",
        "/sso",
        lambda request, state: sso.answer(request, state.tokens, state.realm),
        Response({"error": "unknown_error", "error_description": "The sandbox is set to fail."}, 500),
        sso.refusal,
        lambda _: Response({"error": "Realm does not exist"}, 404),
    ),
    SandboxService(
        "apv",
        "APV modes",
        "/apv",
        lambda request, _state: apv.answer(request),
        Response({"error": "The sandbox is set to fail."}, 500),
        apv.refusal,
        lambda _: Response([]),
    ),
    SandboxService(
        "dials",
        "DIALS",
        "/dials",
        lambda request, state: dials.answer(request, state.tokens, state.dials),
        dials_access.server_error(),
        dials_access.refusal,
        dials.not_found,
    ),
)


def service_at(path: str) -> SandboxService | None:
    """Return the stand-in for a path, or None."""
    services = (service for service in SERVICES if path == service.prefix or path.startswith(service.prefix + "/"))
    return next(services, None)


@dataclass
class SandboxState:
    """State of the sandbox: tokens, sessions, what was written, settings, active faults and the request log."""

    tokens: Tokens = field(default_factory=Tokens)
    realm: Realm = field(default_factory=Realm)
    registry: RegistryState = field(default_factory=RegistryState)
    dials: DialsState = field(default_factory=DialsState)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)

    def answer(self, service: SandboxService, request: Request) -> Response:
        """Return the response of the service and log the request. Raises `CutConnection` for such a fault."""
        entry = self.log.begin(service.name, request)
        status, size = None, 0
        try:
            response = self._answer_with_fault(service, request)
            response = replace(response, body=response.encoded())
            status, size = response.status, len(response.body)
            return response
        finally:
            self.log.end(entry, status, size)

    def _answer_with_fault(self, service: SandboxService, request: Request) -> Response:
        if is_login_page(request):
            return login_page()  # faults spare it: it is where some of them lead
        fault = self.faults.take(service.name, request.path, is_write=service.is_write(request))
        return self._misbehave(service, request, fault) if fault else service.answer(request, self)

    def _misbehave(self, service: SandboxService, request: Request, fault: Fault) -> Response:
        if fault.mode == "late":
            service.answer(request, self)
        if fault.mode in ("hang", "late", "slow"):
            self.faults.wait(fault.seconds)
        if fault.mode in ("hang", "late", "refuse"):
            raise CutConnection
        return _replacement_for(service, request, fault.mode) or self._spoiled_answer(service, request, fault)

    def _spoiled_answer(self, service: SandboxService, request: Request, fault: Fault) -> Response:
        """Return the response of the service, delayed or with an error."""
        response = service.answer(request, self)
        if fault.mode == "stall":
            return replace(response, sent_part=SentPart.HEADERS, hold_seconds=fault.seconds)
        if fault.mode == "reset":
            return replace(response, sent_part=SentPart.HALF)
        return SPOILS[fault.mode](response) if fault.mode in SPOILS else response


def _replacement_for(service: SandboxService, request: Request, mode: str) -> Response | None:
    """Return the response of a fault that replaces that of the service, or None for other faults."""
    if mode == "500":
        return service.server_error
    if mode in ("401", "403"):
        return service.refusal(int(mode))
    if mode == "not-found":
        return service.not_found(request)
    if mode == "deadlock" and service.deadlock:
        return service.deadlock(request)
    return REPLACEMENTS[mode]() if mode in REPLACEMENTS else None
