"""Selects tests: which are slow, and which run again on PostgreSQL."""

import gc
from pathlib import Path

from django.db import connection

from tests.proof import IS_FULL

TESTS = Path(__file__).parent
# What `make check` leaves to `make test`: long proofs, the whole of something, processes and browsers of their own.
SLOW = (
    *("audit/test_thousand.py", "certhelper/admin/", "certhelper/home/test_training_apart.py"),
    *("certhelper/test_checks.py", "certhelper/test_demo.py", "certhelper/test_serve.py", "certhelper/test_work.py"),
    *("certify/actions/test_concurrent.py", "certify/imports/", "certify/references/", "contracts/", "e2e/", "faults/"),
    *("fuzz/", "history_pages/", "infrastructure/http/test_circuit_breaker.py", "oms/lumisections/test_whole_world.py"),
    *("oms/test_whole_world.py", "openruns/", "registry/", "reports/", "sandbox/", "shiftleader/", "stress/"),
    *("test_access_table.py", "test_architecture.py", "test_hardening.py", "test_rights.py", "test_sweeps.py"),
    *("tools/", "upgrade/", "users/sso/"),
)
# What outside services do and how pages look is the same on both databases: only `make prove` runs it on PostgreSQL.
OF_SQLITE = (
    *("certhelper/admin/", "certhelper/home/", "certhelper/web/", "certify/editor/", "certify/ranges/", "faults/"),
    *("openruns/", "registry/", "reports/slides/", "sandbox/", "users/sso/"),
)


def pytest_collection_finish():
    """Keep what is imported by now out of every garbage collection of the tests."""
    gc.collect()
    gc.freeze()


def pytest_collection_modifyitems(config, items):
    """Marks what is slow.

    On PostgreSQL, all that touches the database; what does not, and what is marked `once`, SQLite's run shows.
    """
    for item in items:
        if _is_in(item, SLOW) or "[10000]" in item.name:
            item.add_marker("slow")
    if connection.vendor == "sqlite":
        return
    once = () if IS_FULL else OF_SQLITE
    again = [item for item in items if _touches_database(item) and not _is_in(item, once)]
    again = [item for item in again if not item.get_closest_marker("once")]
    config.hook.pytest_deselected(items=[item for item in items if item not in set(again)])
    items[:] = again


def _is_in(item, places):
    return item.path.relative_to(TESTS).as_posix().startswith(places)


def _touches_database(item) -> bool:
    return bool(item.get_closest_marker("django_db")) or not {"db", "transactional_db"}.isdisjoint(item.fixturenames)
