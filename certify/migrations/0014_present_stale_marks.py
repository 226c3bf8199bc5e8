"""The present marks *stale*, each from the time at which it was set; earlier ones were not stored."""

from django.db import migrations

BATCH = 500


def store_present(apps, _schema_editor):
    mark = apps.get_model("certify", "StaleMark")
    certifications = apps.get_model("certify", "TrackerCertification")._base_manager
    stale = certifications.filter(stale_since__isnull=False).order_by("stale_since", "pk")
    columns = stale.values_list("pk", "stale_since", "stale")
    marks = [mark(certification_id=pk, at=since, differences=differences) for pk, since, differences in columns]
    mark._base_manager.bulk_create(marks, batch_size=BATCH)


class Migration(migrations.Migration):
    dependencies = [("certify", "0013_stale_marks")]
    operations = [migrations.RunPython(store_present, migrations.RunPython.noop)]
