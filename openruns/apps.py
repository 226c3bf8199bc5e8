from django.apps import AppConfig


class OpenrunsConfig(AppConfig):
    name = "openruns"
    verbose_name = "Open runs"
