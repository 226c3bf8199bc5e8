from django.apps import AppConfig


class AuditConfig(AppConfig):
    name = "audit"
    label = "history"  # tables and migrations keep the name they were made under
    verbose_name = "History"

    def ready(self) -> None:
        from audit.operation import watch_many_to_many

        watch_many_to_many()
