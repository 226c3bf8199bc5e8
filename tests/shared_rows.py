"""Rows that the tests of a module share: created once, and unchanged at the start of each test.

Each test runs in a savepoint of the transaction of its module, so this is for modules without transactional tests. The
sequences of the factories begin again with each test: a test that creates more rows names them itself.
"""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING

from django.db import transaction

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pytest_django import DjangoDbBlocker


@contextlib.contextmanager
def shared_rows(blocker: DjangoDbBlocker) -> Iterator[None]:
    """A transaction that is rolled back at the end, for a fixture with the scope of a module."""
    with blocker.unblock(), transaction.atomic():
        yield
        transaction.set_rollback(True)
