"""One run of the benchmark: a new site with so many certifications, its measurements and its table."""

from __future__ import annotations

import multiprocessing
import random
import statistics
from concurrent.futures import ProcessPoolExecutor
from typing import TYPE_CHECKING, Any

from tools.bench.measure import BenchBrowser, Measurement
from tools.bench.site import whole_site

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.bench.year_times import YearTimes


def write_line(line: str = "") -> None:
    print(line, flush=True)


def multiple_text(row: Measurement) -> str:
    """The multiple with two decimals, "" without one."""
    return "" if row.multiple is None else f"{row.multiple:.2f}"


def print_table(rows: list[Measurement]) -> None:
    """A line for each row, in milliseconds, multiples of the help page, queries and kB."""
    write_line(f"{'page':32}{'p50 ms':>9}{'p95 ms':>9}{'queries':>9}{'kB':>8}{'x help':>8}{'bound':>7}")
    for row in rows:
        verdict = "" if row.bound is None else "  ok" if row.is_within_bound else "  MISSED"
        bound = "" if row.bound is None else f"{row.bound:g}"
        queries = "" if row.queries is None else str(row.queries)
        size = statistics.median(row.sizes) / 1000
        write_line(
            f"{row.name:32}{row.p50_ms:9.1f}{row.p95_ms:9.1f}{queries:>9}{size:8.1f}{multiple_text(row):>8}"
            f"{bound:>7}{verdict}"
        )


def measure_size(size: int) -> list[Measurement]:
    """Fill a new site with so many certifications and measure it. Needs a process of its own: Django is set up once."""
    with whole_site() as site:
        import django

        django.setup()
        from django.db import connection

        from tools.bench.pages import measure_certifying, measure_fragment, measure_pages, measure_unseen_runs
        from tools.bench.rows import fill_tables

        fill_tables(random.Random(7), size)  # noqa: S311 - the same rows each time
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        write_line(f"{size:,} certifications on PostgreSQL, gunicorn with 2 workers, one browser at a time.\n")
        browser = BenchBrowser(site.url, "leader")
        rows = measure_pages(browser)
        fragment, fragment_calls = measure_fragment(site, browser)
        saved, calls = measure_certifying(site, browser)
        rows += [fragment, *saved]
        print_table(rows)
        write_line(f"\nOpening from open runs and saving: {calls} outside calls (bound 0).")
        write_line(f"The fragment of lumisections: {fragment_calls} outside calls (bound 0).")
        for line in measure_unseen_runs(site):
            write_line(line)
        connection.close()
    return rows


YEARS = (1, 10)  # multiples of the size of 2018


def measure_golden_years() -> bool:
    """Print the times of golden JSON on a new site; return whether all are within their bounds."""
    with whole_site():
        years = [_in_new_process(_measure_year, _in_new_process(_fill_year, multiple)) for multiple in YEARS]
    for year in years:
        write_line(year.text)
    return all(year.is_within_bound for year in years)


def _in_new_process(work: Callable[[Any], Any], value: Any) -> Any:
    """Call it in a process of its own, whose memory is that of this work."""
    with ProcessPoolExecutor(1, multiprocessing.get_context("spawn")) as process:
        return process.submit(work, value).result()


def _fill_year(multiple: int) -> int:
    """Fill the tables; returns the key of the version of the policy."""
    import django

    django.setup()
    from tools.bench.golden_year import fill_year

    return fill_year(multiple).pk


def _measure_year(key: int) -> YearTimes:
    import django

    django.setup()
    from golden.models import PolicyVersion
    from tools.bench.golden_year import measure_year

    return measure_year(PolicyVersion.objects.get(pk=key))
