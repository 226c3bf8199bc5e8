# Labels of operation kinds on the history page; no column changes.

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('history', '0009_word_edited'),
    ]

    operations = [
        migrations.AlterField(
            model_name='change',
            name='kind',
            field=models.CharField(choices=[('certify', 'Certified'), ('amend', 'Changed'), ('withdraw', 'Withdrawn'), ('restore', 'Restored'), ('hand_over', 'Handed over'), ('facts', 'Facts typed'), ('confirm', 'Facts confirmed'), ('adopt', 'Reference adopted'), ('promote', 'Promoted to reference'), ('retire', 'Reference retired'), ('words', 'Reason, problem or checklist edited'), ('ask', 'Asked'), ('answer', 'Answered'), ('review', 'Reviewed'), ('training', 'Training'), ('account', 'Account or role'), ('note', 'Note on a week'), ('setting', 'Setting'), ('undo', 'Undone'), ('found', 'As found'), ('other', 'Other')], max_length=10),
        ),
    ]
