"""The last search of a user, stored for a shift: in the cache, to avoid a transaction for each search."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from infrastructure.cache import safe_cache

if TYPE_CHECKING:
    from users.models import User

LIFETIME_S = 12 * 3600


def last_search_query(user: User) -> str:
    """Return the query string of the last search, or an empty string."""
    return safe_cache.read(_cache_key(user)) or ""


def save_last_search(user: User, typed: str) -> None:
    """Store `typed` as the last search. Writes only if it has changed."""
    query = urlencode({"runs": typed})
    if last_search_query(user) != query:
        safe_cache.write(_cache_key(user), query, LIFETIME_S)


def _cache_key(user: User) -> str:
    return f"openruns.last_search.{user.pk}"
