"""The last save of a person, stored in their session: the line that the next pages show, until the next save."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from drafts.actions import typed_fields

if TYPE_CHECKING:
    from django.http import HttpRequest

    from certify.models import TrackerCertification
    from users.access import SignedInRequest

_SESSION_KEY = "last_save"
_MAX_TYPED_LENGTH = 50_000  # characters; a longer form is not restored by an undo
# The pages that show the line: those to which a save leads.
_NAMESPACES = {"certify", "listruns", "openruns"}


@dataclass(frozen=True)
class LastSave:
    """A saved certification, and its change in the history. `verb`: "saved" or "changed".

    `verdict`: with what is out, such as "good, 21 of 1364 LS and 3.268 /pb out".
    `typed`: the urlencoded form of a new certification, so that an undo opens it again as it was filled in.
    """

    change: int
    certification: int
    name: str
    verb: str
    verdict: str
    is_practice: bool
    typed: str = ""


def remember_save(request: SignedInRequest, certification: TrackerCertification, verb: str) -> None:
    """Store the change that this request has made in the session of its person.

    A request that changed nothing (a form sent twice, or saved in another tab) leaves the last save of the same
    certification and removes that of another.
    """
    change = certification.recorded_change
    if change is None:
        last = last_save_of(request)
        if last and last.certification != certification.pk:
            forget_save(request)
        return
    typed = typed_fields(request.POST) if verb == "saved" else ""
    save = LastSave(
        change=change.pk,
        certification=certification.pk,
        name=str(certification),
        verb=verb,
        verdict=", ".join(filter(None, (certification.verdict.label.lower(), certification.out.text))),
        is_practice=certification.is_practice,
        typed=typed if len(typed) <= _MAX_TYPED_LENGTH else "",
    )
    request.session[_SESSION_KEY] = asdict(save)


def last_save_of(request: HttpRequest) -> LastSave | None:
    """Return the last save of the session, or None. One stored with other fields by an earlier version is removed."""
    stored = request.session.get(_SESSION_KEY)
    try:
        return LastSave(**stored) if stored else None
    except TypeError:
        forget_save(request)
        return None


def forget_save(request: HttpRequest) -> None:
    request.session.pop(_SESSION_KEY, None)


def last_save_to_show(request: HttpRequest) -> LastSave | None:
    """Return the last save for the pages to which a save leads; None elsewhere."""
    place = request.resolver_match
    is_shown = place is not None and (place.namespace in _NAMESPACES or place.url_name == "home")
    return last_save_of(request) if is_shown and hasattr(request, "session") else None
