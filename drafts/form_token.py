"""Signed token of one opened form and its user. It authorizes saving a draft without a session."""

from __future__ import annotations

import re
import uuid
from dataclasses import astuple, dataclass, field
from datetime import UTC, datetime

from django.core import signing

from drafts.models import DRAFT_RETENTION

_SALT = "drafts.sheet"
_FORM_KEY = re.compile(r"[0-9a-f]{32}")


def _now_ms() -> int:
    return int(datetime.now(UTC).timestamp() * 1000)


@dataclass(frozen=True)
class FormToken:
    """A form opened by one user for one reconstruction of one run.

    `address` is the URL that opens the form again, `opened_ms` the time of opening in ms since 1970, `key` identifies
    the opened form. `restored_key` is the key of the draft that was restored into the form, `restored_at` the
    `saved_at` of that draft (ISO 8601).
    """

    user_id: int
    run_number: int
    reconstruction: str
    address: str
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    opened_ms: int = field(default_factory=_now_ms)
    restored_key: str = ""
    restored_at: str = ""

    def signed(self) -> str:
        """Return the signed token as text for a hidden field."""
        return signing.dumps(astuple(self), salt=_SALT, compress=True)

    @property
    def opened_at(self) -> datetime:
        """Return the time of opening (UTC)."""
        return datetime.fromtimestamp(self.opened_ms / 1000, UTC)

    def restoring_address(self, key: str = "") -> str:
        """Return the URL that opens the form with the draft `key`, by default the draft of this form."""
        return f"{self.address}{'&' if '?' in self.address else '?'}draft={key or self.key}"

    def is_of(self, user_id: int, run_number: int, reconstruction: str) -> bool:
        """Return whether the form belongs to this user, run and reconstruction."""
        return (self.user_id, self.run_number, self.reconstruction) == (user_id, run_number, reconstruction)


def is_form_key(text: str) -> bool:
    """Return whether the text has the format of `FormToken.key`. URLs can contain anything."""
    return _FORM_KEY.fullmatch(text) is not None


def read_form_token(text: str) -> FormToken | None:
    """Return the form token from its signed text, or None if it is invalid or older than `DRAFT_RETENTION`."""
    try:
        return FormToken(*signing.loads(text, salt=_SALT, max_age=DRAFT_RETENTION))
    except (signing.BadSignature, TypeError, ValueError):
        return None
