"""Values of outside services that were left out, as text for people."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Sequence

MAX_LENGTH = 80
MAX_LISTED = 10


def short_text(value: Any) -> str:
    """Return a string as it is and anything else as JSON, cut off, without NUL characters and lone surrogates."""
    text = value if isinstance(value, str) else json.dumps(value)
    text = text.replace("\x00", "").encode("utf-8", "replace").decode("utf-8")
    return text if len(text) <= MAX_LENGTH else f"{text[:MAX_LENGTH]}…"


def listed(texts: Sequence[str]) -> str:
    """Join the first texts, and say how many more there are."""
    more = len(texts) - MAX_LISTED
    return "; ".join(texts[:MAX_LISTED]) + (f"; and {more} more" if more > 0 else "")
