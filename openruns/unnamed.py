"""Datasets of a search whose reconstruction does not follow from their name: a person chooses it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from registry.parsing import ONLINE

if TYPE_CHECKING:
    from collections.abc import Iterable

    from registry.parsing import RegistryDataset


@dataclass(frozen=True)
class UnnamedDataset:
    """One dataset; `url`: of the page that offers the reconstructions, empty if it is not open."""

    run_number: int
    name: str
    url: str


def unnamed_datasets(datasets: Iterable[RegistryDataset], runs: str, *, all_open: bool) -> tuple[UnnamedDataset, ...]:
    """Return the datasets without a known reconstruction, newest run first. `all_open`: closed ones are offered."""
    unnamed = [dataset for dataset in datasets if dataset.reconstruction is None and dataset.name != ONLINE]
    unnamed.sort(key=lambda dataset: (-dataset.run_number, dataset.name))
    return tuple(
        UnnamedDataset(
            dataset.run_number, dataset.name, _choice_url(dataset, runs) if dataset.is_open or all_open else ""
        )
        for dataset in unnamed
    )


def _choice_url(dataset: RegistryDataset, runs: str) -> str:
    query = urlencode({"dataset": dataset.name, "runs": runs})
    return f"{reverse('certify:certify-run', args=[dataset.run_number])}?{query}"
