"""The last save of a person, stored in their session: the line that the next pages show, until the next save."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from certify.models import TrackerCertification
from drafts.actions import typed_fields

if TYPE_CHECKING:
    from django.http import HttpRequest

    from users.access import SignedInRequest

_SESSION_KEY = "last_save"
_MAX_TYPED_LENGTH = 50_000  # characters; a longer form is not restored by an undo
# The pages that show the line: those to which a save leads.
_NAMESPACES = {"certify", "listruns", "openruns"}


@dataclass(frozen=True)
class LastSave:
    """A saved certification, and its change in the history. `verb`: "saved" or "changed".

    `typed`: the urlencoded form of a new certification, so that an undo opens it again as it was filled in.
    """

    change: int
    certification: int
    name: str
    verb: str
    verdict: str
    typed: str = ""


def remember_save(request: SignedInRequest, certification: TrackerCertification, verb: str) -> None:
    """Store the save in the session of its person: one query."""
    history: Any = TrackerCertification.history
    change = history.filter(id=certification.pk).order_by("-pk").values_list("change", flat=True)[0]
    typed = typed_fields(request.POST) if verb == "saved" else ""
    save = LastSave(
        change=change,
        certification=certification.pk,
        name=str(certification),
        verb=f"{verb} as practice" if certification.is_practice else verb,
        verdict=certification.verdict.label.lower(),
        typed=typed if len(typed) <= _MAX_TYPED_LENGTH else "",
    )
    request.session[_SESSION_KEY] = asdict(save)


def last_save_of(request: HttpRequest) -> LastSave | None:
    """Return the last save of the session, or None."""
    stored = request.session.get(_SESSION_KEY)
    return LastSave(**stored) if stored else None


def forget_save(request: HttpRequest) -> None:
    request.session.pop(_SESSION_KEY, None)


def last_save_to_show(request: HttpRequest) -> LastSave | None:
    """Return the last save for the pages to which a save leads; None elsewhere."""
    place = request.resolver_match
    is_shown = place is not None and (place.namespace in _NAMESPACES or place.url_name == "home")
    return last_save_of(request) if is_shown and hasattr(request, "session") else None
