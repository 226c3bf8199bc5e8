"""The reference runs that a form offers, cached as plain values until a reference changes."""

from __future__ import annotations

from dataclasses import replace

from django.db.models import F, Q
from django.db.models.expressions import Combinable
from django.db.models.functions import Coalesce

from certify.models import RunReconstruction
from certify.references.ranking import ReferenceFeatures
from infrastructure.cache.remembered import cached, invalidate

_CACHE_KEY = "certify.references"


def offered_references(selected_pk: int | None = None) -> list[ReferenceFeatures]:
    """All reference runs with the features that rank them; `selected_pk`: the one a certification already has."""
    offered = cached(_CACHE_KEY, lambda: _reference_features(Q(is_reference=True)))
    if selected_pk is None or any(one.pk == selected_pk for one in offered):
        return offered
    names = {one.pk: str(one) for one in offered}
    return offered + [
        replace(one, successor_name=names.get(one.successor, "")) for one in _reference_features(Q(pk=selected_pk))
    ]


def invalidate_references(instance: RunReconstruction, *, created: bool = False, **_signal: object) -> None:
    """A reference was adopted, changed or retired: the next form reads them anew. A new plain row is none."""
    if instance.is_reference or not created:
        invalidate(_CACHE_KEY)


def _reference_features(condition: Q) -> list[ReferenceFeatures]:
    """Plain values, not rows: there are hundreds, and the form needs nine columns of a hundred."""
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
    }
    rows = RunReconstruction.objects.filter(condition).values_list(*columns.values())
    return [ReferenceFeatures(**dict(zip(columns, row, strict=True))) for row in rows]
