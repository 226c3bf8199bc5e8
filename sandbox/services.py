"""The stand-ins by name: where each is found and how it answers, healthy and with a fault."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from sandbox import apv, sso
from sandbox.exchange import Answer, Request, Sent
from sandbox.faults import Fault, Faults
from sandbox.log import RequestLog
from sandbox.oms import answer as oms
from sandbox.openid.realm import Realm
from sandbox.registry import answer as registry
from sandbox.spoiled import INSTEAD, SPOILS, is_login_page, login_page
from sandbox.sso import Tokens


class CutConnection(Exception):
    """The service closes the connection without an answer."""


@dataclass(frozen=True)
class Service:
    """One stand-in."""

    name: str
    label: str
    prefix: str
    answer: Callable[[Request, State], Answer]
    broken: Answer
    refusal: Callable[[int], Answer]
    nothing: Callable[[Request], Answer]


SERVICES = (
    Service(
        "registry",
        "Run Registry",
        "/registry",
        lambda request, state: registry.answer(request, state.tokens),
        Answer({"err": "The sandbox was told to fail"}, 500),
        registry.refusal,
        registry.nothing,
    ),
    Service(
        "oms",
        "OMS",
        "/oms",
        lambda request, state: oms.answer(request, state.tokens),
        oms.error(500, "Internal Server Error", "The sandbox was told to fail."),
        oms.refusal,
        oms.nothing,
    ),
    Service(
        "sso",
        "CERN sign-in",
        "/sso",
        lambda request, state: sso.answer(request, state.tokens, state.realm),
        Answer({"error": "unknown_error", "error_description": "The sandbox was told to fail."}, 500),
        sso.refusal,
        lambda _: Answer({"error": "Realm does not exist"}, 404),
    ),
    Service(
        "apv",
        "APV modes",
        "/apv",
        lambda request, _state: apv.answer(request),
        Answer({"error": "The sandbox was told to fail."}, 500),
        apv.refusal,
        lambda _: Answer([]),
    ),
)


def service_of(path: str) -> Service | None:
    """The stand-in that a path belongs to."""
    return next((one for one in SERVICES if path == one.prefix or path.startswith(one.prefix + "/")), None)


@dataclass
class State:
    """What the sandbox remembers: tokens given, people signed in, faults that are on, requests that came."""

    tokens: Tokens = field(default_factory=Tokens)
    realm: Realm = field(default_factory=Realm)
    faults: Faults = field(default_factory=Faults)
    log: RequestLog = field(default_factory=RequestLog)

    def answer(self, service: Service, request: Request) -> Answer:
        """The service's answer, written down; CutConnection where a fault says so."""
        entry = self.log.begin(service.name, request)
        status = None
        try:
            answer = self._healthy_or_not(service, request)
            status = answer.status
            return answer
        finally:
            self.log.end(entry, status)

    def _healthy_or_not(self, service: Service, request: Request) -> Answer:
        if is_login_page(request):
            return login_page()  # faults spare it: it is where some of them lead
        fault = self.faults.taken(service.name, request.path)
        return self._faulty(service, request, fault) if fault else service.answer(request, self)

    def _faulty(self, service: Service, request: Request, fault: Fault) -> Answer:
        if fault.mode in ("hang", "slow"):
            self.faults.wait(fault.seconds)
        if fault.mode in ("hang", "refuse"):
            raise CutConnection
        return _instead(service, request, fault.mode) or self._spoiled(service, request, fault)

    def _spoiled(self, service: Service, request: Request, fault: Fault) -> Answer:
        """The service's own answer, whole but late, or with something wrong with it."""
        answer = service.answer(request, self)
        if fault.mode == "stall":
            return replace(answer, sent=Sent.HEADERS, held=fault.seconds)
        if fault.mode == "reset":
            return replace(answer, sent=Sent.HALF)
        return SPOILS[fault.mode](answer) if fault.mode in SPOILS else answer


def _instead(service: Service, request: Request, mode: str) -> Answer | None:
    """What is answered without asking the service at all; None for a fault that lets it answer."""
    if mode == "500":
        return service.broken
    if mode in ("401", "403"):
        return service.refusal(int(mode))
    if mode == "not-found":
        return service.nothing(request)
    return INSTEAD[mode]() if mode in INSTEAD else None
