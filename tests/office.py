"""LibreOffice, if installed: slides as it renders them."""

from __future__ import annotations

import re
import shutil
import subprocess
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

LACKING = "no LibreOffice Impress and pdftotext found. On Debian: apt-get install libreoffice-impress poppler-utils."
_WORD = re.compile(r'yMax="([\d.]+)">(.*?)</word>')


def programs() -> tuple[str, str] | None:
    """The programs, or None where one of them is missing."""
    office, text = shutil.which("soffice"), shutil.which("pdftotext")
    return (office, text) if office and text else None


def words_by_page(file: Path) -> list[list[tuple[str, float]]]:
    """Each word of each slide, with its bottom edge (pt)."""
    found = programs()
    assert found
    profile = f"-env:UserInstallation=file://{file.parent}/profile"
    command = [found[0], profile, "--headless", "--convert-to", "pdf", "--outdir", str(file.parent), str(file)]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    pdf = file.with_suffix(".pdf")
    subprocess.run([found[1], "-bbox", str(pdf), str(pdf.with_suffix(".html"))], check=True, timeout=60)
    pages = pdf.with_suffix(".html").read_text(encoding="utf-8").split("<page ")[1:]
    return [[(word, float(bottom)) for bottom, word in _WORD.findall(page)] for page in pages]
