"""`python -m tools.sizes`: how long things are, for a feeling of proportion. `make lint` prints it."""

from __future__ import annotations

import ast
import statistics
from pathlib import Path

from tests.test_architecture import MAY_IMPORT, ROOT, _modules


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def _functions(path: Path) -> list[int]:
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = [node for node in ast.walk(tree) if isinstance(node, ast.FunctionDef)]
    return [(node.end_lineno or node.lineno) - node.lineno + 1 for node in found]


def main() -> None:
    total = 0
    for app in MAY_IMPORT:
        modules = _modules(app)
        functions = [length for path in modules for length in _functions(path)]
        longest = max(modules, key=_lines)
        total += (lines := sum(map(_lines, modules)))
        middle = statistics.median(functions or [0])
        about = f"functions of {middle:g} in the middle, longest {longest.name} {_lines(longest)}"
        print(f"{app:11}{lines:6} lines, {about}")  # noqa: T201
    tests = sum(map(_lines, _modules("tests")))
    templates = [_lines(path) for path in ROOT.glob("templates/**/*.html")]
    print(f"{total} lines of code, {tests} of tests; {len(templates)} templates, longest {max(templates)}")  # noqa: T201


if __name__ == "__main__":
    main()
