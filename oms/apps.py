import sqlite3
from typing import Any

from django.apps import AppConfig
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from infrastructure.http.services import register_service
from oms.service import OMS_SERVICE


def _allow_long_statements(connection: BaseDatabaseWrapper, **_: Any) -> None:
    """Use the parameter limit of the SQLite library instead of Django's fixed limit of 999.

    A hundred runs of forty columns are then stored with one statement, as on PostgreSQL. Django 6 does this itself.
    """
    if connection.vendor == "sqlite":
        limit = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = limit


class OmsConfig(AppConfig):
    name = "oms"
    verbose_name = "OMS"

    def ready(self) -> None:
        register_service(OMS_SERVICE)
        connection_created.connect(_allow_long_statements, dispatch_uid="oms.long-statements")
