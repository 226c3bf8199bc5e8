"""The kinds of change are registered by the apps: no column and no row changes."""

from django.db import migrations, models

import audit.choices


class Migration(migrations.Migration):
    dependencies = [("history", "0010_operation_labels")]

    operations = [
        migrations.AlterField(
            model_name="change",
            name="kind",
            field=models.CharField(choices=audit.choices.change_kind_choices, max_length=10),
        )
    ]
