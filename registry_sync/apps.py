"""The app `registry_sync`."""

from django.apps import AppConfig


class RegistrySyncConfig(AppConfig):
    """Sends certifications to Run Registry."""

    name = "registry_sync"
    label = "registrysync"
    verbose_name = "Sending to Run Registry"
