from django.apps import AppConfig

from infrastructure.http.services import register_service
from users.sso.service import SSO_SERVICE


class UsersConfig(AppConfig):
    name = "users"
    verbose_name = "Users"

    def ready(self) -> None:
        register_service(SSO_SERVICE)
        from users import sessions  # noqa: F401 - connects its signal receiver
