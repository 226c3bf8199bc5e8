"""Cache entries of a release with classes that no longer exist."""

import pickle
import zlib
from pathlib import Path

from django.core.cache import cache


def make_unreadable() -> None:
    """Leave every entry of the cache in place, with a value of a class that does not exist."""
    files = list(Path(cache._dir).glob("*.djcache"))
    assert files
    for file in files:
        file.write_bytes(pickle.dumps(None) + zlib.compress(b"cinfrastructure.http.circuit_breaker\nGone\n."))
