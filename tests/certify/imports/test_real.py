"""Real certifications are imported and shown in every report without an error.

All 13,668 in `make prove`, which takes minutes; otherwise every twelfth run.
"""

import json
import math

import pytest
from django.core.management import call_command

from audit.models import Change
from certify.imports.importer import CHUNK
from shiftleader.parts.registry import PARTS
from tests.certify.imports.real import COLUMNS, as_csv, real_rows
from tests.proof import IS_FULL

pytestmark = [pytest.mark.django_db, pytest.mark.once]
ALL_DAYS = "from=2018-04-01&to=2019-12-31"
REPORTS = [
    "/",
    "/list/?state=live",
    "/list/?export=csv&state=live",
    "/list/?export=json&state=live",
    "/history/",
    "/history/?export=csv",
    "/references/",
    f"/shiftleader/?{ALL_DAYS}",
    f"/shiftleader/report/?{ALL_DAYS}",
    "/shiftleader/slides.pptx?week=2018-W20",
    "/shiftleader/slides.odp?week=2018-W20",
    "/summary/?date_min=2018-04-01&date_max=2019-12-31&user=everybody",
    "/openruns/?runs=315257-315267",
]


def test_real_certifications_are_imported_and_shown_in_every_report(admin, admin_client, tmp_path, sandbox):
    all_rows = real_rows()
    assert len(all_rows) == 13_668 and len({row[:2] for row in all_rows}) == 13_668
    rows = all_rows if IS_FULL else [row for row in all_rows if row[0] % 12 == 0]
    file = tmp_path / "certifications.csv"
    file.write_text(as_csv(rows), encoding="utf-8")
    call_command("import_certifications", file, by=admin.username, reason="from before", flags="good")
    entries = json.loads(admin_client.get("/certify/allRunsRefRuns/").getvalue())
    assert {tuple(entry[name] or "" for name in COLUMNS) for entry in entries} == set(rows)
    assert Change.objects.filter(why="from before").count() == math.ceil(len(rows) / CHUNK)
    for path in [*REPORTS, *(f"{part.url}?{ALL_DAYS}" for part in PARTS)]:
        response = admin_client.get(path, headers={"HX-Request": "true"} if "/part/" in path else {})
        size = sum(map(len, response.streaming_content)) if response.streaming else len(response.content)
        assert response.status_code == 200 and size, path
