from django.apps import AppConfig


class CertifyConfig(AppConfig):
    name = "certify"
    verbose_name = "Certify"

    def ready(self) -> None:
        from certify.vocabulary import forget_on_change

        forget_on_change()
