"""The parameter `as_of` of the list: certifications as of a given time (certify/as_of.py)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

from django.core.exceptions import BadRequest

if TYPE_CHECKING:
    from django.http import HttpRequest

AS_OF = "as_of"


def requested_moment(request: HttpRequest) -> datetime | None:
    """Return the time of the parameter `as_of`, in UTC if it has no zone, or None. Raises `BadRequest` if invalid."""
    text = request.GET.get(AS_OF, "").strip()
    if not text:
        return None
    try:
        moment = datetime.fromisoformat(text.replace(" ", "+") if "T" in text else text)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadRequest("as_of cannot be read. Give a time such as 2026-05-01T12:00Z.") from None
