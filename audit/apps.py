from django.apps import AppConfig
from django.db.models.signals import post_migrate


class AuditConfig(AppConfig):
    name = "audit"
    label = "history"  # tables and migrations keep the name they were made under
    verbose_name = "History"

    def ready(self) -> None:
        from audit.digests import store_present_formats
        from audit.operation import watch_many_to_many
        from audit.triggers import protect_tables

        post_migrate.connect(store_present_formats, sender=self)
        post_migrate.connect(protect_tables, sender=self)
        watch_many_to_many()
