from django.apps import AppConfig

from certhelper.web.form_messages import install_form_messages


class CerthelperConfig(AppConfig):
    name = "certhelper"
    verbose_name = "CertHelper"

    def ready(self) -> None:
        install_form_messages()
