"""`make` shows each package while it installs a lock file, and stops where pip fails."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[1] / "Makefile"
LOCK = "django==5.2 \\\n    --hash=sha256:00\nlxml==6.1 \\\n    --hash=sha256:00\n    # via python-pptx==1\n"


def _make(folder: Path, exit_code: int) -> subprocess.CompletedProcess[str]:
    """Run `make` for the runtime packages with a pip that prints what it does."""
    (folder / "requirements.lock").write_text(LOCK)
    (folder / ".venv/bin").mkdir(parents=True)
    (folder / ".venv/bin/python").write_text("#!/bin/sh\n")
    pip = folder / "pip"
    lines = (
        "Collecting django==5.2\\n  Downloading a.whl\\nProcessing /a/lxml-6.1.whl\\nInstalling collected packages\\n"
    )
    pip.write_text(f"#!/bin/sh\nprintf '{lines}'\nexit {exit_code}\n")
    pip.chmod(0o755)
    command = ["make", "-f", MAKEFILE, ".venv/requirements.lock", f"PIP={pip}"]
    # Without what `make test` hands to a make below it, which would print the folder it enters.
    clean = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS")}
    return subprocess.run(command, cwd=folder, env=clean, capture_output=True, text=True, check=False)


def test_each_package_is_one_line(tmp_path):
    done = _make(tmp_path, 0)
    assert done.stdout.splitlines() == [
        "Package 1 of 2: django==5.2",
        "Package 2 of 2: lxml-6.1.whl",
        "Installing them",
    ]
    assert (tmp_path / ".venv/requirements.lock").exists()


@pytest.mark.parametrize("exit_code", [1, 2])
def test_failing_pip_leaves_nothing_installed(tmp_path, exit_code):
    assert _make(tmp_path, exit_code).returncode != 0
    assert not (tmp_path / ".venv/requirements.lock").exists()
