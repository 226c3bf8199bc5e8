"""What the benchmark measures: the pages with their bounds, the certify form, saving, and runs opened first."""

from __future__ import annotations

import re
import statistics
import time
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from certify.models import TrackerCertification
from certify.models.choices import ConfirmationCode
from certify.models.components import FLAG_FIELDS
from certify.ranges.models import LumisectionRequest
from certify.ranges.requests import leave_requests
from shiftleader.parts.registry import PARTS
from tests.browser_form import fields_of
from tools.bench.measure import BASELINE_PATH, BenchBrowser, Measurement, PageResponse, longest_chain, timed
from users.models import User

if TYPE_CHECKING:
    from collections.abc import Callable

    from tools.bench.site import BenchSite

REPEATS = 60
SAVES = 40
DELAY_S = 0.15
SEARCH, SECOND_SEARCH = "315700-315799", "315800-315899"
# Collision runs of the sandbox that the site has not opened before.
UNSEEN_RUNS = [315259, 315264, 315265, 315267, 315270, 315339, 315357, 315363, 315490, 315543, 315555, 315556]
# About 270 certifications, whatever the size of the table.
WEEK = "2019-W24"
# Address and bound, in multiples of the help page.
PAGES: dict[str, tuple[str, float | None]] = {
    "home": ("/", None),
    "list, mine of today": ("/list/", None),
    "list, all": ("/list/?state=live", 6),
    "list, one shifter, bad": ("/list/?user=bench7&verdict=bad", None),
    "one certification": ("/list/{pk}/", 7),
    "update form": ("/list/{pk}/update/", None),
    "week": (f"/shiftleader/?week={WEEK}", None),
    "open runs, no search": ("/openruns/", None),
    "help": (BASELINE_PATH, None),
    "all reference runs, JSON": ("/certify/allRunsRefRuns/", None),
    "API, 100 certifications": ("/api/v1/certifications/?limit=100", None),
    "health": ("/healthz", None),
}
CERTIFY_BOUND, SAVE_BOUND = 4.5, 6.5
# The run of the sandbox with most segments.
FRAGMENT_RUN, FRAGMENT_DATASET = 314663, "/Express/Collisions2018/DQM"
FRAGMENT_BOUND, FRAGMENT_QUERIES = 2.5, 4


def count_queries(call: Callable[[], object]) -> int:
    """Database queries of one request that this process handles."""
    with CaptureQueriesContext(connection) as captured:
        call()
    return len(captured)


def in_process_client() -> Client:
    """Django's test client, signed in as a shift leader."""
    client = Client(SERVER_NAME="127.0.0.1")
    client.force_login(User.objects.get(username="leader"))
    return client


def measure_page(
    browser: BenchBrowser, name: str, path: str, bound: float | None, repeats: int = REPEATS
) -> Measurement:
    """One page, after one request that fills the caches."""
    client, row = in_process_client(), Measurement(name, bound)
    client.get(path)
    row.queries = count_queries(partial(client.get, path))
    browser.get(path)
    for _ in range(repeats):
        timed(row, browser, partial(browser.get, path))
    return row


