"""Views with which shift leaders adopt, promote and retire reference runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from certify.errors import EntryInvalid
from certify.models import RunReconstruction, TrackerCertification
from certify.references.actions import adopt_reference, promote_reference, promotion_obstacles, retire_reference
from certify.references.forms import AdoptForm, RetireForm
from certify.references.offered import offered_references
from certify.references.ranking import RankedReference, ranked_references, reference_features
from certify.references.views import reference_context
from infrastructure.http.budget import Budget
from infrastructure.http.results import Missing
from infrastructure.web.reason_form import ReasonForm
from infrastructure.web.responses import HttpResponseSeeOther
from oms.mirror import run_for_page
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from django import forms
    from django.http import HttpResponse

    from oms.models import OmsRun

_METHODS = ["GET", "HEAD", "POST"]


@require_http_methods(_METHODS)
@role_required(Role.SHIFT_LEADER)
def adopt(request: SignedInRequest) -> HttpResponse:
    """Make a run of OMS a reference run although it is not certified."""
    initial = {name: request.GET.get(name, "") for name in ("run_number", "reconstruction")}
    form = AdoptForm(request.POST) if request.method == "POST" else AdoptForm(initial=initial)
    if form.is_bound and form.is_valid() and (adopted := _adopt_from_form(request, form)):
        messages.success(request, f"{adopted} is a reference run now.")
        return HttpResponseSeeOther(reverse("references:reference", args=[adopted.pk]))
    return render(request, "references/adopt.html", {"form": form}, status=422 if form.is_bound else 200)


def _adopt_from_form(request: SignedInRequest, form: AdoptForm) -> RunReconstruction | None:
    """Return the new reference run, or None after adding errors to the form."""
    data = form.cleaned_data
    run = _run_known_to_oms(data["run_number"], form)
    if run is None:
        return None
    try:
        return adopt_reference(request.user, run, data["reconstruction"], data["reason"])
    except EntryInvalid as error:
        _add_field_errors(form, error)
        return None


def _run_known_to_oms(number: int, form: AdoptForm) -> OmsRun | None:
    """Return the run if OMS knows it or, while OMS is unreachable, if it was read before; else add an error."""
    reading = run_for_page(number, Budget.for_page(is_retry=True))
    if isinstance(reading.run_result, Missing):
        form.add_error("run_number", f"OMS does not know run {number}. Check the number.")
        return None
    if reading.run is None or reading.run.fetched_at is None:
        reason = getattr(reading.run_result, "reason", "OMS did not answer")
        form.add_error("run_number", f"{reason}. Only a run that OMS knows can be adopted: try again later.")
        return None
    return reading.run


@require_http_methods(_METHODS)
@role_required(Role.SHIFT_LEADER)
def promote(request: SignedInRequest, pk: int) -> HttpResponse:
    """Make the reconstruction of a certification a reference run, or show all obstacles."""
    rows = TrackerCertification.everything.with_names().select_related("withdrawn_by")
    certification = get_object_or_404(rows, pk=pk)
    form = ReasonForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            promoted = promote_reference(request.user, certification, form.cleaned_data["reason"])
        except EntryInvalid:
            certification = rows.get(pk=pk)  # in its current state, for the obstacles on the page
        else:
            messages.success(request, f"{promoted} is a reference run now.")
            return HttpResponseSeeOther(reverse("references:reference", args=[promoted.pk]))
    context = {"certification": certification, "form": form, "obstacles": list(promotion_obstacles(certification))}
    return render(request, "references/promote.html", context, status=422 if form.is_bound else 200)


@require_http_methods(_METHODS)
@role_required(Role.SHIFT_LEADER)
def retire(request: SignedInRequest, pk: int) -> HttpResponse:
    """Retire a reference run, with an optional successor. The page shows the certifications that use it."""
    rows = RunReconstruction.objects.select_related("reference_by", "run__fill")
    row = get_object_or_404(rows, pk=pk, is_reference=True)
    form = RetireForm(request.POST if request.method == "POST" else None, candidates=_successor_candidates(row))
    if form.is_bound and form.is_valid():
        try:
            retire_reference(request.user, row, form.cleaned_data["reason"], form.cleaned_data["successor"])
        except EntryInvalid as error:
            _add_field_errors(form, error)
        else:
            messages.success(request, f"{row} is offered as a reference no longer.")
            return HttpResponseSeeOther(reverse("references:reference", args=[row.pk]))
    context = reference_context(row, request.user) | {"form": form}
    return render(request, "references/retire.html", context, status=422 if form.is_bound else 200)


def _successor_candidates(row: RunReconstruction) -> list[RankedReference]:
    """Return the other reference runs, the most similar first."""
    others = [reference for reference in offered_references() if reference.pk != row.pk]
    return ranked_references(reference_features(row.run, row.reconstruction), others)


def _add_field_errors(form: forms.Form, error: EntryInvalid) -> None:
    for issue in error.issues:
        form.add_error(issue.field if issue.field in form.fields else None, issue.sentence)
