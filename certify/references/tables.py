"""Table of reference runs: order, headings and sorting of the columns. `_row.html` renders a row."""

from __future__ import annotations

from typing import Any

import django_tables2 as tables
from django.db.models import F


class NullsLastColumn(tables.Column):
    """Column that sorts nulls last in both directions, and then by run, so that pages do not overlap."""

    def __init__(self, heading: str, *names: str) -> None:
        super().__init__(verbose_name=heading, order_by=(*names, "-run_id", "reconstruction"), empty_values=())
        self.names = names

    def order(self, queryset: Any, is_descending: bool) -> tuple[Any, bool]:
        """Return the sorted queryset."""
        ordering = [
            F(name).desc(nulls_last=True) if is_descending else F(name).asc(nulls_last=True) for name in self.names
        ]
        return queryset.order_by(*ordering, "-run_id", "reconstruction"), True


class ReferenceTable(tables.Table):
    """Reference runs, newest run first."""

    run = NullsLastColumn("Run", "run_id")
    reconstruction = NullsLastColumn("Reconstruction", "reconstruction")
    run_type = NullsLastColumn("Type", "run__run_type")
    era = NullsLastColumn("Era", "era")
    fill = NullsLastColumn("Fill", "run__fill_number")
    apv = NullsLastColumn("APV", "run__readout__mode")
    b_field = NullsLastColumn("B (T)", "run__b_field")
    pile_up = NullsLastColumn("Pile-up", "run__fill__peak_pileup")
    bunches = NullsLastColumn("Bunches", "run__fill__bunches_colliding")
    date = NullsLastColumn("Began (UTC)", "run__start_time")
    resting = NullsLastColumn("Rest on it", "use_count")
    last_used = NullsLastColumn("Last used", "last_used")

    class Meta:
        order_by = "-run"
        order_by_field = "sort"
