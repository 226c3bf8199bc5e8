"""Reference runs offered by forms, cached as plain values until a reference run or its certification changes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.db.models import F, OuterRef, Q, Subquery, Value
from django.db.models.functions import Coalesce

from certify.models import RunReconstruction, TrackerCertification
from certify.references.ranking import ReferenceFeatures
from certify.selectors import certified_datasets
from infrastructure.cache.remembered import cached, invalidate

if TYPE_CHECKING:
    from django.db.models.expressions import Combinable

_CACHE_KEY = "certify.references.offered"


def offered_references(selected_pk: int | None = None) -> list[ReferenceFeatures]:
    """Return all reference runs with the features for ranking, and also the one with the primary key `selected_pk`.

    The selected one may be retired; it then has the name of its successor.
    """
    offered = cached(_CACHE_KEY, lambda: _reference_features(Q(is_reference=True)))
    if selected_pk is None or any(features.pk == selected_pk for features in offered):
        return offered
    names = {features.pk: str(features) for features in offered}
    return offered + [
        replace(features, successor_name=names.get(features.successor, ""))
        for features in _reference_features(Q(pk=selected_pk))
    ]


def invalidate_references(instance: RunReconstruction, *, created: bool = False, **_signal: object) -> None:
    """Signal receiver: invalidate the cache, unless a row was created that is not a reference run."""
    if instance.is_reference or not created:
        invalidate(_CACHE_KEY)


def invalidate_datasets(instance: TrackerCertification, **_signal: object) -> None:
    """Signal receiver: invalidate the cache, unless the certification is known without a query to be of no reference.

    A reference has the dataset in which it is certified.
    """
    is_loaded = TrackerCertification.runreconstruction.is_cached(instance)
    if not is_loaded or instance.runreconstruction.is_reference:
        invalidate(_CACHE_KEY)


def _reference_features(condition: Q) -> list[ReferenceFeatures]:
    """Return plain values instead of model instances: there are hundreds of rows with a hundred columns each."""
    columns: dict[str, Combinable] = {
        "pk": F("pk"),
        "run_number": F("run_id"),
        "reconstruction": F("reconstruction"),
        "run_type": F("run__run_type"),
        "era": Coalesce("run__era", "run__fill__era"),
        "b_field": F("run__b_field"),
        "energy": F("run__energy"),
        "pile_up": F("run__fill__peak_pileup"),
        "bunches": F("run__fill__bunches_colliding"),
        "start_time": F("run__start_time"),
        "is_offered": F("is_reference"),
        "successor": F("successor_id"),
        "dataset": Coalesce(Subquery(certified_datasets(OuterRef("pk"))), Value("")),
    }
    rows = RunReconstruction.objects.filter(condition).values_list(*columns.values())
    return [ReferenceFeatures(**dict(zip(columns, row, strict=True))) for row in rows]
