"""The lock of a job excludes others on the same database, whatever their directory, and nobody on another one."""

import os
import subprocess
import sys
import threading

import pytest
from django.db import connection, connections

from infrastructure.database.job_lock import job_lock

TRY = """
import django
django.setup()
from infrastructure.database.job_lock import job_lock
with job_lock("job") as is_free:
    print("free" if is_free else "taken", flush=True)
    input()
"""


@pytest.mark.django_db
def test_second_one_is_refused_until_the_first_ends():
    with job_lock("job") as is_first:
        with job_lock("job") as is_second:
            assert (is_first, is_second) == (True, False)
        with job_lock("another job") as is_free:
            assert is_free
    with job_lock("job") as is_free:
        assert is_free


@pytest.fixture
def started():
    """Start a process that tries to get the lock and waits for a line; returns it with its answer."""
    processes = []

    def start(database, var_dir):
        environment = {
            **os.environ,
            "DATABASE_URL": database,
            "VAR_DIR": str(var_dir),
            "DJANGO_SETTINGS_MODULE": "certhelper.settings",
        }
        process = subprocess.Popen(
            [sys.executable, "-c", TRY], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        processes.append(process)
        return process, process.stdout.readline().strip()

    yield start
    for process in processes:
        process.communicate("\n")


def test_it_follows_the_database_file_and_not_the_directory(tmp_path, started):
    one, other = (f"sqlite:///{tmp_path}/{name}.sqlite3" for name in ("one", "other"))
    first, answer = started(one, tmp_path / "a")
    assert answer == "free"
    assert [started(*place)[1] for place in ((one, tmp_path / "b"), (other, tmp_path / "a"))] == ["taken", "free"]
    first.kill()
    first.wait()
    assert started(one, tmp_path / "c")[1] == "free"


@pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has the lock file beside the database")
@pytest.mark.django_db(transaction=True)
def test_directories_of_their_own_do_not_matter_on_postgresql(settings, tmp_path):
    answers = []

    def try_it():
        with job_lock("job") as is_free:
            answers.append(is_free)
        connections.close_all()

    for name in ("job", "another job"):
        with job_lock(name):
            settings.VAR_DIR = tmp_path / name
            settings.VAR_DIR.mkdir()
            thread = threading.Thread(target=try_it)
            thread.start()
            thread.join()
    assert answers == [False, True]
