"""The lumisections of runs as OMS gives them: read, stored as segments of equal detector bits."""

from django.apps import AppConfig


class LumisectionsConfig(AppConfig):
    name = "oms.lumisections"
    label = "lumisections"
    verbose_name = "OMS lumisections"
