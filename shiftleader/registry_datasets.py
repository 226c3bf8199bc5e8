"""Datasets of Run Registry in the scope of the week: which match its filters, and where to certify them."""

from __future__ import annotations

from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from shiftleader.comparison import run_type_in_registry

if TYPE_CHECKING:
    from registry.flags import FlaggedDataset
    from registry.parsing import RegistryDataset
    from reports.scope import Scope


def is_wanted(scope: Scope, dataset: FlaggedDataset) -> bool:
    """Whether a dataset matches the filters that apply to datasets."""
    reconstructions, run_types = scope.values.get("reconstruction"), scope.values.get("run_type")
    spans = scope.run_ranges
    return (
        (not spans or any(first <= dataset.run_number <= last for first, last in spans))
        and (not reconstructions or dataset.dataset.reconstruction in reconstructions)
        and (not run_types or run_type_in_registry(dataset) in run_types)
        and (scope.values.get("dataset") or "").lower() in dataset.dataset.name.lower()
    )


def certify_url(dataset: RegistryDataset) -> str:
    """URL to certify the dataset."""
    address = reverse("certify:certify-reconstruction", args=[dataset.run_number, dataset.reconstruction])
    return f"{address}?{urlencode({'dataset': dataset.name})}"
