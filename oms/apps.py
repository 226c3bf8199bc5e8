import sqlite3

from django.apps import AppConfig
from django.db.backends.signals import connection_created

from infrastructure.http.services import register_service
from oms.service import OMS_SERVICE


def _allow_long_statements(connection, **_):
    """Let SQLite take as many values in one statement as it can, not the 999 of old builds.

    Storing a hundred runs of forty columns is then one statement, as it is on PostgreSQL. Django 6 does so by itself.
    """
    if connection.vendor == "sqlite":
        most = connection.connection.getlimit(sqlite3.SQLITE_LIMIT_VARIABLE_NUMBER)
        connection.features.max_query_params = most


class OmsConfig(AppConfig):
    name = "oms"
    verbose_name = "OMS"

    def ready(self):
        register_service(OMS_SERVICE)
        connection_created.connect(_allow_long_statements, dispatch_uid="oms.long-statements")
