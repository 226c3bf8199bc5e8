"""The outside services. The package that asks one registers it when the apps are ready: nothing here knows any."""

from __future__ import annotations

from dataclasses import dataclass

from django.conf import settings


@dataclass(frozen=True)
class Service:
    """An outside service.

    `code`: how code and caches name it. `label`: how people call it, inside a sentence. `fallback`: what one does
    while it does not answer, as an imperative clause. `outage_note`: what an outage means, a sentence.
    `is_essential`: whether the frame of every page and /healthz report it. `optional_setting`: name of the setting with
    its address; while that is not empty, /healthz reports the service too. `issues_tokens`: whether the tokens that
    other services ask for come from it.
    """

    code: str
    label: str
    fallback: str = "Go on without it"
    outage_note: str = ""
    is_essential: bool = True
    optional_setting: str = ""
    issues_tokens: bool = False


_services: dict[str, Service] = {}


def register_service(service: Service) -> None:
    """Make the service known by its code; called in `AppConfig.ready`."""
    _services[service.code] = service


def registered_service(code: str) -> Service:
    """The service with this code; one that is called by its code where none is registered."""
    return _services.get(code) or Service(code, code)


def essential_services() -> list[str]:
    """The codes of those that every page reports, in the order of registration, the issuer of tokens last."""
    essential = (service for service in _services.values() if service.is_essential)
    return [service.code for service in sorted(essential, key=lambda service: service.issues_tokens)]


def monitored_services() -> list[str]:
    """The codes of those that /healthz reports: the essential ones, and optional ones that have an address."""
    optional = (service for service in _services.values() if service.optional_setting and not service.is_essential)
    return essential_services() + [service.code for service in optional if getattr(settings, service.optional_setting)]


def token_issuer() -> str:
    """The code of the service that issues tokens."""
    return next(service.code for service in _services.values() if service.issues_tokens)


def label_at_start(code: str) -> str:
    """What the service is called at the start of a sentence."""
    label = registered_service(code).label
    return label[:1].upper() + label[1:]
