"""Errors of outside services. Each has a reason and an advice for the user.

`service`: the service that was requested. `source`: the service that failed, which differs if no token was issued.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, ClassVar

from infrastructure.http.services import label_at_start, registered_service

if TYPE_CHECKING:
    from datetime import datetime

TRY_AGAIN = "{fallback}, or try again."
TELL_ADMINISTRATOR = "{fallback}, and tell the administrator."
_UNTIL = re.compile(r", and is not queried until [\d:]+ UTC")


def advice_for(service: str, template: str = TRY_AGAIN) -> str:
    """What to do next: a sentence that fits the service that was asked."""
    return template.format(fallback=registered_service(service).fallback)


class RemoteError(Exception):
    """A service gave no usable answer.

    `is_outage`: the next call would most likely fail too. `predicate`: what the source did, without its name.
    """

    is_outage: bool = True
    advice_template: str = TRY_AGAIN
    predicate_template: ClassVar[str] = "failed"

    def __init__(self, service: str, *, source: str = "", **details: object) -> None:
        self.service = service
        self.source = source or service
        self.predicate = self.predicate_template.format(**details)
        super().__init__(self.sentence)

    @property
    def reason(self) -> str:
        """What happened, without a full stop: the source answered with an error (500)."""
        return f"{label_at_start(self.source)} {self.predicate}"

    @property
    def advice(self) -> str:
        """What to do next, a sentence: Type the missing values, or try again."""
        return advice_for(self.service, self.advice_template)

    @property
    def sentence(self) -> str:
        """The reason and the advice."""
        return f"{self.reason}. {self.advice}"

    def for_service(self, service: str) -> RemoteError:
        """The same failure of the same source, for a call to another service."""
        error = RemoteError(service, source=self.source)
        error.predicate, error.advice_template = self.predicate, self.advice_template
        return error


class NotConfigured(RemoteError):
    """No address is set for the service."""

    is_outage = False
    predicate_template = "has no address on this server ({setting} is empty)"
    advice_template = TELL_ADMINISTRATOR


class ConnectionFailed(RemoteError):
    """No connection: refused, no route, name unknown."""

    predicate_template = "could not be connected to"


class ConnectionBroken(RemoteError):
    """The connection ended before the answer came, or before it was whole."""

    predicate_template = "broke off the connection"


class UntrustedCertificate(RemoteError):
    """The TLS certificate is not one that we trust."""

    predicate_template = "could not prove its identity (TLS certificate)"
    advice_template = TELL_ADMINISTRATOR


class TimedOut(RemoteError):
    """No answer, or not all of it, in the seconds allowed."""

    predicate_template = "did not answer within {seconds} s"

    def __init__(self, service: str, *, seconds: float, source: str = "") -> None:
        super().__init__(service, source=source, seconds=f"{round(seconds, 1):g}")


class BudgetExhausted(TimedOut):
    """The time budget of the page was used up before this call."""

    is_outage = False
    predicate_template = "was not queried, because the time for this page was used up"


class StartedTooLate(BudgetExhausted):
    """The call was not made: its latest start had passed, such as while a token was requested."""

    predicate_template = "was not queried, because it was too late for this call"


def without_end_of_outage(sentence: str) -> str:
    """Return the sentence without the time until which a service is not queried, for places that name another time."""
    return _UNTIL.sub("", sentence)


class CircuitOpen(RemoteError):
    """Not requested, because it failed less than `BREAKER_SECONDS` ago with this `predicate`.

    Without `until` it failed during this page, which reports the failure once.
    """

    is_outage = False
    predicate_template = "{predicate}{until}"

    def __init__(
        self, service: str, *, predicate: str, advice_template: str, until: datetime | None, source: str = ""
    ) -> None:
        self.advice_template = advice_template
        words = f", and is not queried until {until:%H:%M:%S} UTC" if until else ""
        super().__init__(service, source=source, predicate=predicate, until=words)


class BadStatus(RemoteError):
    """An HTTP status that means failure; `body_start` is the start of the body, for the log."""

    predicate_template = "answered with an error ({status})"

    def __init__(self, service: str, *, status: int, body_start: str = "", source: str = "") -> None:
        super().__init__(service, source=source, status=status)
        self.status = status
        self.body_start = body_start
        self.is_outage = status < 400 or status in (401, 403, 408, 429) or status >= 500


class AccessDenied(BadStatus):
    """401 or 403."""

    predicate_template = "does not let CertHelper in ({status})"
    advice_template = TELL_ADMINISTRATOR


class Redirected(BadStatus):
    """3xx: usually to a sign-in page, which is how a proxy refuses a token."""

    predicate_template = "sent CertHelper to a sign-in page ({status})"


class NotJson(RemoteError):
    """A body that is not JSON: a sign-in page, an error page, an empty or truncated body."""

    predicate_template = "answered with something that is not data"


class TooLarge(RemoteError):
    """A body of more bytes than the call allows. Other calls may be answered."""

    is_outage = False
    predicate_template = "answered with too much data (more than {megabytes} MB)"

    def __init__(self, service: str, *, limit: int, source: str = "") -> None:
        super().__init__(service, source=source, megabytes=f"{limit / 1e6:g}")


class WrongShape(RemoteError):
    """JSON without a required value; `key` names it."""

    predicate_template = "answered in an unknown form ({key})"

    def __init__(self, service: str, *, key: str, source: str = "") -> None:
        super().__init__(service, source=source, key=key)
        self.key = key


class NoToken(RemoteError):
    """The issuer of tokens answered without a token."""

    predicate_template = "gave CertHelper no access ({status})"
    advice_template = TELL_ADMINISTRATOR
