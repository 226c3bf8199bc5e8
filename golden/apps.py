"""The app `golden`."""

from django.apps import AppConfig


class GoldenConfig(AppConfig):
    """Policies, files of good runs, and why a lumisection is in or out."""

    name = "golden"
    label = "golden"
    verbose_name = "Golden JSON"
