"""The structure of the code: packages named in the import contracts, short modules, unique class names.

Who may import whom is checked by import-linter (`.importlinter`, run by `make lint`).
"""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections import Counter
from configparser import ConfigParser
from pathlib import Path

import pytest

from tools.draw_packages import layers

ROOT = Path(__file__).resolve().parent.parent
FORBIDDEN_NAMES = ("util", "helper", "common", "misc", "manager")
MODULE_LINES, TEMPLATE_LINES, CONFTEST_LINES = 300, 150, 150
FUNCTION_LINES, MEDIAN_FUNCTION_LINES = 50, 10
# Django looks these up by name.
REPEATED_CLASSES = {"Command", "Migration"}


def packages() -> list[str]:
    """The top-level packages that the import contracts name."""
    contracts = ConfigParser()
    contracts.read(ROOT / ".importlinter", encoding="utf-8")
    return contracts["importlinter"]["root_packages"].split()


def modules(package: str) -> list[Path]:
    """The modules of a package without its migrations."""
    return [path for path in (ROOT / package).rglob("*.py") if "migrations" not in path.parts]


def product_modules() -> list[Path]:
    """The modules of everything that runs in production, and of the sandbox."""
    return [path for package in packages() if package != "tools" for path in modules(package)]


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def test_contracts_name_every_package():
    """As a root package, and, but for the two that stand apart, in its layer."""
    assert {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests"} == set(packages())
    in_layers = {name for line in layers("packages") for name in line}
    assert set(packages()) - in_layers == {"sandbox", "tools"}


def test_upward_import_is_detected(tmp_path):
    """The contracts are read, and notice an import that points upwards."""
    for package in packages():
        (tmp_path / package).mkdir()
        (tmp_path / package / "__init__.py").touch()
    (tmp_path / "oms" / "late.py").write_text("def late():\n    from certify import models\n")
    (tmp_path / "certify" / "models.py").touch()
    contracts = (ROOT / ".importlinter").read_text(encoding="utf-8")
    first = contracts.index("[importlinter:contract:packages]")
    first_contract = contracts[: contracts.index("[importlinter:contract:", first + 1)].split("ignore_imports")[0]
    (tmp_path / ".importlinter").write_text(first_contract, encoding="utf-8")
    command = [str(Path(sys.executable).with_name("lint-imports")), ".importlinter"]
    result = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert result.returncode == 1
    assert "oms.late -> certify.models" in result.stdout


def test_no_module_has_a_generic_name():
    assert [_name(path) for path in product_modules() if any(word in path.stem for word in FORBIDDEN_NAMES)] == []


def test_each_class_name_is_defined_once():
    names = Counter(
        node.name
        for path in product_modules()
        if not _name(path).startswith("sandbox")
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ClassDef) and node.name not in ("Meta", "Media")
    )
    assert {name for name, count in names.items() if count > 1} - REPEATED_CLASSES == set()


def _lengths(paths: list[Path], limit: int) -> list[str]:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{_name(path)}: {length} lines" for path, length in lines.items() if length > limit]


def test_modules_and_templates_stay_short():
    assert _lengths(product_modules(), MODULE_LINES) == []
    assert _lengths([*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")], TEMPLATE_LINES) == []
    assert _lengths([ROOT / "tests/conftest.py"], CONFTEST_LINES) == []


def function_lengths(paths: list[Path]) -> list[int]:
    """The lines of every function in these modules."""
    return [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in paths
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]


@pytest.mark.parametrize("package", packages())
def test_functions_stay_short(package):
    lengths = function_lengths(modules(package)) or [0]
    assert statistics.median(lengths) <= MEDIAN_FUNCTION_LINES
    assert max(lengths) <= FUNCTION_LINES
