"""Certifications that were there before history was kept: their first row, dated when they came to say what they say."""

from django.db import migrations
from django.utils import timezone

PROBLEMS = ("pixel_problems", "strip_problems", "tracking_problems")


def keep_as_found(apps, schema_editor):
    certification = apps.get_model("certify", "TrackerCertification")
    after = apps.get_model("history", "HistoricalTrackerCertification")
    kept = {field.attname for field in after._meta.concrete_fields}
    columns = [field.attname for field in certification._meta.concrete_fields if field.attname in kept]
    rows = certification.objects.order_by("pk").prefetch_related(*PROBLEMS)
    if not rows.exists():
        return
    change = apps.get_model("history", "Change").objects.create(at=timezone.now(), kind="found", by_name="as found")
    after.objects.bulk_create(
        [
            after(
                **{name: getattr(row, name) for name in columns},
                many={name: sorted(one.pk for one in getattr(row, name).all()) for name in PROBLEMS},
                change=change,
                history_date=row.updated_at,
                history_type="+",
            )
            for row in rows
        ],
        batch_size=500,
    )


class Migration(migrations.Migration):
    dependencies = [("history", "0002_never_changed")]
    operations = [migrations.RunPython(keep_as_found, migrations.RunPython.noop)]
