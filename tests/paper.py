"""The pages that a browser prints, as text."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LACKING = "no pdftotext found. On Debian: apt-get install poppler-utils."


def program() -> str | None:
    """pdftotext; None where it is missing."""
    return shutil.which("pdftotext")


def text_by_page(file: Path) -> list[str]:
    """The text of each page of a PDF."""
    found = program()
    assert found
    ran = subprocess.run([found, str(file), "-"], check=True, capture_output=True, text=True, timeout=60)
    return ran.stdout.split("\f")[:-1]
