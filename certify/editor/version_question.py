"""A conflict that is settled by a question: one's version is sent to the shifter whose certification is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.urls import reverse

from certify.editor.drafts import store_draft
from certify.editor.live_checks import differences_from
from certify.errors import ChangedMeanwhile
from certify.review.actions import send_version
from certify.selectors import live_certification
from infrastructure.web.responses import HttpResponseSeeOther

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from certify.editor.editor import CertificationEditor
    from certify.models import TrackerCertification
    from users.access import SignedInRequest

SEND_FIELD = "send_question"
_NO_OTHER_VERSION = "Question not sent: the other version is withdrawn. Save yours."
_OWN_VERSION = "Question not sent: the saved version is your own. Save this one over it, or keep it."
_IN_TRAINING = "Question not sent: in training no questions are sent. Your version stays as a draft."


def is_version_question(sent: QueryDict) -> bool:
    """Whether the person sends their version as a question. Such a POST saves no certification."""
    return SEND_FIELD in sent


def version_in_question(request: SignedInRequest, editor: CertificationEditor) -> TrackerCertification | None:
    """Return the live certification that the person asks about; None if they ask nothing, or there is none any more."""
    if not is_version_question(request.POST):
        return None
    form_context = editor.form_context
    return live_certification(form_context.run_number, form_context.reconstruction, form_context.training_of)


def send_version_question(request: SignedInRequest, editor: CertificationEditor) -> HttpResponse | None:
    """Ask the owner of the live certification about the differences and redirect to it. The editor must be valid.

    The version of the person stays as a draft. Returns None, with an error in the form, if the question is refused.
    """
    theirs = version_in_question(request, editor)
    if theirs is None or (refusal := _ask_owner(request, editor, theirs)):
        editor.form.add_error(None, refusal if theirs else _NO_OTHER_VERSION)
        return None
    store_draft(request, editor)
    asked = f"{theirs.user.display_name} is asked about {theirs}. Your version stays as a draft."
    messages.success(request, asked)
    return HttpResponseSeeOther(f"{reverse('listruns:certification', args=[theirs.pk])}#questions")


def _ask_owner(request: SignedInRequest, editor: CertificationEditor, theirs: TrackerCertification) -> str:
    """Ask the owner about the differences. Returns the sentence of a refusal, or an empty text."""
    try:
        send_version(request.user, theirs, _question_text(editor, theirs))
    except ChangedMeanwhile:
        return _NO_OTHER_VERSION
    except PermissionDenied:
        return _OWN_VERSION if theirs.user_id == request.user.pk else _IN_TRAINING
    return ""


def _question_text(editor: CertificationEditor, theirs: TrackerCertification) -> str:
    rows = differences_from(editor, theirs)
    parts = [f"{label}: {mine or 'none'}, yours: {saved or 'none'}" for label, saved, mine in rows]
    return f"My version differs. {'. '.join(parts)}. Which is right?" if parts else "My version is the same as yours."
