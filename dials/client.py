"""HTTP client of DIALS, for version 1.12 and 2. Not `cmsdials`: see docs/architecture.md.

The database is not used, so these functions can run in threads. Each raises `RemoteError`. Parameters are fixed here:
DIALS ignores a filter that it does not know and would answer with its whole table. Pages follow by number of the
lumisection, not by cursor, so that reading can go on from what is stored.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings

from dials import parsing
from dials.service import DIALS
from infrastructure.http import client, tokens
from infrastructure.http.errors import WrongShape

if TYPE_CHECKING:
    from collections.abc import Callable

    from dials.wire_types import ElementInDials, HistogramRow, RunInDataset
    from infrastructure.http.budget import Budget

T = TypeVar("T")
MAX_PAGE_ROWS = 500  # DIALS gives no more
PAGE_BYTES, MAX_BYTES = 1_500_000, 8_000_000
_ROW_BYTES, _BIN_BYTES = 300, 6
_FIRST_ROWS_OF_MAP = 10
MAX_LUMISECTION_PAGES = 20
# DIALS refuses an expired token with 403 too.
_STALE_TOKEN_STATUSES = tokens.STALE_TOKEN_STATUSES | {403}


def is_enabled() -> bool:
    """Return whether DIALS is configured (setting `DIALS_URL`)."""
    return bool(settings.DIALS_URL)


def fetch_datasets_of_run(run_number: int, budget: Budget) -> list[RunInDataset]:
    """Return the run in all datasets of DIALS. One request."""
    answer = _get("run", {"run_number": run_number, "page_size": MAX_PAGE_ROWS}, budget)
    return _parsed(lambda: [parsing.parse_run(row, run_number) for row in parsing.rows_of_page(answer)[0]])


def fetch_elements(budget: Budget) -> dict[str, ElementInDials]:
    """Return the monitoring elements of the workspace by name. One request."""
    answer = _get("mes", {}, budget)
    if not isinstance(answer, list):
        raise _recorded(WrongShape(DIALS, key="mes"))
    return _parsed(lambda: {element.name: element for element in map(parsing.parse_element, answer)})


def fetch_lumisection_numbers(run: RunInDataset, budget: Budget) -> list[int]:
    """Return the numbers of the lumisections of a run that has some, in order. One request for each 500."""
    numbers: list[int] = []
    for _ in range(MAX_LUMISECTION_PAGES):
        page, has_more = _fetch_numbers(run, numbers[-1] if numbers else 0, budget)
        numbers += page
        if not has_more and numbers:
            return numbers
        if not page:
            break
    raise _recorded(WrongShape(DIALS, key="lumisection"))


def _fetch_numbers(run: RunInDataset, last: int, budget: Budget) -> tuple[list[int], bool]:
    """Return a page of numbers after `last`, and whether there are more."""
    params = _of_run(run, last + 1, MAX_PAGE_ROWS) | {"fields": "dataset_id,run_number,ls_number"}
    answer = _get("lumisection", params, budget)
    return _parsed(lambda: _lumisections(answer, run, last))


def fetch_histograms(
    run: RunInDataset, element: ElementInDials, span: tuple[int, int], bin_count: int | None, budget: Budget
) -> tuple[list[HistogramRow], bool]:
    """Return the first histograms of an element in a range of lumisections, and whether there are more. One request.

    `bin_count`: the number of bins of the element, None if it is not known.
    """
    params = _of_run(run, span[0], _page_rows(element, bin_count))
    params |= {"ls_number__lte": span[1], "me_id": element.element_id}
    answer = _get("th2" if element.dimensions == 2 else "th1", params, budget)
    return _parsed(lambda: _histograms(answer, run, element, span))


def _page_rows(element: ElementInDials, bin_count: int | None) -> int:
    """Return how many rows are about 1.5 MB: DIALS gives up after 30 s, and rows of maps are large."""
    if bin_count is None:
        return MAX_PAGE_ROWS if element.dimensions == 1 else _FIRST_ROWS_OF_MAP
    return max(_FIRST_ROWS_OF_MAP, min(MAX_PAGE_ROWS, PAGE_BYTES // (_ROW_BYTES + _BIN_BYTES * bin_count)))


def _of_run(run: RunInDataset, first: int, rows: int) -> dict[str, Any]:
    return {
        "dataset_id": run.dataset_id,
        "run_number": run.run_number,
        "ls_number__gte": first,
        "page_size": rows,
    }


def _lumisections(answer: Any, run: RunInDataset, last: int) -> tuple[list[int], bool]:
    rows, has_more = parsing.rows_of_page(answer)
    numbers = [parsing.parse_lumisection_number(row, run) for row in rows]
    _check_order([last, *numbers])
    return numbers, has_more


def _histograms(
    answer: Any, run: RunInDataset, element: ElementInDials, span: tuple[int, int]
) -> tuple[list[HistogramRow], bool]:
    rows, has_more = parsing.rows_of_page(answer)
    histograms = [parsing.parse_histogram(row, run, element) for row in rows]
    numbers = [row.lumisection for row in histograms]
    _check_order([span[0] - 1, *numbers, span[1] + 1])
    if has_more and not histograms:
        raise WrongShape(DIALS, key="next")
    return histograms, has_more


def _check_order(numbers: list[int]) -> None:
    """Refuse lumisections that come twice or were not asked for."""
    if any(number >= following for number, following in pairwise(numbers)):
        raise WrongShape(DIALS, key="ls_number")


def _parsed(parse: Callable[[], T]) -> T:
    """Return what `parse` returns. An answer in an unknown form is recorded as a failure of DIALS."""
    try:
        return parse()
    except WrongShape as error:
        raise _recorded(error) from None


def _recorded(error: WrongShape) -> WrongShape:
    client.record_failure(error)
    return error


def _get(resource: str, params: dict[str, Any], budget: Budget) -> Any:
    call = client.ServiceCall(
        DIALS,
        "GET",
        f"{settings.DIALS_URL.rstrip('/')}/{resource}/",
        setting="DIALS_URL",
        headers={"Workspace": settings.DIALS_WORKSPACES[0]},
        params=params,
        max_bytes=MAX_BYTES,
    )
    application = tokens.ClientCredentials(
        settings.DIALS_AUDIENCE, settings.DIALS_CLIENT_ID, settings.DIALS_CLIENT_SECRET
    )
    return tokens.fetch_json(call, application, budget, stale_statuses=_STALE_TOKEN_STATUSES)
