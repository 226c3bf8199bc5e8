"""How the database is emptied after a test with transactions of its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.management.commands import flush
from django.test import TransactionTestCase

if TYPE_CHECKING:
    from collections.abc import Iterator

# What `migrate` fills. To fill them anew after each test takes twenty times as long as to empty the others.
STATIC_TABLES = frozenset({"django_content_type", "auth_permission", "history_digestformat"})


def _statements(_style: Any, connection: Any, **options: bool) -> list[str]:
    """The statements that empty all tables but the static ones."""
    tables = connection.introspection.django_table_names(only_existing=True, include_views=False)
    others = [table for table in tables if table not in STATIC_TABLES]
    statements: list[str] = connection.ops.sql_flush(_style, others, **options)
    return statements


@pytest.fixture(scope="session", autouse=True)
def _static_tables_stay() -> Iterator[None]:
    """Keep the rows that depend on the migrations alone, and send no signal that would write them."""
    empty_database = TransactionTestCase._fixture_teardown

    def teardown(test: TransactionTestCase) -> None:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(flush, "sql_flush", _statements)
            patch.setattr(flush, "emit_post_migrate_signal", lambda *_args, **_options: None)
            empty_database(test)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(TransactionTestCase, "_fixture_teardown", teardown)
        yield
