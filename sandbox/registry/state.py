"""What was written to Run Registry since the sandbox was started or reset, and runs and datasets as they are now."""

from __future__ import annotations

import itertools
import json
import threading
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from sandbox import world
from sandbox.registry import edited_flags
from sandbox.registry.access import Access, Author
from sandbox.registry.cycles import Call, first_calls
from sandbox.registry.edited_flags import FlagEvent, LumisectionFlags
from sandbox.registry.errors import RegistryError
from sandbox.registry.flags import FlagRanges, dcs_summary, flag_ranges
from sandbox.registry.rows import CACHE, ONLINE, Row, dataset_names, dataset_rows, flagged_state, run_part, run_rows

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

DatasetKey = tuple[int, str]

WRITE_SECONDS = 0.2


class RegistryState:
    """Runs, datasets, flags and the log. Each write is a `transaction`; reads see whole transactions.

    `write_seconds` is how long a write takes: the answer comes after it, and an edit has its dataset to itself for it.
    """

    def __init__(self) -> None:
        self._changed = threading.Condition(threading.RLock())
        self.reset()

    def reset(self) -> None:
        """Forget all that was written, and answer writes that take their time."""
        with self._changed:
            self._runs = {row["run_number"]: row for row in run_rows()}
            self._datasets = {(row["run_number"], row["name"]): row for row in dataset_rows()}
            self._flags: dict[DatasetKey, LumisectionFlags] = {}
            self._flag_events: dict[DatasetKey, list[FlagEvent]] = defaultdict(list)
            self._run_events: dict[int, list[Row]] = defaultdict(list)
            self._versions: list[Row] = []
            self._cache_versions = {key: row["version"] for key, row in self._datasets.items()}
            self._event_numbers = itertools.count(len(self._runs) + len(self._datasets) + 1)
            self._calls = first_calls()
            self._call_ids = itertools.count(len(self._calls) + 1)
            self._content_ids: dict[str, int] = {}
            self._dataset_locks: dict[DatasetKey, threading.Lock] = defaultdict(threading.Lock)
            self.access = Access()
            self.set_write_seconds(WRITE_SECONDS)

    def set_write_seconds(self, seconds: float) -> None:
        """Set how long writes take (s), and answer those that wait."""
        with self._changed:
            self.write_seconds = seconds
            self._changed.notify_all()

    def wait_for_write(self) -> None:
        """Wait for as long as a write takes."""
        with self._changed:
            if self.write_seconds:
                self._changed.wait(self.write_seconds)

    # Reading

    def runs(self) -> list[Row]:
        """Return all runs in the format of `run_rows`; those with edited flags contain them."""
        with self._changed:
            return list(self._runs.values())

    def datasets(self) -> list[Row]:
        """Return all datasets that are not hidden in the format of `dataset_rows`; edited ones contain their flags."""
        with self._changed:
            return [row for row in self._datasets.values() if not row["deleted"]]

    def run(self, run_number: int) -> Row | None:
        """Return a run, or None."""
        return self._runs.get(run_number)

    def dataset(self, run_number: int, name: str) -> Row | None:
        """Return a dataset, also a hidden one, or None."""
        return self._datasets.get((run_number, name))

    def dataset_names(self, run_number: int) -> list[str]:
        """Return the names of the datasets of a run that are not hidden, `online` first."""
        names = [row["name"] for row in self.datasets() if row["run_number"] == run_number]
        return sorted(names, key=lambda name: name != ONLINE)

    def cache_version(self, run_number: int, name: str) -> int:
        """Return the version that a dataset had when its flags were counted: moves do not count them anew."""
        return self._cache_versions[run_number, name]

    def edited_flags(self, run_number: int, name: str) -> LumisectionFlags | None:
        """Return the flags of a dataset by lumisection, or None if nobody has edited it."""
        return self._flags.get((run_number, name))

    def flag_ranges(self, run_number: int, name: str) -> FlagRanges:
        """Return (first, last, {column: triplet}); an empty list for an unknown dataset."""
        edited = self.edited_flags(run_number, name)
        return _first_flags((run_number, name)) if edited is None else edited_flags.ranges(edited)

    def flag_events(self, run_number: int, name: str) -> list[FlagEvent]:
        """Return the edits of a dataset in the order in which they apply."""
        with self._changed:
            return sorted(self._flag_events.get((run_number, name), ()), key=lambda event: event.rank)

    def run_events(self, run_number: int) -> list[Row]:
        """Return the changes of a run, oldest first: new values, version and signature."""
        with self._changed:
            return list(self._run_events.get(run_number, ()))

    def calls(self) -> list[Call]:
        """Return the certification calls, oldest first."""
        with self._changed:
            return list(self._calls.values())

    def versions(self) -> list[Row]:
        """Return the log since the reset, oldest first."""
        with self._changed:
            return list(self._versions)

    # Writing

    def lock_of(self, run_number: int, name: str) -> threading.Lock:
        """Return the lock that an edit of the dataset takes."""
        with self._changed:
            return self._dataset_locks[run_number, name]

    @contextmanager
    def transaction(self, author: Author, comment: str) -> Iterator[Row]:
        """Write one version, all or nothing as long as the block raises before it writes. Yields the signature.

        Raises `RegistryError` without the author's address, which is missing only where nothing is checked.
        """
        if not author.email:
            raise RegistryError("The email of the author's action should be stated in request's header 'email'")
        with self._changed:
            signature = {"by": author.email, "comment": comment, "createdAt": _now()}
            yield signature
            self._versions.append({"atomic_version": self.next_atomic_version, **signature})

    @property
    def next_atomic_version(self) -> int:
        return len(self._datasets) + len(self._versions) + 1

    def write_dataset(self, key: DatasetKey, attributes: Row, *, is_hidden: bool = False) -> None:
        """Merge attributes into a dataset and raise its version. A dataset that was hidden comes back."""
        row = self._datasets[key]
        changed = {
            "dataset_attributes": row["dataset_attributes"] | attributes,
            "deleted": is_hidden,
            "version": next(self._event_numbers),
        }
        self._datasets[key] = row | changed

    def write_flags(self, key: DatasetKey, lumisections: Iterable[int], flags: Row, signature: Row) -> FlagEvent:
        """Set flags of lumisections. The version of the dataset is not raised: see `write_dataset`."""
        is_manual = not signature["by"].startswith("auto@auto")
        event = FlagEvent(next(self._event_numbers), is_manual, tuple(lumisections), flags, signature)
        events = self._flag_events[key]
        events.append(event)
        if key in self._flags and event is max(events, key=lambda event: event.rank):
            self._flags[key] = edited_flags.with_event(self._flags[key], event)
        else:
            self._flags[key] = edited_flags.merged_flags(_first_flags(key), events)
        return event

    def content_id(self, content: Row) -> int:
        """Return the id under which the backend stores equal contents once."""
        return self._content_ids.setdefault(json.dumps(content, sort_keys=True), len(self._content_ids) + 1)

    def write_run(self, run_number: int, attributes: Row, signature: Row) -> None:
        """Merge attributes of Run Registry into a run, and so into what its datasets show of it."""
        row = self._runs[run_number]
        version = next(self._event_numbers)
        self._runs[run_number] = row | {"rr_attributes": row["rr_attributes"] | attributes, "version": version}
        numbered = {"atomic_version": self.next_atomic_version, **signature}
        own = {"run_number": run_number, "version": version, "Version": numbered}
        self._run_events[run_number].append(attributes | own | numbered)
        part = run_part(self._runs[run_number])
        for key, dataset in self._datasets.items():
            if key[0] == run_number:
                self._datasets[key] = dataset | {"Run": part}

    def next_call_id(self) -> int:
        """Return the id for a new call; one that is not written then is lost."""
        return next(self._call_ids)

    def write_call(self, call: Call) -> None:
        """Write a certification call. The log of versions does not show it."""
        with self._changed:
            self._calls[call.identifier] = replace(call, updated_at=_now())

    def fill_cache(self, key: DatasetKey) -> None:
        """Store the counts of edited flags with the dataset, and with the run if it is `online`."""
        run_number, name = key
        if key in self._flags:
            summary = {"triplet_summary": edited_flags.summary(self._flags[key], known_lumisections(run_number))}
            self._datasets[key] = self._datasets[key] | {CACHE: summary | {"dcs_summary": dcs_summary(run_number)}}
            if name == ONLINE:
                self._runs[run_number] = self._runs[run_number] | {CACHE: summary}
        self._cache_versions[key] = self._datasets[key]["version"]


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def known_lumisections(run_number: int) -> set[int]:
    """Return the numbers of the lumisections of a run in OMS."""
    known = world.lumisections_of(run_number)
    return {number for first, last, _ in (known.segments if known else ()) for number in range(first, last + 1)}


def _first_flags(key: DatasetKey) -> FlagRanges:
    """Return the flags of a dataset before any edit; an empty list for an unknown dataset."""
    run_number, name = key
    is_known = name in dataset_names().get(run_number, ())
    return flag_ranges(run_number, flagged_state(run_number, name)) if is_known else []
