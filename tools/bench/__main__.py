"""`python -m tools.bench`: times every page and a save over HTTP, and prints them in multiples of the help page.

`SIZES=1000,20000,150000` fills as many certifications, a new site for each size, and prints how the times grow.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING

from tools.bench.run import measure_golden_years, measure_size, multiple_text, write_line

if TYPE_CHECKING:
    from tools.bench.measure import Measurement

DEFAULT_SIZE = 15_000


def sizes_from_environment() -> list[int]:
    """The numbers of certifications in `SIZES`, separated by commas. Raises `ValueError` for a text."""
    return [int(size) for size in os.environ.get("SIZES", "").split(",") if size.strip()] or [DEFAULT_SIZE]


def print_growth(tables: dict[int, list[Measurement]]) -> None:
    """The multiples of each page, a column for each size."""
    write_line(f"\n{'x help, certifications:':32}" + "".join(f"{size:>10,}" for size in tables))
    for same in zip(*tables.values(), strict=True):
        write_line(f"{same[0].name:32}" + "".join(f"{multiple_text(row):>10}" for row in same))


def main() -> int:
    """Measure each size; the exit code is 1 where a row exceeds its bound."""
    tables = {}
    for size in sizes_from_environment():
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            tables[size] = process.submit(measure_size, size).result()
    if len(tables) > 1:
        print_growth(tables)
    is_golden_quick = measure_golden_years()
    return int(not (is_golden_quick and all(row.is_within_bound for rows in tables.values() for row in rows)))


if __name__ == "__main__":
    sys.exit(main())
