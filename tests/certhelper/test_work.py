"""`manage.py work`: serves requests within seconds, survives a failing job, and runs once at a time."""

import os
import signal
import subprocess
import sys
import threading
from dataclasses import replace
from io import StringIO

import pytest
from django.core.management import call_command

from certhelper.management.commands import work
from certify.ranges.models import LumisectionRequest
from certify.ranges.requests import leave_requests
from infrastructure.database.job_lock import job_lock
from registry_sync.sender import SenderResult


@pytest.mark.django_db
def test_once_serves_what_was_requested(sandbox):
    leave_requests([(315270, "")])
    call_command("work", once=True)
    assert not LumisectionRequest.objects.exists()


@pytest.mark.django_db
def test_failing_job_is_logged_and_the_others_run(caplog, monkeypatch):
    done = []
    jobs = (work.Job("broken", 1, lambda: 1 / 0), work.Job("sound", 1, lambda: done.append(1)))
    monkeypatch.setattr(work, "JOBS", jobs)
    call_command("work", once=True)
    assert done == [1]
    assert "The job broken failed" in caplog.text


@pytest.mark.django_db
def test_second_worker_says_so_and_ends():
    out = StringIO()
    with job_lock("work"):
        call_command("work", stdout=out)
    assert out.getvalue() == "Another worker is running. Nothing done.\n"


@pytest.mark.skipif(sys.platform != "linux", reason="threads have a priority of their own on Linux alone")
def test_reading_of_histograms_yields_to_everything_else(monkeypatch):
    found = {}

    def run() -> None:
        name = threading.current_thread().name
        found[name] = os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
        stopping.set()

    for is_yielding in (True, False):
        stopping = threading.Event()
        monkeypatch.setattr(work, "_stopping", stopping)
        thread = threading.Thread(target=work._repeat, args=(work.Job("", 1, run, yields=is_yielding),))
        thread.name = str(is_yielding)
        thread.start()
        thread.join()
    assert found == {"True": work.LOW_PRIORITY, "False": os.getpriority(os.PRIO_PROCESS, 0)}
    assert [job.name for job in work.JOBS if job.yields] == ["histograms"]


@pytest.mark.parametrize(
    ("result", "seconds"),
    [
        (SenderResult(), 2),
        (SenderResult(done=3, stopped="The time is up. The rest is sent later."), 2),
        (SenderResult(stopped="A request without an answer can still be done."), 10),
        (None, 10),  # the job has failed
    ],
    ids=["idle", "sending", "waiting", "failed"],
)
def test_run_registry_is_looked_at_less_often_while_nothing_can_be_sent(result, seconds):
    (job,) = (job for job in work.JOBS if job.name == "run registry")
    assert work.run_job(replace(job, run=lambda: result)) == seconds


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_worker_ends_in_order_when_it_is_told_to(tmp_path, number):
    environment = {**os.environ, "DATABASE_URL": f"sqlite:///{tmp_path}/work.sqlite3", "VAR_DIR": str(tmp_path)}
    program = subprocess.Popen([sys.executable, "manage.py", "work"], env=environment, stderr=subprocess.PIPE)
    # Its first job fails without tables, which it logs: it has begun to work.
    assert program.stderr is not None
    while b"The job lumisections failed" not in program.stderr.readline():
        assert program.poll() is None
    program.send_signal(number)
    program.stderr.read()
    assert program.wait() == 0
