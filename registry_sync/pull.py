"""Reads what has changed in Run Registry, and marks what was written from here and is otherwise there now."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.conf import settings
from django.db.models import Min
from django.utils import timezone

from infrastructure.http.errors import RemoteError
from infrastructure.http.results import Found
from registry import upstream_client
from registry.changed_datasets import fetch_changed_datasets
from registry.client import PAGE_SIZE, run_number_filter
from registry_sync.changed_since import HIDDEN, changed_texts, unwritten_flags, unwritten_text
from registry_sync.models import RegistryPull, RegistryWrite, Sending
from registry_sync.reader import CannotSend, SyncReader

if TYPE_CHECKING:
    from collections.abc import Collection

    from infrastructure.http.budget import Budget
    from registry.changed_datasets import ChangedDataset

DatasetNames = set[tuple[int, str]]
RUNS_LOOKED_FOR = 50  # in each pull


@dataclass
class PullResult:
    """Numbers of datasets that have changed, and of those that were written to from here and so were compared.

    `stopped`: why it ended early, a sentence or empty; the next pull goes on from there.
    """

    changed: int = 0
    compared: int = 0
    stopped: str = ""


def pull_changes(budget: Budget) -> PullResult:
    """Compare all datasets that have changed since the last pull. Two queries if nothing was ever sent from here."""
    result = PullResult()
    pull = _last_pull() if settings.REGISTRY_SYNC != "off" else None
    if pull is not None:
        try:
            puller = _Puller(pull, budget, result)
            puller.run()
            puller.find_hidden()
        except RemoteError as error:
            result.stopped = error.sentence
        except CannotSend as stopped:
            result.stopped = str(stopped)
    return result


def _last_pull() -> RegistryPull | None:
    """Return the last pull; before the first one, where the first sending began; None without sendings."""
    if pull := RegistryPull.objects.first():
        return pull
    first = Sending.objects.aggregate(version=Min("registry_version"))["version"]
    return None if first is None else RegistryPull(pk=1, version=first)


class _Puller:
    def __init__(self, pull: RegistryPull, budget: Budget, result: PullResult) -> None:
        self.pull, self.budget, self.result = pull, budget, result
        self.reader = SyncReader(budget)

    def run(self) -> None:
        """Read page after page. Raises `RemoteError` and `CannotSend`.

        Each page begins at the version where the last one ended: a dataset that changes meanwhile moves to the end, and
        with numbered pages another one would be missed. These are used only within one version.
        """
        page, is_full = 0, True
        while is_full:
            rows, is_full = fetch_changed_datasets(self.pull.version, self.budget, page=page)
            page = 0 if self._take(rows) else page + 1

    def _take(self, rows: Collection[ChangedDataset]) -> bool:
        """Compare what is new among these, and store how far it was read; return whether the version has risen."""
        known = self.pull.dataset_names("known")
        version = self.pull.version
        new = {row[:2] for row in rows if row.version > version or row[:2] not in known}
        self.result.changed += len(new)
        self._compare(new | self.pull.dataset_names("again"))
        highest = max((row.version for row in rows), default=version)
        at_highest = {row[:2] for row in rows if row.version == highest}
        self.pull.known = sorted(at_highest if highest > version else known | at_highest)
        self.pull.version, self.pull.read_at = highest, timezone.now()
        self.pull.save()
        return highest > version

    def _compare(self, names: DatasetNames) -> None:
        """Compare those of the datasets that were written to from here."""
        runs = {number for number, _ in names}
        rows = Sending.objects.filter(run_number__in=runs).values_list("run_number", "registry_name").distinct()
        for number, name in sorted(names.intersection(rows)):
            self._compare_dataset(number, name)

    def _compare_dataset(self, number: int, name: str) -> None:
        """Mark what is otherwise there. A dataset that is being written to is compared by the next pull."""
        sendings = Sending.objects.filter(run_number=number, registry_name=name)
        again = self.pull.dataset_names("again") - {(number, name)}
        if sendings.unfinished().exists():
            again |= {(number, name)}
        else:
            self._mark(sendings.latest("pk"))
            self.result.compared += 1
        self.pull.again = sorted(again)

    def _mark(self, sending: Sending) -> None:
        """Compare all writes to the dataset of its last sending, and what that did not have to write.

        They are read first: what is sent later is no change.
        """
        same_dataset = {
            "sending__run_number": sending.run_number,
            "sending__registry_name": sending.registry_name,
        }
        writes = list(RegistryWrite.objects.filter(**same_dataset).order_by("sending_id", "position"))
        unwritten = unwritten_flags(sending)
        status = self.reader.status(sending)
        if not isinstance(status, Found):
            _mark_sending(sending, HIDDEN)
            return
        # The flags that the last sending read have what earlier ones wrote.
        before = [write for write in writes if write.sending_id != sending.pk]
        texts = changed_texts([*before, *unwritten, *writes[len(before) :]], status.value, self.reader.changes(sending))
        end = len(before) + len(unwritten)
        _mark_sending(sending, unwritten_text(unwritten, texts[len(before) : end]))
        for write, text in zip(writes, [*texts[: len(before)], *texts[end:]], strict=True):
            if write.changed_since != text:
                RegistryWrite.objects.filter(pk=write.pk).update(changed_since=text)

    def find_hidden(self) -> None:
        """Look for the datasets of the next runs that were written to: no other reading tells that one is hidden.

        Raises `RemoteError`.
        """
        following = Sending.objects.filter(run_number__gt=self.pull.listed_upto).order_by("run_number")
        runs = list(following.values_list("run_number", flat=True).distinct()[:RUNS_LOOKED_FOR])
        if runs:
            rows = upstream_client.get_datasets(run_number_filter(runs), PAGE_SIZE, self.budget)
            listed = {(row.get("run_number"), row.get("name")) for row in rows}
            for sending in Sending.objects.filter(run_number__in=runs).latest_of_datasets():
                is_listed = (sending.run_number, sending.registry_name) in listed
                if is_listed == (sending.changed_since == HIDDEN):
                    self._mark(sending)
        self.pull.listed_upto = runs[-1] if len(runs) == RUNS_LOOKED_FOR else 0
        self.pull.save()


def _mark_sending(sending: Sending, text: str) -> None:
    """Store the text with the last sending to a dataset, and none with the earlier ones."""
    same = Sending.objects.filter(run_number=sending.run_number, registry_name=sending.registry_name)
    same.exclude(pk=sending.pk).exclude(changed_since="").update(changed_since="")
    same.filter(pk=sending.pk).exclude(changed_since=text).update(changed_since=text)
