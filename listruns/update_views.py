"""The view that changes a live certification, for its owner and shift leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from certify.actions.certify import amend_certification
from certify.editor.addresses import next_address
from certify.editor.drafts import close_drafts, restore_draft
from certify.editor.editor import CertificationEditor, amendment_editor, bound_amendment_editor
from certify.editor.form import OVERWRITE_FIELD
from certify.editor.last_save import remember_save
from certify.editor.views import form_page, form_with_all_inputs, response_without_saving
from certify.errors import ChangedMeanwhile, EntryInvalid
from certify.facts.forms import is_correction_request, with_all_inputs
from certify.facts.staleness import DATASET, changed_facts, format_changes, other_differences
from certify.models import TrackerCertification
from infrastructure.http.budget import Budget
from infrastructure.http.results import explanations
from infrastructure.web.responses import ExplainedHttp404, HttpResponseSeeOther
from oms.mirror import run_for_page, stored_run
from oms.sanity import left_out_messages
from users.access import SignedInRequest, role_required
from users.models import Role, User

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFTER)
def update(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the form of a live certification; a POST changes it."""
    certification = certification_to_change(request.user, pk)
    needs_reason = certification.user_id != request.user.pk
    if request.method != "POST":
        return _edit_form(request, certification, needs_reason)
    run = stored_run(certification.run_number)
    sent = (
        with_all_inputs(request.POST, run)
        if is_correction_request(request.POST)
        else _with_confirmed_version(request.POST)
    )
    editor = bound_amendment_editor(sent, certification, run, needs_reason=needs_reason)
    if is_correction_request(request.POST):
        return form_with_all_inputs(request, editor)
    return response_without_saving(request, editor) or _save_change(request, certification, editor)


def certification_to_change(person: User, pk: int) -> TrackerCertification:
    """Return the live certification if this person may change it. Raises Http404 and PermissionDenied."""
    rows = TrackerCertification.everything.visible_to(person).with_names().select_related("withdrawn_by")
    certification = rows.filter(pk=pk).first()
    if certification is None:
        raise ExplainedHttp404(f"There is no certification {pk}.")
    if by := certification.withdrawn_by:
        raise ExplainedHttp404(f"Withdrawn by {by.display_name} at {certification.withdrawn_at:%Y-%m-%d %H:%M:%S} UTC.")
    if not certification.may_be_changed_by(person):
        owner = certification.user.display_name
        raise PermissionDenied(f"{owner} certified this. Only they or a shift leader can change it.")
    return certification


def _edit_form(request: SignedInRequest, certification: TrackerCertification, needs_reason: bool) -> HttpResponse:
    """Show the form with the stored values and the current facts of OMS."""
    reading = run_for_page(certification.run_number, Budget.for_page(is_retry="again" in request.GET))
    run = reading.run or stored_run(certification.run_number)
    is_correcting = "correct" in request.GET
    opened = amendment_editor(certification, run, needs_reason=needs_reason, is_correcting=is_correcting)
    opened.form.initial["runs"] = request.GET.get("runs", "")
    editor = restore_draft(request, opened)
    notices = [*explanations(reading.run_result, reading.fill_result), *left_out_messages(run)]
    return form_page(request, editor, notices + _staleness_notices(editor), runs=request.GET.get("runs", ""))


def _staleness_notices(editor: CertificationEditor) -> list[str]:
    """Return sentences about changes since it was certified: current facts of this page, and the stored dataset."""
    if editor.existing is None:
        return []
    others = other_differences(editor.existing)
    ranges = [row for row in others if row["fact"] != DATASET]
    facts = format_changes([*changed_facts(editor.existing, editor.run), *ranges])
    dataset = format_changes([row for row in others if row["fact"] == DATASET])
    notices = []
    if facts:
        notices.append(f"Changed since it was certified: {'; '.join(facts)}. Save it to base it on these facts.")
    if dataset:
        notices.append(f"Changed in Run Registry: {dataset[0]}. Saved here, the certification keeps its own.")
    return notices


def _with_confirmed_version(sent: QueryDict) -> QueryDict:
    """Return the submitted data; after a confirmed conflict, with the version to overwrite."""
    if OVERWRITE_FIELD not in sent:
        return sent
    data = sent.copy()
    data["version"] = sent.get(OVERWRITE_FIELD, "")
    return data


def _save_change(
    request: SignedInRequest, certification: TrackerCertification, editor: CertificationEditor
) -> HttpResponse:
    """Save the change and redirect to its search or to the certification; or show the form with the errors."""
    form = editor.form
    try:
        changed = amend_certification(
            request.user,
            certification,
            form.cleaned_data["version"] or 0,
            form.certification_input(),
            form.certification_context(*editor.typed_facts()),
            reason=form.cleaned_data["reason"],
            idempotency_key=form.cleaned_data["idempotency_key"],
        )
    except EntryInvalid as error:
        editor.add_issues(error.issues)
        return form_page(request, editor, [], status=422)
    except ChangedMeanwhile as error:
        return form_page(request, editor, [], status=409, theirs=error.existing)
    close_drafts(request, changed)
    remember_save(request, changed, "changed")
    if request.POST.get("runs"):
        return HttpResponseSeeOther(next_address(request.POST, changed, editor.form_context))
    return HttpResponseSeeOther(reverse("listruns:certification", args=[changed.pk]))
