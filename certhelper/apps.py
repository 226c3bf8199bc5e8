from django.apps import AppConfig

from certhelper.web.form_messages import use_our_sentences


class CerthelperConfig(AppConfig):
    name = "certhelper"
    verbose_name = "CertHelper"

    def ready(self) -> None:
        use_our_sentences()
