"""What the workers of one machine tell each other, through Django's cache on disk.

A cache that cannot be read or written costs what was in it, never a page: an entry may be damaged, or left behind by
another release whose classes have changed since.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)


def read(key: str) -> Any:
    """What is kept under the key; None where nothing is, or nothing that can be read, which is then removed."""
    try:
        return cache.get(key)
    except Exception:
        logger.warning("The cache entry %s cannot be read and is removed", key, exc_info=True)
        delete(key)
        return None


def read_many(keys: Iterable[str]) -> dict[str, Any]:
    """What is kept under those of the keys that can be read."""
    return {key: value for key in keys if (value := read(key)) is not None}


def write(key: str, value: Any, seconds: float | None) -> None:
    """Keep the value for so many seconds (None: for ever)."""
    try:
        cache.set(key, value, timeout=seconds)
    except OSError:
        logger.exception("The cache entry %s could not be written", key)


def delete(key: str) -> None:
    """Keep nothing under the key any more."""
    try:
        cache.delete(key)
    except OSError:
        logger.exception("The cache entry %s could not be removed", key)
