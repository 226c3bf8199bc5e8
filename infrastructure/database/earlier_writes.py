"""Waits until all that other transactions wrote before a time can be read."""

from __future__ import annotations

import time

from django.db import connection, transaction

_PAUSE_SECONDS = 0.02


def wait_for_earlier_writes(seconds: float) -> bool:
    """Wait until the transactions that are writing now have ended; return whether they did within `seconds`.

    A row that is written with the time of its writing cannot be read before its transaction has ended. After this, what
    is read as of the time of the call stays so. Inside of a transaction nothing is waited for.
    """
    if connection.in_atomic_block:
        return True
    if connection.vendor != "postgresql":
        with transaction.atomic():  # SQLite: begins immediately, which waits for the only writer
            return True
    return _wait_on_postgresql(time.monotonic() + seconds)


def _wait_on_postgresql(deadline: float) -> bool:
    """Wait until no transaction is in progress that wrote before."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_current_xact_id()::text::bigint")  # larger than that of each in progress
        limit = cursor.fetchone()[0]
        while True:
            cursor.execute("SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint")
            if cursor.fetchone()[0] >= limit:
                return True
            if time.monotonic() > deadline:
                return False
            time.sleep(_PAUSE_SECONDS)