def measure_pages(browser: BenchBrowser) -> list[Measurement]:
    """All pages; the search asks Run Registry each time, so its row includes the sandbox's own time."""
    pk = TrackerCertification.objects.order_by("-pk").values_list("pk", flat=True)[100]
    rows = [measure_page(browser, name, path.format(pk=pk), bound) for name, (path, bound) in PAGES.items()]
    rows.append(measure_week_parts(browser))
    browser.open_reconstructions(SEARCH)
    return [*rows, measure_page(browser, f"open runs, {SEARCH}", f"/openruns/?runs={SEARCH}", None, REPEATS // 6)]


def measure_week_parts(browser: BenchBrowser) -> Measurement:
    """The parts of a week that call no outside service, as one sample."""
    client, row = in_process_client(), Measurement("week, its parts together")
    paths = [f"{part.url}?week={WEEK}" for part in PARTS if not part.asks_outside]
    as_part = {"HX-Request": "true"}
    row.queries = sum(count_queries(partial(client.get, path, headers=as_part)) for path in paths)
    for _ in range(REPEATS // 6):
        start = time.perf_counter()
        size = sum(len(browser.get(path, headers=as_part).content) for path in paths)
        row.add(time.perf_counter() - start, size)
    return row


def measure_fragment(site: BenchSite, browser: BenchBrowser) -> tuple[Measurement, int]:
    """The fragment of stored lumisections with the flags of Run Registry; with the number of outside calls."""
    leave_requests([(FRAGMENT_RUN, FRAGMENT_DATASET)])
    while LumisectionRequest.objects.exists():  # until the worker of the site has read them
        time.sleep(0.2)
    query = urlencode({"dataset": FRAGMENT_DATASET, **dict.fromkeys(FLAG_FIELDS, "good")})
    path, as_part = f"/certify/{FRAGMENT_RUN}/express/lumisections/?{query}", {"HX-Request": "true"}
    client, row = in_process_client(), Measurement("lumisections, fragment", FRAGMENT_BOUND)
    row.max_queries = FRAGMENT_QUERIES
    row.queries = count_queries(partial(client.get, path, headers=as_part))
    site.clear_requests()
    for _ in range(REPEATS):
        timed(row, browser, partial(browser.get, path, headers=as_part))
    return row, len(site.outside_calls())


def measure_certifying(site: BenchSite, browser: BenchBrowser) -> tuple[list[Measurement], int]:
    """The form opened from open runs, and saving; with the number of outside calls that both made."""
    opened = Measurement("certify form, from open runs", CERTIFY_BOUND)
    saved = Measurement("save", SAVE_BOUND)
    targets = [(runs, *target) for runs in (SEARCH, SECOND_SEARCH) for target in browser.open_reconstructions(runs)]
    opened.queries, saved.queries = _certifying_queries(browser, *targets.pop())
    site.clear_requests()
    for runs, run, reconstruction in targets[:SAVES]:
        path = f"/certify/{run}/{reconstruction}/"
        page = timed(opened, browser, partial(browser.get, f"{path}?runs={runs}"))
        timed(saved, browser, partial(browser.post, path, all_good(page), expected=303))
    calls = [call for call in site.outside_calls() if "lumisections" not in call["path"]]  # which the worker reads
    return [opened, saved], len(calls)


def _certifying_queries(browser: BenchBrowser, runs: str, run: int, reconstruction: str) -> tuple[int, int]:
    """The queries of opening the form and of saving it."""
    client, path = in_process_client(), f"/certify/{run}/{reconstruction}/"
    opening = count_queries(partial(client.get, f"{path}?runs={runs}"))
    fields = all_good(browser.get(f"{path}?runs={runs}"))
    return opening, count_queries(partial(client.post, path, fields))


def all_good(page: PageResponse) -> dict[str, Any]:
    """The fields of this page's certify form with every component good and every confirmation ticked."""
    fields: dict[str, Any] = dict(fields_of(page))
    fields |= dict.fromkeys(FLAG_FIELDS, "good") | {"trackermap": "exists"}
    for name in re.findall(r'name="(checklist_\w+)"', page.text):
        fields[name] = "on"
    return fields | {f"confirm_{code}": "on" for code in ConfirmationCode.values}


def measure_unseen_runs(site: BenchSite) -> list[str]:
    """Runs opened for the first time while each outside call takes `DELAY_S`, in a new session each; lines of text."""
    for service in ("registry", "oms", "sso"):
        site.slow_down(service, DELAY_S)
    lines = [f"Each outside call after {1000 * DELAY_S:.0f} ms:"]
    chains, counts, times = [], [], []
    for run in UNSEEN_RUNS:
        milliseconds, calls = _open_unseen_run(site, run)
        chain = longest_chain(calls)
        if any(call["service"] == "sso" for call in calls):
            lines.append(f"  run {run}, new tokens: {len(calls)} calls, {chain} in sequence, {milliseconds:.0f} ms")
            continue
        chains.append(chain)
        counts.append(len(calls))
        times.append(milliseconds)
    lines.append(
        f"  {len(counts)} unseen runs, tokens cached: {statistics.median(counts):g} calls, at most {max(chains)} in"
        f" sequence (bound 2), p50 {statistics.median(times):.0f} ms, worst {max(times):.0f} ms"
    )
    return lines


def _open_unseen_run(site: BenchSite, run: int) -> tuple[float, list[dict[str, object]]]:
    """Milliseconds until the form of this run was there, and the outside calls."""
    browser = BenchBrowser(site.url, "shifter2")
    site.clear_requests()
    start = time.perf_counter()
    browser.get(f"/certify/{run}/express/")
    return 1000 * (time.perf_counter() - start), site.outside_calls()
