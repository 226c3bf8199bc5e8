"""The rows of the list: their values and their HTML, which is cached, since most rows rarely change."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.template.loader import render_to_string

from certify.models.choices import TrackerMap
from infrastructure.web.rendered_cache import render_once

if TYPE_CHECKING:
    import datetime as dt

    from django.utils.safestring import SafeString

    from certify.models import TrackerCertification
    from certify.models.components import ComponentFlag


class ListRow(NamedTuple):
    """The values that a row shows. `at`: time of a historical version (ISO, UTC), empty for the current one."""

    pk: int
    run_number: int
    reconstruction: str
    state: str
    run_type: str
    component_flags: tuple[ComponentFlag, ...]
    verdict_word: str
    is_stale: bool
    is_practice: bool
    has_trackermap: bool
    reference: str
    shifter: str
    date: dt.date
    comment: str
    at: str = ""
    like_express: bool = False
    out: str = ""
    is_changed_in_registry: bool = False


def list_row(
    row: TrackerCertification, as_of: dt.datetime | None = None, *, is_changed_in_registry: bool = False
) -> ListRow:
    """Return the values of a certification from `rows_for_list`.

    `is_changed_in_registry`: whether Run Registry has something else now than was sent there.
    """
    return ListRow(
        row.pk,
        row.run_number,
        row.reconstruction,
        row.state,
        row.run_type,
        row.component_flags,
        row.verdict_word,
        row.is_stale,
        row.is_practice,
        row.trackermap == TrackerMap.EXISTS,
        str(row.reference_runreconstruction),
        row.user.display_name,
        row.date,
        row.comment,
        f"{as_of:%Y-%m-%dT%H:%M:%SZ}" if as_of else "",
        row.like_express,
        row.out.text,
        is_changed_in_registry,
    )


@render_once(maxsize=2048)
def row_html(row: ListRow) -> SafeString:
    """Render the row of the table."""
    return render_to_string("listruns/_row.html", {"row": row})
