"""The lumisections of a run beside its certification: a fragment, a page of its own, and JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.conf import settings
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import render
from django.utils.cache import patch_vary_headers
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from certify.models import RunReconstruction
from certify.models.choices import Flag, Reconstruction
from certify.models.components import Component
from certify.ranges.page import LumisectionsPage, lumisections_page
from certify.ranges.requests import request_unless_fresh
from certify.ranges.selectors import StoredLumisections, requested_registry_name, stored_lumisections_of
from certify.rules.entry import is_run_number
from oms.lumisections import bits
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from datetime import datetime

    from django.http import QueryDict

MAX_LOOKS = 30  # a minute
REFERENCE = "reference_runreconstruction"


@require_safe
@role_required(Role.SHIFTER)
@never_cache
def lumisections(request: SignedInRequest, run_number: int, reconstruction: str) -> HttpResponse:
    """Show the stored lumisections of a run, or of its reference; leave a request for what is not stored or fresh.

    Makes no outgoing request. The flags of Run Registry are shown once the query has a flag for each component.
    """
    if reconstruction not in Reconstruction.values or not is_run_number(run_number):
        raise Http404(f"There is no run {run_number} {reconstruction}.")
    reference = _reference(request.GET.get(REFERENCE, "")) if REFERENCE in request.GET else None
    shown = reference.run_id if reference else run_number
    name = "" if reference else requested_registry_name(run_number, reconstruction, request.GET.get("dataset", ""))
    stored = stored_lumisections_of(shown, name)
    page = lumisections_page(
        stored,
        request_unless_fresh(stored, is_retry="again" in request.GET),
        has_lanes=reference is None,
        shows_flags=reference is None and _may_show_flags(request.GET),
    )
    response = _json(page, stored) if _wants_json(request) else _html(request, page, run_number, reconstruction)
    patch_vary_headers(response, ["Accept", "HX-Request"])
    return response


def _reference(key: str) -> RunReconstruction:
    row = RunReconstruction.objects.filter(pk=key).first() if key.isdecimal() and len(key) < 19 else None
    if row is None:
        raise Http404("There is no such reference run.")
    return row


def _may_show_flags(query: QueryDict) -> bool:
    """Whether the opinion of Run Registry may be shown: each component has a flag, or `SHOW_OPINIONS_FIRST` is on."""
    return settings.SHOW_OPINIONS_FIRST or all(query.get(row.flag_field) in Flag.values for row in Component)


def _wants_json(request: SignedInRequest) -> bool:
    asked = request.GET.get("format")
    return (
        asked == "json"
        if asked
        else request.get_preferred_type(["text/html", "application/json"]) == ("application/json")
    )


def _html(request: SignedInRequest, page: LumisectionsPage, run_number: int, reconstruction: str) -> HttpResponse:
    looks = request.GET.get("look", "")
    number = int(looks) if looks.isdecimal() and len(looks) < 4 else 0
    kept = {name: request.GET[name] for name in ("dataset", REFERENCE) if request.GET.get(name)}
    context = {
        "lumisections": page,
        "run_number": run_number,
        "reconstruction": reconstruction,
        "is_reference": REFERENCE in request.GET,
        "again_query": urlencode({**kept, "again": 1}),
        "next_query": urlencode({**kept, "look": number + 1}),
        "looks_again": page.is_waiting and number < MAX_LOOKS,
    }
    is_part = request.htmx  # type: ignore[attr-defined]
    return render(request, "certify/_lumisections.html" if is_part else "certify/lumisections.html", context)


def _json(page: LumisectionsPage, stored: StoredLumisections) -> JsonResponse:
    reading, flags = stored.reading, stored.flags
    content = {
        "run": page.run_number,
        "state": page.state,
        "last": (reading.last_active or reading.last) if reading else None,
        "segments": [
            {name: getattr(row, name) for name in ("first", "last", *bits.NAMES, "recorded_lumi")}
            for row in stored.segments
        ],
        "registry": _status_ranges(flags.ranges if flags else {}),
        "registry_damage": flags.damage if flags else "",
        "dials": [],
        "asked": {
            "oms": _iso(reading.checked_at if reading else None),
            "registry": _iso(flags.read_at if flags else None),
            "dials": None,
        },
    }
    return JsonResponse(content)


def _status_ranges(ranges: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    keys = ("first", "last", "status")
    return {row.value: [dict(zip(keys, span, strict=True)) for span in ranges.get(row, ())] for row in Component}


def _iso(moment: datetime | None) -> str | None:
    return moment.isoformat().replace("+00:00", "Z") if moment else None
