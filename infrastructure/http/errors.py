"""What can go wrong with an outside service, each with one sentence for a person.

`service` is whom we asked; `source` is who failed: a token that the CERN sign-in does not give fails the call to OMS.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from infrastructure.http.services import APV, CERTIFICATION_CALLS, REGISTRY, service_label_at_start

# What one does meanwhile, of those that give no values that could be typed.
FALLBACKS = {REGISTRY: "Certify without it", APV: "Go on without it", CERTIFICATION_CALLS: "Go on without it"}
TRY_AGAIN = "{meanwhile}, or try again."
TELL_ADMINISTRATOR = "{meanwhile}, and tell the administrator."


def advice_for(service: str, advice: str = TRY_AGAIN) -> str:
    """The advice in the words that fit the service that was asked."""
    return advice.format(meanwhile=FALLBACKS.get(service, "Type the missing values"))


class RemoteError(Exception):
    """A service gave no usable answer. `is_outage`: the next call would most likely fail too."""

    is_outage: bool = True
    advice: str = TRY_AGAIN
    reason: str = "failed"

    def __init__(self, service: str, sentence: str, *, source: str = "") -> None:
        super().__init__(sentence)
        self.service = service
        self.source = source or service
        self.sentence = sentence


class _TemplatedError(RemoteError):
    """An error whose sentence is made from what happened and what to do next."""

    reason_template: ClassVar[str]

    def __init__(self, service: str, *, source: str = "", **details: object) -> None:
        self.reason = self.reason_template.format(**details)
        happened = f"{service_label_at_start(source or service)} {self.reason}."
        super().__init__(service, f"{happened} {advice_for(service, self.advice)}", source=source)


class NotConfigured(_TemplatedError):
    """No address is set for the service."""

    is_outage = False
    reason_template = "has no address on this server ({setting} is empty)"
    advice = TELL_ADMINISTRATOR


class ConnectionFailed(_TemplatedError):
    """No connection: refused, no route, name unknown."""

    reason_template = "could not be connected to"


class ConnectionBroken(_TemplatedError):
    """The connection ended before the answer came, or before it was whole."""

    reason_template = "broke off the connection"


class UntrustedCertificate(_TemplatedError):
    """The TLS certificate is not one that we trust."""

    reason_template = "could not prove its identity (TLS certificate)"
    advice = TELL_ADMINISTRATOR


class TimedOut(_TemplatedError):
    """No answer, or not all of it, in the seconds allowed."""

    reason_template = "did not answer within {seconds} s"

    def __init__(self, service: str, *, seconds: float, source: str = "") -> None:
        super().__init__(service, source=source, seconds=f"{round(seconds, 1):g}")


class BudgetExhausted(TimedOut):
    """The page's time was used up before this call could start."""

    is_outage = False
    reason_template = "was not asked, because the time for this page was used up"


class CircuitOpen(_TemplatedError):
    """Not asked: it failed less than `BREAKER_SECONDS` ago, with this `reason`.

    Without `until` it failed for this very page, which then says so once.
    """

    is_outage = False
    reason_template = "{reason}{until}"

    def __init__(self, service: str, *, reason: str, advice: str, until: datetime | None, source: str = "") -> None:
        self.advice = advice
        words = f", and is left alone until {until:%H:%M:%S} UTC" if until else ""
        super().__init__(service, source=source, reason=reason, until=words)


class BadStatus(_TemplatedError):
    """An HTTP status that means failure; `body_start` is the start of the body, for the log."""

    reason_template = "answered with an error ({status})"

    def __init__(self, service: str, *, status: int, body_start: str = "", source: str = "") -> None:
        super().__init__(service, source=source, status=status)
        self.status = status
        self.body_start = body_start
        self.is_outage = status < 400 or status in (401, 403, 408, 429) or status >= 500


class AccessDenied(BadStatus):
    """401 or 403."""

    reason_template = "does not let CertHelper in ({status})"
    advice = TELL_ADMINISTRATOR


class Redirected(BadStatus):
    """3xx: usually to a sign-in page, which is how a proxy refuses a token."""

    reason_template = "sent CertHelper to a sign-in page ({status})"


class NotJson(_TemplatedError):
    """A body that is not JSON: a sign-in page, an error page, nothing, or half of something."""

    reason_template = "answered with something that is not data"


class WrongShape(_TemplatedError):
    """JSON without what it must have; `key` names it."""

    reason_template = "answered in an unknown form ({key})"

    def __init__(self, service: str, *, key: str, source: str = "") -> None:
        super().__init__(service, source=source, key=key)
        self.key = key


class NoToken(_TemplatedError):
    """The CERN sign-in answered, and gave no token."""

    reason_template = "gave CertHelper no access ({status})"
    advice = TELL_ADMINISTRATOR
