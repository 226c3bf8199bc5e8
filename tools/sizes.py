"""`python -m tools.sizes`: lines, median function and longest module of each package. `make lint` prints it."""

from __future__ import annotations

import statistics
from typing import TYPE_CHECKING

from tests.test_architecture import ROOT, function_lengths, modules, packages

if TYPE_CHECKING:
    from pathlib import Path


def _lines(path: Path) -> int:
    return len(path.read_text(encoding="utf-8").splitlines())


def main() -> None:
    """Print a line for each package and one for all."""
    total = 0
    for package in packages():
        paths = modules(package)
        longest = max(paths, key=_lines)
        total += (lines := sum(map(_lines, paths)))
        median = statistics.median(function_lengths(paths) or [0])
        text = (
            f"{package:15}{lines:6} lines, median function {median:g}, longest module {longest.name} {_lines(longest)}"
        )
        print(text)  # noqa: T201
    tests = sum(map(_lines, modules("tests")))
    templates = [_lines(path) for path in ROOT.glob("templates/**/*.html")]
    print(f"{total} lines of code, {tests} of tests; {len(templates)} templates, longest {max(templates)}")  # noqa: T201


if __name__ == "__main__":
    main()
