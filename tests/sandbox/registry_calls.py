"""Calls of Run Registry over HTTP for tests of its writes."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING, Any

import pytest
import requests

from sandbox.registry.access import ADMINS, CERTIFIERS
from tests.waiting import PATIENCE_S

if TYPE_CHECKING:
    from collections.abc import Callable

PROMPT, EXPRESS = "/PromptReco/Collisions2018A/DQM", "/Express/Collisions2018/DQM"
RUN = 315264
CERTIFIER = {"email": "shifter@cern.ch", "egroups": CERTIFIERS}
ADMIN = {"email": "leader@cern.ch", "egroups": ADMINS}
EXPERT = {"email": "expert@cern.ch", "egroups": "cms-dqm-runregistry-experts"}
__all__ = ["registry"]


class RegistryCalls:
    """Run Registry, as a person who may write."""

    def __init__(self, base_url: str) -> None:
        self.base_url = base_url

    def call(self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, **options: Any):
        """Send a request and return the response."""
        url = f"{self.base_url}/registry/{path}"
        return requests.request(method, url, json=body, headers=headers, timeout=options.pop("timeout", 30))

    def edit(self, start: Any, end: Any, status: Any = "GOOD", comment: Any = "", **others: Any) -> requests.Response:
        """Edit a range of tracker-pixel of PROMPT in RUN. Other keys replace or add to the body, or are options."""
        asked = {"start": start, "end": end, "status": status, "comment": comment, "cause": others.pop("cause", "")}
        body = {"run_number": RUN, "dataset_name": PROMPT, "component": "tracker-pixel", "new_lumisection_range": asked}
        options = {name: others.pop(name) for name in ("headers", "timeout") if name in others}
        options.setdefault("headers", CERTIFIER)
        return self.call("PUT", "lumisections/edit_rr_lumisections", body | others, **options)

    def move(self, to_state: str, from_state: str = "OPEN", headers: dict[str, str] = CERTIFIER, **others: Any):
        """Move PROMPT in RUN, in the tracker workspace."""
        body = {"run_number": RUN, "dataset_name": PROMPT, "workspace": "tracker"} | others
        return self.call("POST", f"datasets/tracker/move_dataset/{from_state}/{to_state}", body, headers)

    def dataset(self, run_number: int = RUN, name: str = PROMPT) -> Any:
        """Return the dataset."""
        return self.call("POST", "datasets/get_dataset", {"run_number": run_number, "dataset_name": name}).json()

    def lumisections(self, kind: str, run_number: int = RUN, name: str = PROMPT) -> Any:
        """Return what an address below lumisections/ says of a dataset."""
        return self.call("POST", f"lumisections/{kind}", {"run_number": run_number, "dataset_name": name}).json()

    def column(self, column: str = "tracker-pixel", **dataset: Any) -> list[tuple[int, int, str | None]]:
        """Return (first, last, status) of a column, None for a range without a flag."""
        ranges = self.lumisections("rr_lumisection_ranges_by_component", **dataset)[column]
        return [(entry["start"], entry["end"], entry.get("status")) for entry in ranges]

    def edits(self) -> list[Any]:
        """Return the manual events of the history of the flags."""
        return [event for event in self.lumisections("get_rr_lumisection_history") if event["manual_change"]]

    def versions(self, count: int = 1) -> list[Any]:
        """Return the newest versions."""
        return self.call("POST", "versions/get_versions", {"page": 0, "page_size": count}).json()["versions"]

    def filtered(self, filters: dict[str, Any], **options: Any) -> list[Any]:
        """Return the datasets that match a filter."""
        body = {"page": 0, "page_size": 50, "filter": filters, "sortings": []} | options
        return self.call("POST", "datasets_filtered_ordered", body).json()["datasets"]


@pytest.fixture
def registry(sandbox) -> RegistryCalls:
    """Run Registry; writes take no time."""
    return RegistryCalls(sandbox.base_url)


def wait_until(is_so: Callable[[], Any]) -> None:
    """Wait until the condition holds. Raises `TimeoutError`."""
    until = time.monotonic() + PATIENCE_S
    while not is_so():
        if time.monotonic() > until:
            raise TimeoutError
        time.sleep(0.01)


class Background:
    """A call in a thread of its own; `result` waits for it."""

    def __init__(self, call: Callable[[], Any]) -> None:
        self._results: list[Any] = []
        self._thread = threading.Thread(target=lambda: self._results.append(call()))
        self._thread.start()

    def result(self) -> Any:
        """Return what the call returned."""
        self._thread.join(30)
        [result] = self._results
        return result
