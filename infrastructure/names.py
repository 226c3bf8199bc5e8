"""Names that people give, such as those of reasons: equal-looking ones are one."""

from __future__ import annotations

import unicodedata

_INVISIBLE = frozenset({"Cc", "Cf"})  # control and format characters: zero width, soft hyphen, direction marks


def clean_name(text: str) -> str:
    """Return the name composed (NFC), without invisible characters, with single spaces."""
    spaced = " ".join(text.split())
    visible = "".join(character for character in spaced if unicodedata.category(character) not in _INVISIBLE)
    return unicodedata.normalize("NFC", " ".join(visible.split()))


def name_key(text: str) -> str:
    """Return the text by which two names are equal: cleaned, and without case."""
    return clean_name(clean_name(text).casefold())
