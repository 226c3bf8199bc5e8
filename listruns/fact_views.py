"""Views of incomplete facts, typed values and stale certifications."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.facts.actions import NothingTyped, OmsValueChanged, confirm_facts, take_oms_values
from certify.facts.refresh import RefreshResult, refresh_facts
from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from infrastructure.http.results import Missing, Unreachable
from infrastructure.web.responses import HttpResponseSeeOther
from listruns.fact_pages import facts_to_complete_page, run_types_page, typed_facts
from oms.mirror import run_for_page
from oms.models import OmsRun
from oms.sanity import left_out_messages
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

MAX_VERSION_DIGITS = 9  # digits


@require_safe
def facts_to_complete(request: HttpRequest) -> HttpResponse:
    """List the certifications with typed or missing facts."""
    return render(request, "listruns/facts.html", {"page": facts_to_complete_page(request)})


@role_required(Role.SHIFT_LEADER)
@require_safe
def earlier_run_types(request: HttpRequest) -> HttpResponse:
    """List the certifications that are cosmics by the earlier rule of the run type alone."""
    return render(request, "listruns/run_types.html", {"page": run_types_page(request)})


@require_POST
@role_required(Role.SHIFTER)
def refresh(request: SignedInRequest) -> HttpResponse:
    """Query OMS and Run Registry now; show the page with the problems if one of them is unavailable."""
    result = refresh_facts(Budget.for_page(is_retry=True), request.user)
    if result.problems:
        messages.info(request, _refresh_sentence(result))
        page = facts_to_complete_page(request, list(dict.fromkeys(result.problems)))
        return render(request, "listruns/facts.html", {"page": page})
    messages.success(request, _refresh_sentence(result))
    return HttpResponseSeeOther(reverse("listruns:facts"))


def _refresh_sentence(result: RefreshResult) -> str:
    if result.was_running:
        return "Another refresh is running. Look again in a minute."
    filled = ", ".join(map(str, result.completed)) or "none"
    stale = ", ".join(map(str, result.stale)) or "none"
    return f"{result.runs} run{'' if result.runs == 1 else 's'} looked at. Filled in: {filled}. Newly stale: {stale}."


@require_POST
@role_required(Role.SHIFTER)
def confirm(request: SignedInRequest, pk: int) -> HttpResponse:
    """Confirm a stale certification on the current facts."""
    certification = get_object_or_404(TrackerCertification.objects.with_names(), pk=pk)
    version = request.POST.get("version", "")
    number = int(version) if version.isascii() and version.isdigit() and len(version) <= MAX_VERSION_DIGITS else 0
    try:
        confirmed = confirm_facts(request.user, certification, number, request.POST.get("seen", ""))
        messages.success(request, f"{confirmed} is confirmed, version {confirmed.version}.")
    except EntryInvalid as error:
        messages.error(request, f"Not confirmed. {error.issues[0].sentence}")
    except ChangedMeanwhile:
        messages.error(request, f"Not confirmed: {certification} was changed meanwhile. Look at it as it is now.")
    return HttpResponseSeeOther(reverse("listruns:certification", args=[pk]))


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
def typed_values(request: SignedInRequest, run_number: int) -> HttpResponse:
    """Show the typed values of a run beside the values of OMS; a POST restores the ticked ones from OMS."""
    run = get_object_or_404(OmsRun.objects.select_related("fill"), pk=run_number)
    if request.method == "POST":
        return _take_ticked_values(request, run)
    reading = run_for_page(run_number, Budget.for_page(is_retry="again" in request.GET))
    answers = (reading.run_result, reading.fill_result)
    notices = [f"{answer.reason}." for answer in answers if isinstance(answer, Missing | Unreachable)]
    notices += left_out_messages(reading.run)
    return _typed_page(request, reading.run or run, list(dict.fromkeys(notices)))


def _typed_page(request: SignedInRequest, run: OmsRun, notices: list[str], status: int = 200) -> HttpResponse:
    context = {"run": run, "facts": typed_facts(run), "notices": notices}
    return render(request, "listruns/typed_values.html", context, status=status)


def _take_ticked_values(request: SignedInRequest, run: OmsRun) -> HttpResponse:
    """Replace the ticked typed values with the stored values of OMS, without a query to OMS."""
    ticked = request.POST.getlist("take")
    run_fields = [name.removeprefix("run-") for name in ticked if name.startswith("run-")]
    fill_fields = [name.removeprefix("fill-") for name in ticked if name.startswith("fill-")]
    shown_values = {name: request.POST.get(f"seen-{name}", "") for name in ticked}
    if not ticked:
        return _typed_page(request, run, ["Nothing is ticked. Tick the values to take from OMS."], status=422)
    try:
        take_oms_values(request.user, run.run_number, run_fields, fill_fields, shown_values)
    except OmsValueChanged:
        return _typed_page(request, run, ["OMS has other values meanwhile. Check its values again."], status=409)
    except NothingTyped:
        return _typed_page(request, run, ["Nothing is taken: OMS gives these values already."], status=409)
    messages.success(request, f"Run {run.run_number} has OMS's values again.")
    return HttpResponseSeeOther(reverse("listruns:typed-values", args=[run.run_number]))
