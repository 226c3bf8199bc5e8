from django.db import migrations


class Migration(migrations.Migration):

    dependencies = [
        ('registrysync', '0004_registrypull_listed_upto_sending_changed_since_and_more'),
    ]

    operations = [
        migrations.RenameField(
            model_name='registrywrite',
            old_name='seen',
            new_name='found',
        ),
    ]
