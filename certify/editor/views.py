"""Views that certify a reconstruction of a run."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, cast

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views import View

from certify.actions.certify import certify_run
from certify.editor.addresses import next_address, with_query
from certify.editor.drafts import close_drafts, restore_draft, seconds_to_save, track_presence
from certify.editor.editor import (
    CertificationEditor,
    bound_editor,
    new_editor,
    reopened_editor,
)
from certify.editor.form_context import read_form_context
from certify.editor.last_save import remember_save
from certify.editor.like_express import is_take_over, take_over
from certify.editor.live_checks import is_live_check, live_check_response
from certify.editor.new_terms import add_new_term, is_new_term
from certify.editor.notices import subject_notices
from certify.editor.page import certify_page
from certify.editor.signals import search_opened
from certify.editor.subject import (
    AllCertified,
    CertificationSubject,
    ReconstructionUnknown,
    SubjectNotFound,
    SubjectRequest,
    checked_request,
    resolve_reopened_subject,
    resolve_subject,
    unnamed_dataset,
)
from certify.editor.version_question import is_version_question, send_version_question, version_in_question
from certify.editor.worklist import Search, form_search, read_search, through_outage
from certify.errors import AlreadyCertified, EntryInvalid
from certify.facts.forms import is_correction_request, with_all_inputs
from certify.models.choices import Reconstruction
from certify.selectors import live_certification
from drafts.form_token import read_form_token
from drafts.middleware import filled_fields
from drafts.selectors import draft_of
from infrastructure.web.responses import HttpResponseSeeOther
from oms.mirror import stored_run
from oms.sanity import left_out_messages
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from collections.abc import Sequence

    from certify.models import TrackerCertification

# Fields of a form without a valid context that are not passed on to the chosen reconstruction.
_NOT_FORWARDED = ("csrfmiddlewaretoken", "ticket", "reconstruction", "dataset")


@method_decorator(role_required(Role.SHIFTER), name="dispatch")
class CertifyView(View):
    """Certify one reconstruction of a run: `dispatch` determines which one, GET shows the form, POST certifies.

    A GET queries Run Registry and OMS. A POST does not: the form has a signed context.
    """

    subject_request: SubjectRequest
    search: Search
    subject: CertificationSubject
    existing: TrackerCertification | None

    def dispatch(self, request: HttpRequest, *_args: Any, **address: Any) -> HttpResponseBase:
        try:
            self.subject_request = _subject_request(request, **address)
            if request.method in ("GET", "HEAD"):
                self.search = read_search(
                    request.GET.get("runs", ""), self.subject_request.run_number, _practice_of(request)
                )
                self.existing = _existing_certification(self.subject_request, self.search)
                if self.existing and not _wants_draft(request, self.existing):
                    return existing_response(cast("SignedInRequest", request), self.existing)
                self.subject = resolve_subject(self.subject_request, self.search)
        except SubjectNotFound as error:
            raise Http404(str(error)) from error
        except AllCertified:
            return all_certified_response(request, self.subject_request)
        except ReconstructionUnknown as unknown:
            return choose_reconstruction(request, self.subject_request, str(unknown), datasets=unknown.datasets)
        return super().dispatch(request)

    def get(self, request: SignedInRequest) -> HttpResponse:
        runs = request.GET.get("runs", "")
        notices = subject_notices(self.subject) + left_out_messages(self.subject.oms.run)
        editor = new_editor(request.user, self.subject, runs, is_correcting="correct" in request.GET)
        editor.certified = self.search.certified
        editor = restore_draft(request, editor)
        if self.existing and not editor.draft:
            return existing_response(request, self.existing)
        search_opened.send(type(self), user=request.user, numbers=self.search.numbers)
        status = 409 if self.existing else 200
        return form_page(request, editor, notices, runs=runs, search=self.search, status=status, theirs=self.existing)

    def post(self, request: SignedInRequest) -> HttpResponse:
        form_context = read_form_context(request.POST.get("ticket", ""))
        if form_context is None or not self.subject_request.is_of(form_context):
            if is_live_check(request.POST):
                return HttpResponse(status=204)
            return _reopened_form(request, self.subject_request)
        run = stored_run(self.subject_request.run_number)
        if is_correction_request(request.POST):
            return form_with_all_inputs(
                request, bound_editor(request.user, with_all_inputs(request.POST, run), run, form_context)
            )
        editor = bound_editor(request.user, request.POST, run, form_context)
        if response := response_without_saving(request, editor):
            return response
        if is_version_question(request.POST):
            return send_version_question(request, editor) or _invalid_form(request, editor)
        return _save_certification(request, self.subject_request.run_number, editor)


def response_without_saving(request: SignedInRequest, editor: CertificationEditor) -> HttpResponse | None:
    """Return the response to a POST that saves nothing, or to an invalid form; None for a form to save."""
    if is_live_check(request.POST):
        return live_check_response(request, editor)
    if is_take_over(request.POST):
        take_over(editor)
        return form_page(request, editor, [])
    if is_new_term(request.POST):
        return form_page(request, editor, [], status=200 if add_new_term(request.user, request.POST, editor) else 422)
    return None if editor.is_valid() else _invalid_form(request, editor)


def _invalid_form(request: SignedInRequest, editor: CertificationEditor) -> HttpResponse:
    return form_page(request, editor, [], status=422, theirs=version_in_question(request, editor))


def _reopened_form(request: SignedInRequest, subject_request: SubjectRequest) -> HttpResponse:
    """Show a form without a valid context again, with its input and the current answers of Run Registry and OMS."""
    known = subject_request.reconstruction or _posted_reconstruction(request.POST, subject_request.run_number)
    asked = replace(subject_request, reconstruction=known, dataset=unnamed_dataset(request.POST.get("dataset", "")))
    try:
        search = read_search(request.POST.get("runs", ""), subject_request.run_number, request.user.training_of)
        subject = resolve_reopened_subject(asked, search)
    except AllCertified:
        return choose_reconstruction(
            request, subject_request, f"All datasets of run {subject_request.run_number} are certified.", 422
        )
    except ReconstructionUnknown as unknown:
        return choose_reconstruction(request, subject_request, str(unknown), 422)
    return form_page(
        request, reopened_editor(request.user, request.POST, subject), subject_notices(subject), status=422
    )


def _posted_reconstruction(sent: QueryDict, run_number: int) -> str | None:
    """Return the reconstruction of a form without a valid context, from its field or its form token, or None."""
    if (named := sent.get("reconstruction", "")) in Reconstruction.values:
        return named
    form_token = read_form_token(sent.get("sheet", ""))
    return form_token.reconstruction if form_token and form_token.run_number == run_number else None


def _subject_request(request: HttpRequest, run_number: int, reconstruction: str | None = None) -> SubjectRequest:
    query = request.GET
    is_retry, from_search = "again" in query, bool(query.get("runs"))
    return checked_request(run_number, reconstruction, query.get("dataset", ""), from_search, is_retry)


def _practice_of(request: HttpRequest) -> int | None:
    """Return the primary key of a user in training, or None. `role_required` checks the user later."""
    return cast("SignedInRequest", request).user.training_of


def _existing_certification(subject_request: SubjectRequest, search: Search) -> TrackerCertification | None:
    """Return the live certification of the reconstruction in the URL, or None."""
    if (
        subject_request.reconstruction is None
        or (subject_request.run_number, subject_request.reconstruction) not in search.certified
    ):
        return None
    return live_certification(subject_request.run_number, subject_request.reconstruction, search.training_of)


def _wants_draft(request: HttpRequest, existing: TrackerCertification) -> bool:
    """Whether a person who may not change the existing certification requests their draft."""
    return "draft" in request.GET and not existing.may_be_changed_by(cast("SignedInRequest", request).user)


def _save_certification(request: SignedInRequest, run_number: int, editor: CertificationEditor) -> HttpResponse:
    """Save the input of the editor and redirect to the next page; or show the form with the errors."""
    form = editor.form
    try:
        certification = certify_run(
            request.user,
            run_number,
            editor.form_context.reconstruction,
            form.certification_input(),
            form.certification_context(*editor.typed_facts(), seconds_to_save(request)),
            form.cleaned_data["idempotency_key"],
        )
    except EntryInvalid as error:
        editor.form_context = replace(editor.form_context, training_of=request.user.training_of)
        editor.add_issues(error.issues)
        return _invalid_form(request, editor)
    except AlreadyCertified as conflict:
        return form_page(request, editor, [], status=409, theirs=conflict.existing)
    close_drafts(request, certification)
    remember_save(request, certification, "saved")
    is_resubmission = certification.idempotency_key == form.cleaned_data["idempotency_key"]
    if not (certification.recorded_change or is_resubmission or request.POST.get("runs")):  # saved in another tab
        return HttpResponseSeeOther(reverse("listruns:certification", args=[certification.pk]))
    return HttpResponseSeeOther(next_address(request.POST, certification, editor.form_context))


def form_page(
    request: SignedInRequest,
    editor: CertificationEditor,
    notices: list[str],
    *,
    runs: str = "",
    search: Search | None = None,
    status: int = 200,
    theirs: TrackerCertification | None = None,
) -> HttpResponse:
    """Render the certify page of this editor."""
    runs = runs or request.POST.get("runs", "")
    form_context = editor.form_context
    search = through_outage(search, form_context) if search else form_search(runs, form_context) if runs else None
    if search is not None and editor.certified is None:
        editor.certified = search.certified
    page = certify_page(editor, notices, runs=runs, search=search, theirs=theirs, reader=request.user)
    context = {"page": page, "form": editor.form, "editor": editor, "presence": track_presence(request, editor)}
    return render(request, "certify/certify.html", context, status=status)


def form_with_all_inputs(request: SignedInRequest, editor: CertificationEditor) -> HttpResponse:
    """Show the form with its input and with an input for every fact; nothing is saved."""
    editor.clear_errors()
    return form_page(request, editor, [])


def existing_response(request: SignedInRequest, existing: TrackerCertification) -> HttpResponse:
    """Redirect to the update page if the person may change the certification; else show it as a conflict (409)."""
    if existing.may_be_changed_by(request.user):
        update = reverse("listruns:update", args=[existing.pk])
        saved = f"Already saved at {existing.updated_at:%Y-%m-%d %H:%M:%S} UTC. What is saved here changes it."
        messages.info(request, saved)
        return redirect(with_query(update, **{name: request.GET.get(name, "") for name in ("draft", "runs")}))
    draft = draft_of(request.user, existing.run_number, existing.reconstruction)
    context = {"certification": existing, "runs": request.GET.get("runs", ""), "has_draft": draft is not None}
    return render(request, "certify/already_certified.html", context, status=409)


def all_certified_response(request: HttpRequest, subject_request: SubjectRequest) -> HttpResponse:
    messages.success(request, f"All datasets of run {subject_request.run_number} are certified. Choose another run.")
    return redirect(with_query(reverse("openruns:open-runs"), runs=request.GET.get("runs", "")))


def choose_reconstruction(
    request: HttpRequest, subject_request: SubjectRequest, reason: str, status: int = 200, datasets: Sequence[str] = ()
) -> HttpResponse:
    """Show the page that offers the four reconstructions, for each of `datasets`. Submitted input is passed on."""
    sent = [(name, text) for name, texts in request.POST.lists() if name not in _NOT_FORWARDED for text in texts]
    context = {
        "subject_request": subject_request,
        "reason": reason,
        "reconstructions": Reconstruction,
        "datasets": datasets,
        "runs": request.GET.get("runs"),
        "sent": sent,
        "filled_fields": filled_fields(request.POST),
    }
    return render(request, "certify/choose_reconstruction.html", context, status=status)
