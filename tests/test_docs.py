"""What the documents name exists: links, commands, files, addresses, folders."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest
from django.core.management import get_commands
from django.urls import Resolver404, resolve

from tests.test_architecture import packages

ROOT = Path(__file__).resolve().parent.parent
DOCUMENTS = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# Under `make run` the sandbox answers these, and the front page of a copy on another port.
NOT_OURS = re.compile(r"^/(registry|oms|sso|_sandbox|agg|Prompt|Express|etc|tmp)")


def _found(pattern: str, document: Path) -> set[str]:
    return set(re.findall(pattern, document.read_text(encoding="utf-8")))


@pytest.fixture(params=DOCUMENTS, ids=lambda path: path.name)
def document(request) -> Path:
    return request.param


def test_links_have_existing_targets(document):
    links = {link.split("#")[0] for link in _found(r"\]\(([^)]+)\)", document) if not link.startswith("http")}
    assert {link for link in links if link and not (document.parent / link).exists()} == set()


def test_make_targets_exist(document):
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    assert _found(r"(?:`|^    )make ([a-z]+)", document) - targets == set()


def test_commands_exist(document):
    assert _found(r"manage\.py ([a-z_]+)", document) - set(get_commands()) == set()


def test_files_exist(document):
    named = _found(
        r"`((?:api|audit|certhelper|certify|drafts|golden|history_pages|infrastructure|listruns|oms|openruns|registry|registry_sync|reports|sandbox|shiftleader|tests|tools|users|\.ci)/[\w./]*)`",
        document,
    )
    assert {name for name in named if not (ROOT / name).exists()} == set()


def test_addresses_are_answered(document):
    unknown = set()
    for address in _found(r"`(/[a-zA-Z_]+/?)`", document):
        try:
            resolve(address)
        except Resolver404:
            unknown |= set() if NOT_OURS.match(address) else {address}
    assert unknown == set()


def test_architecture_shows_every_folder():
    shown = _found(r"\| `(\w+)/` \|", ROOT / "docs/architecture.md")
    assert shown == set(packages())


def test_changelog_names_the_current_version(settings):
    assert f"## {settings.VERSION}" in (ROOT / "docs/changelog.md").read_text(encoding="utf-8")


def test_documents_fit_a_line_of_120_characters(document):
    long = [line[:60] for line in document.read_text(encoding="utf-8").splitlines() if len(line) > 120]
    assert [line for line in long if not line.startswith("|")] == []


def _tests_in(path: Path) -> set[str]:
    nodes = ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if path.exists() else ()
    return {node.name for node in nodes if isinstance(node, ast.FunctionDef) and node.name.startswith("test_")}


def test_each_threat_names_tests_that_exist():
    rows = (ROOT / "docs/threat-model.md").read_text(encoding="utf-8").splitlines()
    rows = [row for row in rows if row.startswith("| ") and not row.startswith("| threat |")]
    named = {row: re.findall(r"`([\w/]+\.py)::(\w+)`", row) for row in rows}
    assert len(rows) > 30
    assert [row for row, tests in named.items() if not tests] == []
    missing = {
        f"{path}::{name}" for tests in named.values() for path, name in tests if name not in _tests_in(ROOT / path)
    }
    assert missing == set()
