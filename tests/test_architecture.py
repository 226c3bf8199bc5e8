"""The house keeps its shape: who may import whom, no drawers for leftovers, short modules, templates and functions."""

from __future__ import annotations

import ast
import statistics
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
# docs/architecture.md shows this table to people.
MAY_IMPORT = {
    "database": set(),
    "remote": set(),
    "history": set(),
    "users": {"database", "history", "remote"},
    "drafts": {"users"},
    "oms": {"database", "history", "remote"},
    "registry": {"remote"},
    "certify": {"database", "users", "drafts", "oms", "registry", "history", "remote"},
    "openruns": {"certify", "drafts", "users", "oms", "registry", "remote"},
    "review": {"certify", "users", "history"},
    "listruns": {"certify", "review", "drafts", "users", "oms", "registry", "history", "remote"},
    "changes": {"certify", "users", "oms", "history"},
    "references": {"certify", "users", "oms", "history", "remote"},
    "words": {"certify", "users", "history"},
    "reports": {"certify", "users", "oms", "history"},
    "shiftleader": {"reports", "review", "certify", "drafts", "users", "oms", "registry", "history", "remote"},
    "sandbox": set(),
    "certhelper": {
        *("remote", "history", "users", "drafts", "oms", "registry"),
        *("certify", "openruns", "review", "listruns", "changes", "references", "words", "reports", "shiftleader"),
    },
}
# Inside an app, top to bottom: a module imports its own layer and those below.
LAYERS = [
    {"urls"},
    {"views"},
    {"forms", "tables", "filters", "selectors", "actions"},
    {"models"},
    {"choices", "quality"},
]
DRAWERS = ("util", "helper", "common", "misc", "manager")
MODULE_LINES, TEMPLATE_LINES, CONFTEST_LINES, MEDIAN_FUNCTION_LINES = 300, 150, 150, 10


def _modules(folder: str) -> list[Path]:
    return [path for path in (ROOT / folder).rglob("*.py") if "migrations" not in path.parts]


def _our_modules() -> list[Path]:
    return [path for app in MAY_IMPORT for path in _modules(app)]


def _imports(path: Path) -> Iterator[str]:
    """Dotted names that a module imports, also inside functions; `from a import b` counts as a.b."""
    package = path.relative_to(ROOT).parent.parts
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module or "") if part)
            yield from (f"{module}.{name.name}" for name in node.names)


def _name(path: Path) -> str:
    return str(path.relative_to(ROOT))


def _layer(module: str) -> int | None:
    """The layer of a module of an app by its own name; None for what has a place of its own."""
    return next((place for place, names in enumerate(LAYERS) if module in names), None)


def _breaks_of_direction(path: Path) -> list[str]:
    app = path.relative_to(ROOT).parts[0]
    foreign = {name.split(".")[0] for name in _imports(path)} & set(MAY_IMPORT) - {app}
    return [f"{_name(path)} imports {other}" for other in sorted(foreign - MAY_IMPORT[app])]


def _breaks_of_layer(path: Path) -> list[str]:
    app, own = path.relative_to(ROOT).parts[0], _layer(path.stem)
    if own is None or len(path.relative_to(ROOT).parts) != 2:
        return []
    inside = {name.split(".")[1] for name in _imports(path) if name.startswith(f"{app}.")}
    above = sorted(module for module in inside if (place := _layer(module)) is not None and place < own)
    return [f"{_name(path)} imports {app}.{module}, which stands above it" for module in above]


def test_table_names_every_package():
    packages = {path.parent.name for path in ROOT.glob("*/__init__.py")} - {"tests", "tools"}
    assert packages == set(MAY_IMPORT)


def test_packages_import_only_what_stands_below_them():
    assert [line for path in _our_modules() for line in _breaks_of_direction(path)] == []


def test_layers_inside_an_app_point_downwards():
    assert [line for path in _our_modules() for line in _breaks_of_layer(path)] == []


def test_a_break_of_direction_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(f"{__name__}.ROOT", tmp_path)
    culprit = tmp_path / "oms" / "models.py"
    culprit.parent.mkdir()
    culprit.write_text("def late():\n    from certify.models import Dataset\nfrom . import views\n")
    assert _breaks_of_direction(culprit) == ["oms/models.py imports certify"]
    assert _breaks_of_layer(culprit) == ["oms/models.py imports oms.views, which stands above it"]


def test_no_module_is_a_drawer_for_leftovers():
    assert [_name(path) for path in _our_modules() if any(word in path.stem for word in DRAWERS)] == []


def _lengths(paths: list[Path], most: int) -> list[str]:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in paths}
    return [f"{_name(path)}: {length} lines" for path, length in lines.items() if length > most]


def test_modules_and_templates_stay_short():
    assert _lengths(_our_modules(), MODULE_LINES) == []
    assert _lengths([*ROOT.glob("templates/**/*.html"), *ROOT.glob("*/templates/**/*.html")], TEMPLATE_LINES) == []
    assert _lengths([ROOT / "tests/conftest.py"], CONFTEST_LINES) == []


@pytest.mark.parametrize("app", MAY_IMPORT)
def test_functions_stay_short(app):
    functions = [
        (node.end_lineno or node.lineno) - node.lineno + 1
        for path in _modules(app)
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef)
    ]
    assert statistics.median(functions or [0]) <= MEDIAN_FUNCTION_LINES
