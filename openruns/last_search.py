"""A person's last search, kept for a shift: in the cache on disk, since in the database it would be a transaction."""

from __future__ import annotations

from urllib.parse import urlencode

from infrastructure.cache import safe_cache
from users.models import User

LIFETIME_S = 12 * 3600


def last_search_query(user: User) -> str:
    """The query string of it; empty where there is none."""
    return safe_cache.read(_cache_key(user)) or ""


def save_last_search(user: User, typed: str) -> None:
    """From now on `typed` is the last one; the same again costs no write."""
    query = urlencode({"runs": typed})
    if last_search_query(user) != query:
        safe_cache.write(_cache_key(user), query, LIFETIME_S)


def _cache_key(user: User) -> str:
    return f"openruns.last_search.{user.pk}"
