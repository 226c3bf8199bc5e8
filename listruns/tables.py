"""The columns of the list: order, headings and sorting. templates/listruns/_row.html renders a row."""

from typing import Any

import django_tables2 as tables

from certify.models.components import FLAG_FIELDS, Component


def _sorted_by(heading: str, *names: str) -> tables.Column:
    """Return a column that sorts by these fields, then by primary key, so that pages do not overlap."""
    return tables.Column(verbose_name=heading, order_by=(*names, "pk"), empty_values=())


class CertificationTable(tables.Table):
    """The table of certifications, by default newest shift day first."""

    run = _sorted_by("Run", "runreconstruction__run_id", "runreconstruction__reconstruction")
    reconstruction = _sorted_by("Reconstruction", "runreconstruction__reconstruction", "runreconstruction__run_id")
    run_type = _sorted_by("Type", "run_type")
    verdict = _sorted_by("Verdict", "verdict_word")
    reference = _sorted_by("Reference", "reference_runreconstruction__run_id")
    shifter = _sorted_by("Shifter", "user__username")
    date = _sorted_by("Shift day", "date")
    comment = _sorted_by("Comment", "comment")

    class Meta:
        order_by = "-date"
        order_by_field = "sort"
        sequence = ("run", "reconstruction", "run_type", *FLAG_FIELDS, "...")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        columns = [(component.flag_field, _sorted_by(component.label, component.flag_field)) for component in Component]
        super().__init__(*args, extra_columns=columns, **kwargs)
