"""The database rows that imported rows refer to: runs, reconstructions and datasets, read or created in bulk."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

from certify.models import Dataset, RunReconstruction
from oms.models import OmsRun

if TYPE_CHECKING:
    from collections.abc import Sequence

    from audit.operation import AuditOperation
    from certify.imports.rows import ReconstructionKey


class TargetedRow(Protocol):
    """What an imported row is about. `dataset` is empty if it names none."""

    @property
    def key(self) -> ReconstructionKey: ...

    @property
    def reference(self) -> ReconstructionKey: ...

    @property
    def dataset(self) -> str: ...


class ImportTargets:
    """Runs by number, reconstructions by key (locked) and datasets by name: what is missing is created."""

    def __init__(self, rows: Sequence[TargetedRow], current: AuditOperation) -> None:
        self._rows, self._operation = rows, current
        self.runs = self._read_runs()
        self.reconstructions = self._read_reconstructions()
        self.datasets = self._read_datasets()

    def _read_runs(self) -> dict[int, OmsRun]:
        numbers = {key[0] for row in self._rows for key in (row.key, row.reference)}
        OmsRun.objects.bulk_create([OmsRun(run_number=number) for number in numbers], ignore_conflicts=True)
        return {run.pk: run for run in OmsRun.objects.select_related("fill").filter(pk__in=numbers)}

    def _read_reconstructions(self) -> dict[ReconstructionKey, RunReconstruction]:
        keys = {key for row in self._rows for key in (row.key, row.reference)}
        existing = RunReconstruction.objects.select_for_update().filter(run_id__in=self.runs)
        by_key = {(item.run_id, item.reconstruction): item for item in existing}
        new = [RunReconstruction(run_id=run, reconstruction=name) for run, name in sorted(keys - by_key.keys())]
        self._operation.track_created(RunReconstruction.objects.bulk_create(new))
        by_key |= {(item.run_id, item.reconstruction): item for item in new}
        for item in by_key.values():
            item.run = self.runs[item.run_id]
        return by_key

    def _read_datasets(self) -> dict[str, Dataset]:
        names = {row.dataset for row in self._rows if row.dataset}
        Dataset.objects.bulk_create([Dataset(name=name) for name in names], ignore_conflicts=True)
        return {dataset.name: dataset for dataset in Dataset.objects.filter(name__in=names)}
