from django.apps import AppConfig

from dials.service import DIALS_SERVICE
from infrastructure.http.services import register_service


class DialsConfig(AppConfig):
    name = "dials"
    verbose_name = "DIALS"

    def ready(self) -> None:
        register_service(DIALS_SERVICE)
