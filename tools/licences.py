"""`python -m tools.licences`: write docs/licences.md, the licence of each pinned package from its own metadata."""

from __future__ import annotations

import re
from importlib.metadata import Distribution, distribution
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "licences.md"
PIN = re.compile(r"^([A-Za-z0-9_.-]+)==(\S+)", re.MULTILINE)
HEAD = """# Licences

What each pinned package says of its own licence. Made by `make licences`; a test compares it with the lock files.
CertHelper itself is under the [MIT licence](../LICENSE). htmx (0BSD) comes inside django-htmx.
"""


def pins(lock: str) -> dict[str, str]:
    """Name and version of each package in a lock file."""
    return dict(PIN.findall((ROOT / lock).read_text(encoding="utf-8")))


def licence_of(name: str) -> str:
    """The licence as the installed package states it; raises LookupError where it states none."""
    package = distribution(name)
    for stated in _statements(package):
        if stated := stated.strip():
            return stated
    raise LookupError(f"{name} states no licence: read its source, and say it in tools/licences.py.")


def _statements(package: Distribution) -> Iterator[str]:
    """The statements of a package about its licence, the most precise first."""
    metadata = package.metadata
    yield metadata["License-Expression"] or ""
    short = metadata["License"] or ""
    yield short if len(short) <= 40 and "\n" not in short else ""
    classifiers = [text for text in metadata.get_all("Classifier") or [] if text.startswith("License")]
    names = [text.rpartition(" :: ")[2] for text in classifiers]
    yield ", ".join(name for name in names if name != "OSI Approved")
    for file in package.files or []:
        if file.name.upper().startswith(("LICENSE", "LICENCE", "COPYING")):
            yield _first_line(file.read_text(encoding="utf-8"))


def _first_line(text: str) -> str:
    lines = (line.strip() for line in text.splitlines())
    return next((line for line in lines if line), "")


def _markdown_table(names: dict[str, str]) -> str:
    rows = [f"| {name} | {version} | {licence_of(name)} |" for name, version in sorted(names.items())]
    return "\n".join(["| package | version | licence |", "|---|---|---|", *rows])


def page() -> str:
    """The whole page."""
    server, tools = pins("requirements.lock"), pins("tests/requirements.lock")
    only_tools = {name: version for name, version in tools.items() if name not in server}
    tables = f"## On the server\n\n{_markdown_table(server)}\n\n## For tests and tools\n\n{_markdown_table(only_tools)}"
    return f"{HEAD}\n{tables}\n"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
