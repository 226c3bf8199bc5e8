"""The short version of `python -m tests.stress.outbox`, on the database of the test suite."""

import subprocess
import sys

import pytest
from django.db import connection

from tests import postgres
from tests.proof import IS_FULL, scaled
from tests.stress.site import ROOT

PATIENCE_S = scaled(400, 3600)
ROWS, KILLS = str(scaled(15, 500)), str(scaled(2, 50))


@pytest.mark.skipif(
    connection.vendor == "sqlite" and bool(postgres.programs()) and not IS_FULL,
    reason="on PostgreSQL; on SQLite in `make prove`",
)
@pytest.mark.django_db  # for the suite on PostgreSQL to know that it is about the database
@pytest.mark.parametrize("late", [[], ["--late"]], ids=["killed", "killed after a late answer"])
def test_killed_sender_leaves_no_wrong_receipt(late):
    database = {"postgresql": "postgres"}.get(connection.vendor, "sqlite")
    options = ["--database", database, "--rows", ROWS, "--kills", KILLS, *late]
    command = [sys.executable, "-m", "tests.stress.outbox", *options]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=PATIENCE_S, check=False)
    assert run.returncode == 0, run.stdout + run.stderr
    assert f"{ROWS} rows" in run.stdout and "0 wrong receipts" in run.stdout
    assert "two senders: the second says that another one sends" in run.stdout
    assert ("a sender that loses its connection ends" in run.stdout) == (database == "postgres")
