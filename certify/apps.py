from django.apps import AppConfig
from django.db.models.signals import post_save


class CertifyConfig(AppConfig):
    name = "certify"
    verbose_name = "Certify"

    def ready(self) -> None:
        from certify.models import RunReconstruction
        from certify.selectors import forget_references
        from certify.vocabulary import forget_on_change

        forget_on_change()
        post_save.connect(forget_references, sender=RunReconstruction, dispatch_uid="references.saved")
