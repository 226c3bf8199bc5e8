"""`python -m tools.bench`: fills the tables, times every page and a save over HTTP, prints them against the targets."""

from __future__ import annotations

import random
import statistics
import sys
import time
from collections.abc import Callable
from functools import partial

from tools.bench.measure import BenchBrowser, Measurement, all_good, longest_chain, timed
from tools.bench.site import BenchSite, whole_site

REPEATS = 60
SAVES = 40
SLOW_S = 0.15
SEARCH, SECOND_SEARCH = "315700-315799", "315800-315899"
# Plain collision runs that nothing here has opened before.
UNSEEN_RUNS = [315259, 315264, 315265, 315267, 315270, 315339, 315357, 315363, 315490, 315543, 315555, 315556]
# About 270 certifications.
WEEK = "2018-W30"
PAGES = {
    "home": ("/", None),
    "list, mine of today": ("/list/", 20),
    "list, all 15,000": ("/list/?state=live", 20),
    "list, one shifter, bad": ("/list/?user=bench7&verdict=bad", 20),
    "one certification": ("/list/{pk}/", None),
    "update form": ("/list/{pk}/update/", None),
    "week": (f"/shiftleader/?week={WEEK}", 150),
    "open runs, no search": ("/openruns/", None),
    "help": ("/help/", None),
    "all reference runs, JSON": ("/certify/allRunsRefRuns/", None),
    "health": ("/healthz", None),
}


def write_line(line: str = "") -> None:
    print(line, flush=True)  # noqa: T201 - the table is what this program is for


def count_queries(call: Callable[[], object]) -> int:
    """Database queries of one request, answered inside this process."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def in_process_client():
    from django.test import Client

    from users.models import User

    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="leader"))
    return client


def measure_page(
    browser: BenchBrowser, name: str, path: str, target: float | None, repeats: int = REPEATS
) -> Measurement:
    """One page, after one look at it that warms it up."""
    client, row = in_process_client(), Measurement(name, target)
    client.get(path)
    row.queries = count_queries(partial(client.get, path))
    browser.get(path)
    for _ in range(repeats):
        timed(row, partial(browser.get, path))
    return row


def measure_pages(browser: BenchBrowser) -> list[Measurement]:
    """All pages; the search asks Run Registry each time, so the sandbox's own time is in it."""
    from certify.models import TrackerCertification

    pk = TrackerCertification.objects.order_by("-pk").values_list("pk", flat=True)[100]
    table = [measure_page(browser, name, path.format(pk=pk), target) for name, (path, target) in PAGES.items()]
    table.append(measure_week_parts(browser))
    browser.open_reconstructions(SEARCH)
    return [*table, measure_page(browser, f"open runs, {SEARCH}", f"/openruns/?runs={SEARCH}", None, REPEATS // 6)]


def measure_week_parts(browser: BenchBrowser) -> Measurement:
    """The parts of a week that ask nobody outside, as one sample."""
    from shiftleader.parts.registry import PARTS

    client, row = in_process_client(), Measurement("week, its parts together")
    addresses = [f"{part.url}?week={WEEK}" for part in PARTS if not part.asks_outside]
    as_part = {"HX-Request": "true"}
    row.queries = sum(count_queries(partial(client.get, address, headers=as_part)) for address in addresses)
    for _ in range(REPEATS // 6):
        began = time.perf_counter()
        size = sum(len(browser.get(address, headers=as_part).content) for address in addresses)
        row.add(time.perf_counter() - began, size)
    return row


def measure_certifying(site: BenchSite, browser: BenchBrowser) -> list[Measurement]:
    """Opening from open runs, and saving: neither asks the outside."""
    opened, saved = Measurement("certify form, from open runs", 15), Measurement("save", 20)
    found = [(SEARCH, *one) for one in browser.open_reconstructions(SEARCH)]
    found += [(SECOND_SEARCH, *one) for one in browser.open_reconstructions(SECOND_SEARCH)]
    _count_queries(browser, opened, saved, *found.pop())
    site.clear_requests()
    for runs, run, reconstruction in found[:SAVES]:
        path = f"/certify/{run}/{reconstruction}/"
        page = timed(opened, partial(browser.get, f"{path}?runs={runs}"))
        timed(saved, partial(browser.post, path, all_good(page), expected=303))
    write_line(
        f"Opening from open runs and saving, {len(saved.seconds)} times: {len(site.asked())} outside calls (target 0)."
    )
    return [opened, saved]


def _count_queries(
    browser: BenchBrowser, opened: Measurement, saved: Measurement, runs: str, run: int, reconstruction: str
) -> None:
    client, path = in_process_client(), f"/certify/{run}/{reconstruction}/"
    opened.queries = count_queries(partial(client.get, f"{path}?runs={runs}"))
    fields = all_good(browser.get(f"{path}?runs={runs}"))
    saved.queries = count_queries(partial(client.post, path, fields))


def measure_unseen_runs(site: BenchSite) -> None:
    """Runs opened for the first time while each outside call takes 150 ms, in a new browser each."""
    for service in ("registry", "oms", "sso"):
        site.slow_down(service, SLOW_S)
    chains, calls, times = [], [], []
    for run in UNSEEN_RUNS:
        browser = BenchBrowser(site.url, "shifter2")
        site.clear_requests()
        began = time.perf_counter()
        browser.get(f"/certify/{run}/express/")
        took, asked = time.perf_counter() - began, site.asked()
        if any(call["service"] == "sso" for call in asked):
            chain = longest_chain(asked)
            write_line(f"  run {run}, with new tokens: {len(asked)} calls, {chain} in sequence, {1000 * took:.0f} ms")
            continue
        chains.append(longest_chain(asked))
        calls.append(len(asked))
        times.append(1000 * took)
    write_line(
        f"  {len(calls)} runs never seen, tokens at hand: {statistics.median(calls):g} calls, at most {max(chains)} in"
        f" sequence (target 2), p50 {statistics.median(times):.0f} ms, worst {max(times):.0f} ms"
    )


def print_table(table: list[Measurement]) -> None:
    write_line(f"{'page':32}{'p50 ms':>9}{'p95 ms':>9}{'queries':>9}{'kB':>8}{'target':>8}")
    for row in table:
        verdict = "" if row.target_ms is None else ("  ok" if row.p50_ms <= row.target_ms else "  MISSED")
        target = "" if row.target_ms is None else f"{row.target_ms:g}"
        size = statistics.median(row.sizes) / 1000
        queries = "" if row.queries is None else str(row.queries)
        write_line(f"{row.name:32}{row.p50_ms:9.1f}{row.p95_ms:9.1f}{queries:>9}{size:8.1f}{target:>8}{verdict}")


def main() -> int:
    with whole_site() as site:
        import django

        django.setup()
        from django.db import connection

        from tools.bench.rows import CERTIFICATIONS, fill_tables

        fill_tables(random.Random(7))  # noqa: S311 - the same rows each time
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
        write_line(
            f"{CERTIFICATIONS:,} certifications on PostgreSQL, gunicorn with 2 workers, one browser at a time.\n"
        )
        browser = BenchBrowser(site.url, "leader")
        table = measure_pages(browser)
        table += measure_certifying(site, browser)
        write_line()
        print_table(table)
        write_line(f"\nEach outside call after {1000 * SLOW_S:.0f} ms:")
        measure_unseen_runs(site)
        connection.close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
