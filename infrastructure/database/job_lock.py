"""Locks of long jobs: at a time one process does a job on a database, from whatever machine and directory it runs."""

from __future__ import annotations

import contextlib
import fcntl
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING

from django.conf import settings
from django.db import DatabaseError, connection

if TYPE_CHECKING:
    from collections.abc import Iterator

_NAMESPACE = "certhelper"  # of the advisory locks of PostgreSQL, which are those of one database


@contextmanager
def job_lock(name: str) -> Iterator[bool]:
    """Try to get the lock of this job without waiting; yields whether it was free. One query on PostgreSQL, else none.

    The lock ends with the process or, on PostgreSQL, with the connection. Raises `OSError` if the lock file cannot be
    opened.
    """
    with _file_lock(_lock_path(name)) as is_free:
        if is_free and connection.vendor == "postgresql":
            with _advisory_lock(name) as is_free_elsewhere:
                yield is_free_elsewhere
        else:
            yield is_free


def _lock_path(name: str) -> Path:
    """Return a path beside an SQLite database; of others in `VAR_DIR`, by their address."""
    database = connection.settings_dict
    if connection.vendor == "sqlite" and not connection.is_in_memory_db():  # type: ignore[attr-defined]
        return Path(f"{database['NAME']}.{name}.lock")
    address = "\0".join(str(database[key]) for key in ("HOST", "PORT", "NAME"))
    return Path(settings.VAR_DIR) / f"{name}-{sha256(address.encode()).hexdigest()[:12]}.lock"


@contextmanager
def _file_lock(path: Path) -> Iterator[bool]:
    with path.open("w") as lock_file:
        try:
            fcntl.flock(lock_file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True


@contextmanager
def _advisory_lock(name: str) -> Iterator[bool]:
    """Lock the name in the session of PostgreSQL; one session gets the same lock twice, so a file lock comes first."""
    is_free = _select("SELECT pg_try_advisory_lock(hashtext(%s), hashtext(%s))", name)
    try:
        yield is_free
    finally:
        if is_free:
            with contextlib.suppress(DatabaseError):  # it has ended with a connection that was lost
                _select("SELECT pg_advisory_unlock(hashtext(%s), hashtext(%s))", name)


def _select(query: str, name: str) -> bool:
    with connection.cursor() as cursor:
        cursor.execute(query, [_NAMESPACE, name])
        return bool(cursor.fetchone()[0])
