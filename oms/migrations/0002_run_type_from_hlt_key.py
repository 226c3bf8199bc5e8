"""Stored runs without stable beam whose HLT key does not say cosmic are no cosmics any more: their type is unknown.

A typed run type stays. Certifications are not changed; those that rest on the earlier type are listed for shift leaders.
"""

from typing import Any

from django.db import migrations


def forget_earlier_rule(apps: Any, _schema_editor: Any) -> None:
    rows = apps.get_model("oms", "OmsRun").objects.filter(run_type="cosmics", stable_beam=False)
    rows = rows.exclude(hlt_key=None).exclude(hlt_key="").exclude(hlt_key__icontains="cosmic")
    rows.exclude(typed__has_key="run_type").update(run_type="unknown")


class Migration(migrations.Migration):
    dependencies = [("oms", "0001_initial")]
    operations = [migrations.RunPython(forget_earlier_rule, migrations.RunPython.noop)]
