"""What was typed in training is practice: marked for those who are in training, as far as it was typed since then."""

from django.conf import settings
from django.db import migrations, models
from django.db.models import F


def mark_what_was_typed_in_training(apps, _schema_editor):
    typed = apps.get_model("reports", "DayNote").objects.filter(user__in_training=True)
    typed.filter(updated_at__gte=F("user__training_since")).update(is_practice=True)


class Migration(migrations.Migration):
    dependencies = [
        ("reports", "0002_weeknote"),
        ("users", "0003_training"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="daynote",
            name="is_practice",
            field=models.BooleanField(default=False, editable=False, help_text="Typed in training."),
        ),
        migrations.RemoveConstraint(model_name="daynote", name="one_note_per_day_and_person"),
        migrations.AddConstraint(
            model_name="daynote",
            constraint=models.UniqueConstraint(
                fields=["day", "user", "is_practice"], name="one_note_per_day_and_person"
            ),
        ),
        migrations.RunPython(mark_what_was_typed_in_training, migrations.RunPython.noop),
    ]
