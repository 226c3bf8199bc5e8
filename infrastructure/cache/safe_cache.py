"""Data that the workers of one machine share, in Django's cache on disk.

Errors of the cache are treated as missing entries: an entry can be damaged, or contain classes of another release.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from django.core.cache import cache

if TYPE_CHECKING:
    from collections.abc import Iterable

logger = logging.getLogger(__name__)


def read(key: str) -> Any:
    """The value of the key, or None. An unreadable entry is deleted."""
    try:
        return cache.get(key)
    except Exception:
        logger.warning("The cache entry %s cannot be read and is removed", key, exc_info=True)
        delete(key)
        return None


def read_many(keys: Iterable[str]) -> dict[str, Any]:
    """The values of the keys, without missing and unreadable ones."""
    return {key: value for key in keys if (value := read(key)) is not None}


def write(key: str, value: Any, seconds: float | None) -> None:
    """Store the value for so many seconds (None: without expiry)."""
    try:
        cache.set(key, value, timeout=seconds)
    except OSError:
        logger.exception("The cache entry %s could not be written", key)


def delete(key: str) -> None:
    """Delete the entry."""
    try:
        cache.delete(key)
    except OSError:
        logger.exception("The cache entry %s could not be removed", key)
