"""The public list of all certifications with their references, which existing tools read."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.db.models import Count, Max, Sum
from django.http import HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import condition, require_safe

from certify.models import TrackerCertification
from certify.models.choices import CertificationState

if TYPE_CHECKING:
    from collections.abc import Iterator

CHUNK = 2000
_JSON = "application/json"
# {name in the list: column}
_COLUMNS = {
    "run_number": "runreconstruction__run_id",
    "run_reconstruction_type": "runreconstruction__reconstruction",
    "reference_run_number": "reference_runreconstruction__run_id",
    "reference_run_reconstruction_type": "reference_runreconstruction__reconstruction",
    "dataset": "dataset__name",
}


def _etag(_request: HttpRequest) -> str:
    """Return a tag that changes with every certification: one query. Each change of one increments its version."""
    live = TrackerCertification.objects.live().order_by()
    state = live.aggregate(count=Count("pk"), versions=Sum("version"), last=Max("pk"), changed=Max("updated_at"))
    return f'"{hashlib.sha256(repr(sorted(state.items())).encode()).hexdigest()[:32]}"'


@login_not_required
@require_safe
@gzip_page
@condition(etag_func=_etag)
def all_reference_runs(request: HttpRequest) -> HttpResponseBase:
    """Public JSON: each live certification with its reference, in the shape that ML tools read; streamed."""
    if request.method == "HEAD":
        return HttpResponse(content_type=_JSON)
    return StreamingHttpResponse(_json_chunks(), content_type=_JSON)


def _json_chunks() -> Iterator[str]:
    """Yield a JSON list, a query for each range of keys, in the order in which the certifications were made."""
    before = "["
    last = TrackerCertification.objects.aggregate(last=Max("pk"))["last"] or 0
    for start in range(0, last + 1, CHUNK):
        if items := json.dumps(_items(start))[1:-1]:
            yield before + items
            before = ", "
    yield "[]" if before == "[" else "]"


def _items(start: int) -> list[dict[str, Any]]:
    """Return the live certifications with a chunk of keys.

    The rows are found by their keys alone: SQLite would use the index of the state, and read all rows for each chunk.
    """
    rows = TrackerCertification.everything.filter(pk__gte=start, pk__lt=start + CHUNK).order_by("pk")
    columns = rows.values_list("state", "is_practice", *_COLUMNS.values())
    return [
        dict(zip(_COLUMNS, values, strict=True))
        for state, is_practice, *values in columns
        if state == CertificationState.LIVE and not is_practice
    ]
