from django.apps import AppConfig

from certhelper import checks  # noqa: F401 - registers the system checks
from certhelper.web.form_messages import install_form_messages


class CerthelperConfig(AppConfig):
    name = "certhelper"
    verbose_name = "CertHelper"

    def ready(self) -> None:
        install_form_messages()
