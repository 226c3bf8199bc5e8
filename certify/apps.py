from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_save

from audit.signals import rows_restored
from drafts.content import register_draft_reader
from infrastructure.database.ignore_case import add_sqlite_function
from oms.lumisections.signals import lumisections_changed
from oms.signals import facts_changed


class CertifyConfig(AppConfig):
    name = "certify"
    verbose_name = "Certify"

    def ready(self) -> None:
        from certify.actions import lumisections
        from certify.editor.draft_content import DRAFT_READER
        from certify.facts.staleness import on_facts_changed, on_lumisections_changed, on_undone
        from certify.models import RunReconstruction, TrackerCertification
        from certify.references.offered import invalidate_datasets, invalidate_references
        from certify.vocabulary.cache import connect_cache_invalidation

        connection_created.connect(add_sqlite_function, dispatch_uid="certify.ignore-case")
        connect_cache_invalidation()
        register_draft_reader(DRAFT_READER)
        post_save.connect(invalidate_references, sender=RunReconstruction, dispatch_uid="references.saved")
        post_save.connect(invalidate_datasets, sender=TrackerCertification, dispatch_uid="references.certified")
        facts_changed.connect(on_facts_changed, dispatch_uid="certifications.stale")
        lumisections_changed.connect(lumisections.on_lumisections_changed, dispatch_uid="certifications.unseen")
        lumisections_changed.connect(on_lumisections_changed, dispatch_uid="certifications.stale.lumisections")
        rows_restored.connect(on_undone, dispatch_uid="certifications.stale.undone")
        rows_restored.connect(lumisections.on_undone, dispatch_uid="certifications.unseen.undone")
