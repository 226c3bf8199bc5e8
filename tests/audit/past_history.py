"""SQL past CertHelper, as somebody with the password of the database would write it."""

from typing import Any

from django.db import connection


def sql(statement: str, *parameters: Any) -> None:
    """Run the statement; on PostgreSQL without triggers, as only a superuser can."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET session_replication_role = replica")
        cursor.execute(statement, parameters)
        if connection.vendor == "postgresql":
            cursor.execute("SET session_replication_role = DEFAULT")
