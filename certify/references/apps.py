from django.apps import AppConfig

from certify.references.service import APV_SERVICE
from infrastructure.http.services import register_service


class ReferencesConfig(AppConfig):
    name = "certify.references"
    label = "references"
    verbose_name = "References"

    def ready(self) -> None:
        register_service(APV_SERVICE)
