"""Helpers that read the list: rows, errors, exports."""

from __future__ import annotations

import csv
import io
import json
import re

from certify.models import RunReconstruction, TrackerCertification
from oms.models import OmsRun
from tests.certify.page_form import GOOD

ROW = re.compile(r'<tr data-pk="(\d+)" data-run="(\d+)" data-reco="(\w+)"')


def keys(answer) -> list[int]:
    """The primary keys of the rows, in order; the response must be a page."""
    assert answer.status_code == 200
    return [int(key) for key, _run, _reco in ROW.findall(answer.content.decode())]


def rows(client, **query) -> list[int]:
    return keys(client.get("/list/", query))


def exported_json(client, **query) -> list[dict]:
    answer = client.get("/list/", {**query, "export": "json"})
    assert answer["Content-Type"] == "application/json"
    return json.loads(answer.getvalue())


def exported_csv(client, **query) -> list[dict]:
    answer = client.get("/list/", {**query, "export": "csv"})
    assert answer["Content-Type"].startswith("text/csv")
    return list(csv.DictReader(io.StringIO(answer.getvalue().decode())))


def create_certifications(number, user, reference, **more):
    """Create this number of certifications of distinct runs, in a few statements."""
    runs = OmsRun.objects.bulk_create(OmsRun(run_number=400000 + i, run_type="collisions") for i in range(number))
    recos = RunReconstruction.objects.bulk_create(RunReconstruction(run=run, reconstruction="express") for run in runs)
    flags = {**GOOD, "run_type": "collisions"}
    return TrackerCertification.objects.bulk_create(
        TrackerCertification(
            runreconstruction=reco, user=user, reference_runreconstruction=reference, **{**flags, **more}
        )
        for reco in recos
    )
