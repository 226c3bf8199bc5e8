"""The columns of the table of references: order, headings, how each sorts. _row.html draws a row."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.db.models import F

PAGE_SIZES = (25, 50, 100)


class ByFacts(tables.Column):
    """Sorts by these, what nobody knows last both ways; then by run, so that pages never overlap."""

    def __init__(self, heading: str, *names: str) -> None:
        super().__init__(verbose_name=heading, order_by=(*names, "-run_id", "reconstruction"), empty_values=())
        self.names = names

    def order(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        terms = [
            F(name).desc(nulls_last=True) if is_descending else F(name).asc(nulls_last=True) for name in self.names
        ]
        return queryset.order_by(*terms, "-run_id", "reconstruction"), True


class ReferenceTable(tables.Table):
    """References, newest run first."""

    run = ByFacts("Run", "run_id")
    reconstruction = ByFacts("Reconstruction", "reconstruction")
    run_type = ByFacts("Type", "run__run_type")
    era = ByFacts("Era", "era")
    fill = ByFacts("Fill", "run__fill_number")
    apv = ByFacts("APV", "run__readout__mode")
    b_field = ByFacts("B (T)", "run__b_field")
    pile_up = ByFacts("Pile-up", "run__fill__peak_pileup")
    bunches = ByFacts("Bunches", "run__fill__bunches_colliding")
    date = ByFacts("Began (UTC)", "run__start_time")
    resting = ByFacts("Rest on it", "resting")
    last_used = ByFacts("Last used", "last_used")

    class Meta:
        order_by = "-run"
        order_by_field = "sort"
