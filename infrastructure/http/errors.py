"""What can go wrong with an outside service, each with one sentence for a person.

`service` is whom we asked; `source` is who failed: a token that the CERN sign-in does not give fails the call to OMS.
"""

from __future__ import annotations

from datetime import datetime
from typing import ClassVar

from infrastructure.http.services import APV, CALLS, REGISTRY, label_at_start

# What one does meanwhile, of those that give no values that could be typed.
MEANWHILE = {REGISTRY: "Certify without it", APV: "Go on without it", CALLS: "Go on without it"}
TRY_AGAIN = "{meanwhile}, or try again."
TELL = "{meanwhile}, and tell the administrator."


def advice_for(service: str, advice: str = TRY_AGAIN) -> str:
    """The advice in the words that fit the service that was asked."""
    return advice.format(meanwhile=MEANWHILE.get(service, "Type the missing values"))


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


class _Told(RemoteError):
    """An error whose sentence is made from what happened and what to do next."""

    happened: ClassVar[str]

    def __init__(self, service: str, *, source: str = "", **details: object) -> None:
        self.reason = self.happened.format(**details)
        happened = f"{label_at_start(source or service)} {self.reason}."
        super().__init__(service, f"{happened} {advice_for(service, self.advice)}", source=source)


class NotConfigured(_Told):
    """No address is set for the service."""

    is_outage = False
    happened = "has no address on this server ({setting} is empty)"
    advice = TELL


class Refused(_Told):
    """No connection: refused, no route, name unknown."""

    happened = "could not be connected to"


class BrokenOff(_Told):
    """The connection ended before the answer came, or before it was whole."""

    happened = "broke off the connection"


class Untrusted(_Told):
    """The TLS certificate is not one that we trust."""

    happened = "could not prove its identity (TLS certificate)"
    advice = TELL


class TimedOut(_Told):
    """No answer, or not all of it, in the seconds allowed."""

    happened = "did not answer within {seconds} s"

    def __init__(self, service: str, *, seconds: float, source: str = "") -> None:
        super().__init__(service, source=source, seconds=f"{round(seconds, 1):g}")


class NotAsked(TimedOut):
    """The page's time was used up before this call could start."""

    is_outage = False
    happened = "was not asked, because the time for this page was used up"


class LeftAlone(_Told):
    """Not asked: it failed less than `BREAKER_SECONDS` ago, with this `reason`.

    Without `until` it failed for this very page, which then says so once.
    """

    is_outage = False
    happened = "{reason}{until}"

    def __init__(self, service: str, *, reason: str, advice: str, until: datetime | None, source: str = "") -> None:
        self.advice = advice
        words = f", and is left alone until {until:%H:%M:%S} UTC" if until else ""
        super().__init__(service, source=source, reason=reason, until=words)


class BadStatus(_Told):
    """An HTTP status that means failure; `said` is the start of the body, for the log."""

    happened = "answered with an error ({status})"

    def __init__(self, service: str, *, status: int, said: str = "", source: str = "") -> None:
        super().__init__(service, source=source, status=status)
        self.status = status
        self.said = said
        self.is_outage = status < 400 or status in (401, 403, 408, 429) or status >= 500


class Denied(BadStatus):
    """401 or 403."""

    happened = "does not let CertHelper in ({status})"
    advice = TELL


class Redirected(BadStatus):
    """3xx: usually to a sign-in page, which is how a proxy refuses a token."""

    happened = "sent CertHelper to a sign-in page ({status})"


class NotJson(_Told):
    """A body that is not JSON: a sign-in page, an error page, nothing, or half of something."""

    happened = "answered with something that is not data"


class WrongShape(_Told):
    """JSON without what it must have; `key` names it."""

    happened = "answered in an unknown form ({key})"

    def __init__(self, service: str, *, key: str, source: str = "") -> None:
        super().__init__(service, source=source, key=key)
        self.key = key


class NoToken(_Told):
    """The CERN sign-in answered, and gave no token."""

    happened = "gave CertHelper no access ({status})"
    advice = TELL
