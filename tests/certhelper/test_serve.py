"""`manage.py serve`, which `make run` starts: it reports when it is ready, and stops all its processes."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
import requests

from certhelper.process_group import ProcessGroup
from certhelper.static_files import collect_changed_static_files
from tests.proof import IS_FULL

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]
PATIENCE_S = 60


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _is_taken(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


class ServedCopy:
    """One copy of the product on ports of its own."""

    def __init__(self, folder: Path) -> None:
        self.port, self.sandbox_port = _free_port(), _free_port()
        own = {"PORT": self.port, "SANDBOX_PORT": self.sandbox_port, "WORKERS": 1, "VAR_DIR": folder}
        clean = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
        self.environment = {**clean, "CERTHELPER_MODE": "sandbox", **{name: str(value) for name, value in own.items()}}

    def start(self) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, ROOT / "manage.py", "serve"],
            env=self.environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def wait_until_ready(self, process: subprocess.Popen[str]) -> None:
        lines = []
        for line in process.stdout or ():
            lines.append(line)
            if line == f"Ready: http://127.0.0.1:{self.port}/\n":
                return
        raise AssertionError("".join(lines))

    def is_gone(self) -> bool:
        deadline = time.monotonic() + PATIENCE_S
        while (_is_taken(self.port) or _is_taken(self.sandbox_port)) and time.monotonic() < deadline:
            time.sleep(0.05)
        return not _is_taken(self.port) and not _is_taken(self.sandbox_port)


@pytest.fixture
def copy(tmp_path) -> ServedCopy:
    return ServedCopy(tmp_path)


@pytest.fixture(scope="module")
def restarted_copy(tmp_path_factory) -> Iterator[ServedCopy]:
    """A copy that was started, interrupted and started again; it is terminated after the tests of the module."""
    copy = ServedCopy(tmp_path_factory.mktemp("served"))
    for end in (signal.SIGINT, signal.SIGTERM):
        process = copy.start()
        copy.wait_until_ready(process)
        if end == signal.SIGTERM:
            yield copy
        process.send_signal(end)
        assert process.wait(PATIENCE_S) == 0
        assert copy.is_gone()


def test_serve_reports_ready_keeps_its_data_and_stops_all_processes(restarted_copy):
    """The fixture stops the processes, and fails if one is left."""
    site = f"http://127.0.0.1:{restarted_copy.port}"
    page = requests.get(f"{site}/accounts/login/", timeout=10)
    assert page.status_code == 200
    style = page.text.split('rel="stylesheet" href="')[1].split('"')[0]
    assert requests.get(f"{site}{style}", timeout=10).status_code == 200
    assert len(requests.get(f"{site}/certify/allRunsRefRuns/", timeout=10).json()) == 86


def test_address_with_thousands_of_runs_gets_a_page_of_this_site(restarted_copy):
    site, browser = f"http://127.0.0.1:{restarted_copy.port}", requests.Session()
    token = (
        browser.get(f"{site}/accounts/login/", timeout=10)
        .text.split('name="csrfmiddlewaretoken" value="')[1]
        .split('"')[0]
    )
    sent = {"username": "shifter", "password": "shifter", "csrfmiddlewaretoken": token}
    assert browser.post(f"{site}/accounts/login/", sent, timeout=10).url == f"{site}/"
    runs = ", ".join(map(str, range(316000, 322000, 2)))
    for address, name in (("/search/", "run"), ("/openruns/", "runs"), ("/list/", "runs"), ("/summary/", "runs")):
        page = browser.get(site + address, params={name: runs}, timeout=10)
        assert page.status_code in (200, 422), address
        assert "These are 3000 runs" in page.text and "at most 100" in page.text, address
    page = browser.get(f"{site}/search/", params={"run": runs * 30}, timeout=10)
    assert page.status_code == 414
    assert "A search takes at most 100 runs" in page.text


def test_serve_refuses_a_port_that_is_taken_and_names_it(copy):
    with socket.socket() as other:
        other.bind(("127.0.0.1", copy.port))
        other.listen()
        process = copy.start()
        stdout, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert f"Port {copy.port} is taken" in stdout


def test_serve_names_both_ports_when_both_are_taken(copy):
    with socket.socket() as first, socket.socket() as second:
        for listener, port in ((first, copy.port), (second, copy.sandbox_port)):
            listener.bind(("127.0.0.1", port))
            listener.listen()
        process = copy.start()
        output, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert f"Port {copy.port} is taken. Port {copy.sandbox_port} is taken." in output
    assert f"PORT={copy.port + 1} SANDBOX_PORT={copy.sandbox_port + 1} make run" in output


def test_process_group_restores_the_signal_handlers():
    before = [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]
    with ProcessGroup():
        assert signal.getsignal(signal.SIGTERM) != before[1]
    assert [signal.getsignal(name) for name in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_process_group_ends_when_one_process_ends():
    with pytest.raises(ChildProcessError, match="short ended with code 3"), ProcessGroup() as group:
        group.start("long", ["sleep", "60"])
        group.start("short", ["sh", "-c", "exit 3"])
        members = list(group._members.values())
        group.watch()
    assert [member.poll() is not None for member in members] == [True, True]


@pytest.mark.parametrize(("code", "message"), [(0, "needed ended with code 4"), (3, "worker ended with code 3")])
def test_process_group_goes_on_without_a_worker_that_ended_in_order(code, message):
    with pytest.raises(ChildProcessError, match=message), ProcessGroup() as group:
        group.start("worker", ["sh", "-c", f"exit {code}"], may_end=True)
        worker = group._members["worker"]
        worker.wait()
        if code == 0:
            group.check()
            group.start("needed", ["sh", "-c", "exit 4"])
        group.watch()


PROCESS_GROUP_SCRIPT = """
from certhelper.process_group import ProcessGroup
with ProcessGroup() as family:
    family.start("long", ["sleep", "60"])
    print(*[one.pid for one in family._members.values()], flush=True)
    family.watch()
