"""The trigger of PostgreSQL that refuses to change or delete rows of append-only tables (migration 0002)."""

from __future__ import annotations

from typing import Any

from django.apps import apps
from django.db import connections

from audit.models import AppendOnlyModel

_UNPROTECTED = """
SELECT relname FROM pg_class
WHERE relname = ANY(%s) AND relkind = 'r' AND pg_table_is_visible(oid) AND to_regproc('history_stays') IS NOT NULL
AND NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgrelid = pg_class.oid AND tgname = 'history_stays')
"""


def protect_tables(using: str, **_rest: Any) -> None:
    """Give each append-only table the trigger, unless it has it; after each migration."""
    connection = connections[using]
    if connection.vendor != "postgresql":
        return
    tables = [model._meta.db_table for model in apps.get_models() if issubclass(model, AppendOnlyModel)]
    with connection.cursor() as cursor:
        cursor.execute(_UNPROTECTED, [tables])
        for (table,) in cursor.fetchall():
            cursor.execute(
                f"CREATE TRIGGER history_stays BEFORE UPDATE OR DELETE ON {connection.ops.quote_name(table)} "
                "FOR EACH ROW EXECUTE FUNCTION history_stays()"
            )
