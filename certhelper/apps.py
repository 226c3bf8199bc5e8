from django.apps import AppConfig


class CerthelperConfig(AppConfig):
    name = "certhelper"
    verbose_name = "CertHelper"
