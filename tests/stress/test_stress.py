"""The short version of `python -m tests.stress`, on the database of the test suite."""

import subprocess
import sys

import pytest
from django.db import connection

from tests import postgres
from tests.proof import IS_FULL, scaled
from tests.stress.site import ROOT

PATIENCE_S = scaled(300, 1800)
# Eight are as many as the server has threads. Fewer submissions than 20 could be killed without cutting anybody off.
HANDS, SUBMISSIONS = str(scaled(8, 50)), str(scaled(20, 200))


@pytest.mark.skipif(
    connection.vendor == "sqlite" and bool(postgres.programs()) and not IS_FULL,
    reason="on PostgreSQL; on SQLite in `make prove`",
)
@pytest.mark.django_db  # for the suite on PostgreSQL to know that it is about the database
def test_concurrent_users_and_a_killed_server_lose_no_text_and_leave_no_partial_record():
    database = {"postgresql": "postgres"}.get(connection.vendor, "sqlite")
    command = [
        sys.executable,
        "-m",
        "tests.stress",
        "--database",
        database,
        "--hands",
        HANDS,
        "--submissions",
        SUBMISSIONS,
    ]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"one 303, {int(HANDS) - 1} times 409" in run.stdout
    assert f"{SUBMISSIONS} records, none twice, none changed" in run.stdout
