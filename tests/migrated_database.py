"""The migrated test database on SQLite, kept in a file: a process that finds it need not run the migrations again.

The file is named after what the migrations and models' apps say, so that a changed migration makes a new one.
"""

from __future__ import annotations

import hashlib
import os
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import django
import pytest
from django.apps import apps
from django.conf import settings
from django.db import connection

if TYPE_CHECKING:
    from collections.abc import Iterator


def migrated_file() -> Path:
    """The file of the database of these migrations."""
    digest = hashlib.sha256(f"{django.VERSION} {settings.INSTALLED_APPS}".encode())
    for app in sorted(apps.get_app_configs(), key=lambda config: config.label):
        for path in sorted(Path(app.path, "migrations").glob("*.py")):
            digest.update(path.name.encode() + path.read_bytes())
    return settings.BASE_DIR / "var" / f"migrated-{digest.hexdigest()[:16]}.sqlite3"


def _is_in_memory() -> bool:
    return connection.vendor == "sqlite" and connection.creation._get_test_db_name().startswith("file:memorydb")


@pytest.fixture(scope="session")
def django_db_modify_db_settings(django_db_modify_db_settings: None) -> Iterator[None]:
    """The database in memory as the file has it, before Django looks what is left to migrate."""
    if not (_is_in_memory() and migrated_file().exists()):
        yield
        return
    # A database in memory exists as long as a connection is open.
    with closing(sqlite3.connect(connection.creation._get_test_db_name(), uri=True)) as memory:
        with closing(sqlite3.connect(migrated_file())) as database:
            database.backup(memory)
        yield


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None, django_db_blocker: pytest.FixtureRequest) -> None:
    """Set up the databases as Django does, and store the result for the next process."""
    if connection.vendor != "sqlite" or migrated_file().exists():
        return
    part = migrated_file().with_suffix(f".{os.getpid()}")
    part.parent.mkdir(exist_ok=True)
    with django_db_blocker.unblock(), closing(sqlite3.connect(part)) as database:
        connection.ensure_connection()
        connection.connection.backup(database)
        database.execute("PRAGMA journal_mode = DELETE")  # a write-ahead log cannot be read into memory
    part.replace(migrated_file())
