"""The columns of the list: order, headings, and how each sorts. templates/listruns/_row.html draws a row."""

import django_tables2 as tables

PAGE_SIZES = (25, 50, 100)


def _sorted_by(heading: str, *names: str) -> tables.Column:
    """A column that sorts by these, then by the key, so that pages never overlap."""
    return tables.Column(verbose_name=heading, order_by=(*names, "pk"), empty_values=())


class CertificationTable(tables.Table):
    """Certifications, newest day first."""

    run = _sorted_by("Run", "runreconstruction__run_id", "runreconstruction__reconstruction")
    reconstruction = _sorted_by("Reconstruction", "runreconstruction__reconstruction", "runreconstruction__run_id")
    run_type = _sorted_by("Type", "run_type")
    pixel = _sorted_by("Pixel", "pixel")
    strip = _sorted_by("Strip", "strip")
    tracking = _sorted_by("Tracking", "tracking")
    verdict = _sorted_by("Verdict", "verdict_word")
    reference = _sorted_by("Reference", "reference_runreconstruction__run_id")
    shifter = _sorted_by("Shifter", "user__username")
    date = _sorted_by("Shift day", "date")
    comment = _sorted_by("Comment", "comment")

    class Meta:
        order_by = "-date"
        order_by_field = "sort"