"""


@pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")
@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL], ids=lambda number: number.name)
def test_process_group_ends_when_only_make_is_signalled(tmp_path, end):
    (tmp_path / "members.py").write_text(PROCESS_GROUP_SCRIPT)
    (tmp_path / "Makefile").write_text(f"run:\n\t@exec env PYTHONPATH={ROOT} {sys.executable} members.py\n")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("MAKE")}
    make = subprocess.Popen(
        # A shell lets commands in the background ignore interrupts, and so what they start.
        ["env", "--default-signal=INT", "make", "--no-print-directory", "run"],
        cwd=tmp_path,
        env=clean,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    member = int(make.stdout.readline())
    make.send_signal(end)
    make.wait(PATIENCE_S)
    deadline = time.monotonic() + PATIENCE_S
    while Path(f"/proc/{member}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not Path(f"/proc/{member}").exists()
    make.stdout.close()


INVALID = [
    *(("DATABASE_URL", value) for value in ("postgres://me:hidden@h:x/y", "mysql://me:hidden@there/x", "nonsense")),
    *(("WORKERS", value) for value in ("0", "-1", "two", "1.5")),
    *((name, value) for name in ("PORT", "SANDBOX_PORT") for value in ("abc", "0", "70000")),
]


# Each is a process of its own: in `make test` every third.
@pytest.mark.parametrize(("name", "value"), INVALID if IS_FULL else INVALID[::3])
def test_serve_refuses_an_invalid_value_and_names_the_variable(copy, name, value):
    copy.environment[name] = value
    process = copy.start()
    stdout, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert stdout.startswith(f"Not started. {name} is ")
    assert stdout.count("\n") == 1
    assert "hidden" not in stdout


def test_serve_reports_an_unreachable_database(copy):
    copy.environment["DATABASE_URL"] = f"postgres://me:hidden@127.0.0.1:{_free_port()}/nothing"
    process = copy.start()
    stdout, _ = process.communicate(timeout=PATIENCE_S)
    assert process.returncode != 0
    assert "Check DATABASE_URL" in stdout
    assert "Traceback" not in stdout and "hidden" not in stdout
    assert copy.is_gone()


def test_static_files_are_collected_only_after_a_change(settings, tmp_path):
    settings.STATIC_ROOT, settings.STATICFILES_DIRS = tmp_path / "collected", [tmp_path / "ours"]
    style = tmp_path / "ours" / "style.css"
    style.parent.mkdir()
    style.write_text("a {}")
    collect_changed_static_files()
    collected = settings.STATIC_ROOT / "style.css"
    collected.unlink()
    collect_changed_static_files()
    assert not collected.exists()
    style.write_text("a { color: red }")
    collect_changed_static_files()
    assert collected.read_text() == "a { color: red }"
    style.unlink()
    (style.parent / "new.css").write_text("b {}")
    collect_changed_static_files()
    assert (settings.STATIC_ROOT / "new.css").exists()
