from django.apps import AppConfig

from infrastructure.http.services import register_service
from registry.service import CALLS_SERVICE, REGISTRY_SERVICE


class RegistryConfig(AppConfig):
    name = "registry"
    verbose_name = "Run Registry"

    def ready(self) -> None:
        register_service(REGISTRY_SERVICE)
        register_service(CALLS_SERVICE)
