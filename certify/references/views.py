"""Views of the table of reference runs, its export, the APV modes of its cells, the ranking and one reference run."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from audit.presentation import present_changes
from audit.undo import changes_of
from certify.models import RunReconstruction
from certify.models.choices import Reconstruction
from certify.references.apv_modes import complete_modes, read_apv_modes
from certify.references.explanation import rank_reasons
from certify.references.exports import csv_lines
from certify.references.filters import ReferenceFilter
from certify.references.offered import offered_references
from certify.references.pages import apv_cells, reference_facts, reference_page, sorted_references
from certify.references.ranking import ranked_references, reference_features
from certify.references.selectors import certifications_using, predecessors_of, references
from certify.rules.entry import is_run_number
from infrastructure.http.budget import Budget
from infrastructure.web.links import link_address
from oms.mirror import stored_run
from users.access import SignedInRequest, role_required
from users.models import Role, User

MAX_CERTIFICATIONS_SHOWN = 200


@require_safe
def reference_list(request: HttpRequest) -> HttpResponseBase:
    """Show the filtered reference runs as a page or as CSV. Status 422 if the filters are invalid."""
    filters = ReferenceFilter(request.GET, queryset=references())
    is_valid = filters.is_valid()
    if request.GET.get("export") == "csv" and is_valid:
        headers = {"Content-Disposition": f'attachment; filename="references-{timezone.now():%Y-%m-%d-%H%M}.csv"'}
        lines = csv_lines(sorted_references(request, filters.qs).iterator(chunk_size=500))
        return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)
    page = reference_page(request, filters, filters.qs if is_valid else references().none())
    return render(request, "references/list.html", {"page": page}, status=200 if is_valid else 422)


@require_safe
def apv_modes(request: HttpRequest) -> HttpResponse:
    """Read the missing APV modes of a page of the table and return them as a fragment for its cells."""
    filters = ReferenceFilter(request.GET, queryset=references())
    page = reference_page(request, filters, filters.qs if filters.is_valid() else references().none())
    reading = read_apv_modes(page.runs_without_apv_mode, Budget.for_page(is_retry="again" in request.GET))
    if not request.htmx:  # type: ignore[attr-defined]
        messages.info(request, reading.problem or "The APV modes are read.")
        return redirect(f"{reverse('references:list')}?{page.query}")
    unknown = sum(not mode for mode in reading.modes.values())
    context = {"reading": reading, "page": page, "cells": apv_cells(page, reading.modes), "unknown": unknown}
    return render(request, "references/_apv.html", context)


@role_required(Role.SHIFTER)
@require_safe
def apv_beside_reference(request: SignedInRequest, run_number: int, reconstruction: str) -> HttpResponse:
    """Show the APV modes of a run and of the reference in the query, which are requested if they are not stored."""
    if reconstruction not in Reconstruction.values:
        raise Http404(f"There is no reconstruction {reconstruction}.")
    if not is_run_number(run_number):
        raise Http404(f"{run_number} is not a run number.")
    key = request.GET.get("reference_runreconstruction", "")
    rows = RunReconstruction.objects.filter(pk=key) if key.isdecimal() and len(key) < 19 else ()
    reference = next(iter(rows), None)
    runs = {run_number, reference.run_id} if reference else {run_number}
    is_retry = "again" in request.GET
    reading = complete_modes(runs, Budget.for_page(is_retry=is_retry))
    context = {
        "run_number": run_number,
        "reconstruction": reconstruction,
        "reference": reference,
        "mode": reading.modes.get(run_number, ""),
        "reference_mode": reading.modes.get(reference.run_id, "") if reference else "",
        "problem": reading.problem,
        "is_part": request.htmx,  # type: ignore[attr-defined]
    }
    template = "references/_apv_beside.html" if context["is_part"] else "references/apv_beside.html"
    return render(request, template, context)


@role_required(Role.SHIFTER)
@require_safe
def ranked(request: SignedInRequest, run_number: int, reconstruction: str) -> HttpResponse:
    """Show all reference runs for a reconstruction, best first, with the reasons. Makes no outgoing request."""
    if reconstruction not in Reconstruction.values:
        raise Http404(f"There is no reconstruction {reconstruction}.")
    target = reference_features(stored_run(run_number), reconstruction)
    others = (features for features in offered_references() if str(features) != str(target))
    rows = [(item, rank_reasons(item)) for item in ranked_references(target, others)]
    is_part = request.htmx  # type: ignore[attr-defined]
    template = "references/_ranked.html" if is_part else "references/ranked.html"
    return render(request, template, {"target": target, "rows": rows, "is_part": is_part})


@require_safe
def reference(request: HttpRequest, pk: int) -> HttpResponse:
    """Show one reference run: its facts, its origin, the certifications that use it, and its changes."""
    rows = RunReconstruction.objects.select_related("reference_by", "successor", "run__fill", "run__readout")
    row = get_object_or_404(rows, pk=pk)
    return render(request, "references/reference.html", reference_context(row, cast("User", request.user)))


def reference_context(row: RunReconstruction, reader: User) -> dict[str, Any]:
    """Return the template context of the pages that show and that retire a reference run."""
    certifications = certifications_using(row)
    return {
        "reference": row,
        "facts": reference_facts(row),
        "link": link_address("oms_run", run=row.run_id),
        "predecessors": predecessors_of(row),
        "certifications_count": certifications.count(),
        "certifications": certifications[:MAX_CERTIFICATIONS_SHOWN],
        "changes": present_changes(changes_of(RunReconstruction, row.pk).prefetch_related("undone_by"), reader),
    }
