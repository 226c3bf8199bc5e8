from django.apps import AppConfig


class ReferencesConfig(AppConfig):
    name = "certify.references"
    label = "references"
    verbose_name = "References"
