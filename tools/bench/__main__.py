"""`python -m tools.bench`: times every page and a save over HTTP, and prints them in multiples of the help page.

`SIZES=1000,20000,150000` fills as many certifications, a new site for each size, and prints how the times grow.
"""

from __future__ import annotations

import multiprocessing
import os
import random
import statistics
import sys
from concurrent.futures import ProcessPoolExecutor

from tools.bench.measure import BenchBrowser, Measurement
from tools.bench.site import whole_site

DEFAULT_SIZE = 15_000


def write_line(line: str = "") -> None:
    print(line, flush=True)  # noqa: T201 - the output of this program


def sizes_from_environment() -> list[int]:
    """The numbers of certifications in `SIZES`, separated by commas. Raises `ValueError` for a text."""
    return [int(size) for size in os.environ.get("SIZES", "").split(",") if size.strip()] or [DEFAULT_SIZE]


def print_table(rows: list[Measurement]) -> None:
    """A line for each row, in milliseconds, multiples of the help page, queries and kB."""
    write_line(f"{'page':32}{'p50 ms':>9}{'p95 ms':>9}{'queries':>9}{'kB':>8}{'x help':>8}{'bound':>7}")
    for row in rows:
        verdict = "" if row.bound is None else "  ok" if row.is_within_bound else "  MISSED"
        bound = "" if row.bound is None else f"{row.bound:g}"
        queries = "" if row.queries is None else str(row.queries)
        size = statistics.median(row.sizes) / 1000
        write_line(
            f"{row.name:32}{row.p50_ms:9.1f}{row.p95_ms:9.1f}{queries:>9}{size:8.1f}{_multiple(row):>8}"
            f"{bound:>7}{verdict}"
        )


def print_growth(tables: dict[int, list[Measurement]]) -> None:
    """The multiples of each page, a column for each size."""
    write_line(f"\n{'x help, certifications:':32}" + "".join(f"{size:>10,}" for size in tables))
    for same in zip(*tables.values(), strict=True):
        write_line(f"{same[0].name:32}" + "".join(f"{_multiple(row):>10}" for row in same))


def _multiple(row: Measurement) -> str:
    return "" if row.multiple is None else f"{row.multiple:.2f}"


def measure_size(size: int) -> list[Measurement]:
    """Fill a new site with so many certifications and measure it. Needs a process of its own: Django is set up once."""
    with whole_site() as site:
        import django

        django.setup()
        from django.db import connection

        from tools.bench.pages import measure_certifying, measure_pages, measure_unseen_runs
        from tools.bench.rows import fill_tables

        fill_tables(random.Random(7), size)  # noqa: S311 - the same rows each time
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        write_line(f"{size:,} certifications on PostgreSQL, gunicorn with 2 workers, one browser at a time.\n")
        browser = BenchBrowser(site.url, "leader")
        rows = measure_pages(browser)
        saved, calls = measure_certifying(site, browser)
        rows += saved
        print_table(rows)
        write_line(f"\nOpening from open runs and saving: {calls} outside calls (bound 0).")
        for line in measure_unseen_runs(site):
            write_line(line)
        connection.close()
    return rows


def main() -> int:
    """Measure each size; the exit code is 1 where a row exceeds its bound."""
    tables = {}
    for size in sizes_from_environment():
        with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
            tables[size] = process.submit(measure_size, size).result()
    if len(tables) > 1:
        print_growth(tables)
    return int(not all(row.is_within_bound for rows in tables.values() for row in rows))


if __name__ == "__main__":
    sys.exit(main())
