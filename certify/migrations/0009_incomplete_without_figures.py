"""Live certifications without lumisections or luminosity are incomplete, so that the refresh fills them in.

Earlier versions took an answer of OMS without these figures for complete. As in `oms.completeness`, the run type is
that of the run, and cosmics need no luminosity. Version, time of the last change and history stay.
"""

from typing import Any

from django.db import migrations
from django.db.models import Q


def mark_incomplete(apps: Any, _schema_editor: Any) -> None:
    rows = apps.get_model("certify", "TrackerCertification").objects.filter(state="live", is_practice=False)
    lacks_lumi = Q(recorded_lumi=None) & ~Q(runreconstruction__run__run_type="cosmics")
    lacking = rows.filter(Q(lumisections=None) | lacks_lumi, external_info_complete=True)
    lacking.update(external_info_complete=False)


class Migration(migrations.Migration):
    dependencies = [("certify", "0008_like_express"), ("oms", "0002_run_type_from_hlt_key")]
    operations = [migrations.RunPython(mark_incomplete, migrations.RunPython.noop)]
