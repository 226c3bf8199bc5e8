"""Changing a certification that stands: its owner and shift leaders may."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from certify.actions.certify import amend_certification
from certify.editor.drafts import finish_drafts, with_draft
from certify.editor.editor import Desk, desk_to_amend, desk_to_amend_with
from certify.editor.form import OVER
from certify.editor.views import form_page, inputs_opened, not_to_be_saved, tell_saved
from certify.errors import ChangedMeanwhile, EntryRefused
from certify.facts.forms import wants_correction, with_all_inputs
from certify.facts.staleness import differences, in_words, of_dataset
from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from infrastructure.http.results import sentences_of
from infrastructure.web.responses import NotThere, SeeOther
from oms.mirror import run_as_known, run_for_page
from oms.sanity import sentences_about
from users.access import SignedInRequest, role_required
from users.models import Role, User


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
def update(request: SignedInRequest, pk: int) -> HttpResponse:
    """The form of a live certification, and its change."""
    certification = certification_to_change(request.user, pk)
    needs_reason = certification.user_id != request.user.pk
    if request.method != "POST":
        return _opened(request, certification, needs_reason)
    run = run_as_known(certification.run_number)
    sent = with_all_inputs(request.POST, run) if wants_correction(request.POST) else _as_meant(request.POST)
    desk = desk_to_amend_with(sent, certification, run, needs_reason=needs_reason)
    if wants_correction(request.POST):
        return inputs_opened(request, desk)
    return not_to_be_saved(request, desk) or _amended(request, certification, desk)


def certification_to_change(person: User, pk: int) -> TrackerCertification:
    """The live certification, if this person may change it. Raises Http404 and PermissionDenied."""
    known = TrackerCertification.everything.visible_to(person).with_names().select_related("withdrawn_by")
    certification = known.filter(pk=pk).first()
    if certification is None:
        raise NotThere(f"There is no certification {pk}.")
    if by := certification.withdrawn_by:
        raise NotThere(f"Withdrawn by {by.display_name} at {certification.withdrawn_at:%Y-%m-%d %H:%M:%S} UTC.")
    if not certification.may_be_changed_by(person):
        owner = certification.user.display_name
        raise PermissionDenied(f"{owner} certified this. Only they or a shift leader can change it.")
    return certification


def _opened(request: SignedInRequest, certification: TrackerCertification, needs_reason: bool) -> HttpResponse:
    """The form as it stands, with the facts that OMS has now."""
    reading = run_for_page(certification.run_number, Budget.of_page(is_retry="again" in request.GET))
    run = reading.run or run_as_known(certification.run_number)
    is_correcting = "correct" in request.GET
    opened = desk_to_amend(certification, run, needs_reason=needs_reason, is_correcting=is_correcting)
    desk = with_draft(request, opened)
    said = [*sentences_of(reading.run_answer, reading.fill_answer), *sentences_about(run)]
    return form_page(request, desk, said + _about_staleness(desk), runs=request.GET.get("runs", ""))


def _about_staleness(desk: Desk) -> list[str]:
    """What changed since it was certified: the facts as this page has them now, the dataset as it is marked."""
    if desk.standing is None:
        return []
    facts, dataset = in_words(differences(desk.standing, desk.run)), in_words(of_dataset(desk.standing))
    said = [f"Changed since it was certified: {'; '.join(facts)}. Save, and it stands on these facts."] if facts else []
    if dataset:
        said.append(f"Changed in Run Registry: {dataset[0]}. Saved here, the certification keeps its own.")
    return said


def _as_meant(sent: QueryDict) -> QueryDict:
    """What was sent; said expressly on a conflict, it goes over the version that was shown there."""
    if OVER not in sent:
        return sent
    meant = sent.copy()
    meant["version"] = sent.get(OVER, "")
    return meant


def _amended(request: SignedInRequest, certification: TrackerCertification, desk: Desk) -> HttpResponse:
    """Save the change; to its page, or the form again with what stood in the way."""
    form = desk.form
    try:
        made = amend_certification(
            request.user,
            certification,
            form.cleaned_data["version"] or 0,
            form.decision(),
            form.basis(*desk.typed()),
            reason=form.cleaned_data["reason"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except EntryRefused as refused:
        desk.refuse(refused.refusals)
        return form_page(request, desk, [], status=422)
    except ChangedMeanwhile as faster:
        return form_page(request, desk, [], status=409, theirs=faster.existing)
    finish_drafts(request, made)
    tell_saved(request, f"{made} is changed, version {made.version}", made)
    return SeeOther(reverse("listruns:certification", args=[made.pk]))
