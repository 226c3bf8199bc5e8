"""One opened form and whose it is, signed: what may be kept of it needs no other proof, not even a session."""

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
    """A form opened by one person (key of their account) for one reconstruction of one run.

    `address` opens the same form again; `opened_ms` is when, in ms since 1970; `key` tells it from the person's others.
    `restored_key` is the key of the draft that was put into it, `restored_at` (ISO) of when that draft was then.
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
        """The form token as text for a hidden field."""
        return signing.dumps(astuple(self), salt=_SALT, compress=True)

    @property
    def opened_at(self) -> datetime:
        return datetime.fromtimestamp(self.opened_ms / 1000, UTC)

    def restoring_address(self, key: str = "") -> str:
        """The address that opens the form with a draft in it: this form token's, or the one named."""
        return f"{self.address}{'&' if '?' in self.address else '?'}draft={key or self.key}"

    def is_of(self, user_id: int, run_number: int, reconstruction: str) -> bool:
        return (self.user_id, self.run_number, self.reconstruction) == (user_id, run_number, reconstruction)


def is_form_key(text: str) -> bool:
    """Whether this can be the key of a form token: an address may carry anything."""
    return _FORM_KEY.fullmatch(text) is not None


def read_form_token(text: str) -> FormToken | None:
    """The form token that `signed` made, or None when it is not one of ours, or older than drafts are kept."""
    try:
        return FormToken(*signing.loads(text, salt=_SALT, max_age=DRAFT_RETENTION))
    except (signing.BadSignature, TypeError, ValueError):
        return None
