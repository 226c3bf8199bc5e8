"""A conflict that is settled by a question: one's version is sent to the shifter whose certification is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.urls import reverse

from certify.editor.drafts import close_drafts
from certify.editor.live_checks import differences_from
from certify.review.actions import send_version
from certify.selectors import live_certification
from infrastructure.web.responses import HttpResponseSeeOther

if TYPE_CHECKING:
    from django.http import HttpResponse, QueryDict

    from certify.editor.editor import CertificationEditor
    from certify.models import TrackerCertification
    from users.access import SignedInRequest

SEND_FIELD = "send_question"


def is_version_question(sent: QueryDict) -> bool:
    """Whether the person sends their version as a question. Such a POST saves no certification."""
    return SEND_FIELD in sent


def send_version_question(request: SignedInRequest, editor: CertificationEditor) -> HttpResponse | None:
    """Ask the owner of the live certification about the differences and redirect to it; None if there is none."""
    form_context = editor.form_context
    theirs = live_certification(form_context.run_number, form_context.reconstruction, form_context.training_of)
    if theirs is None:
        return None
    send_version(request.user, theirs, _question_text(editor, theirs))
    close_drafts(request, theirs)
    messages.success(request, f"{theirs.user.display_name} is asked about {theirs}, with your version.")
    return HttpResponseSeeOther(f"{reverse('listruns:certification', args=[theirs.pk])}#questions")


def _question_text(editor: CertificationEditor, theirs: TrackerCertification) -> str:
    rows = differences_from(editor, theirs)
    parts = [f"{label}: {mine or 'none'}, yours: {saved or 'none'}" for label, saved, mine in rows]
    return f"My version differs. {'. '.join(parts)}. Which is right?" if parts else "My version is the same as yours."
