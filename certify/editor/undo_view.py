"""The view that undoes a person's last save from the next page, without a typed reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpResponse, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_POST

from audit.models import Change
from audit.undo import UndoBlocked, undo_change
from certify.editor.addresses import with_query
from certify.editor.last_save import LastSave, forget_save, last_save_of
from certify.models import TrackerCertification
from drafts.actions import save_draft
from drafts.form_token import FormToken
from infrastructure.web.responses import HttpResponseSeeOther
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from users.models import User

_REASON = "Undone by the shifter right after the save."


@require_POST
@role_required(Role.SHIFTER)
def undo_last_save(request: SignedInRequest) -> HttpResponse:
    """Undo the posted change if it is the last save of this session, with the rights and checks of every undo.

    A new certification opens again with what was typed; a change leads to its certification. If later changes block
    the undo, the page of the undo shows them.
    """
    last = last_save_of(request)
    if last is None or request.POST.get("change") != str(last.change):
        messages.warning(request, "Not undone: it is not your last save any more. Undo it in the history.")
        return HttpResponseSeeOther(reverse("history_pages:history"))
    change = Change.objects.get(pk=last.change)
    if change.by_id != request.user.pk:
        raise PermissionDenied("Only a save of your own is undone here. Undo others in the history.")
    try:
        undo_change(request.user, change, _REASON)
    except UndoBlocked:
        return HttpResponseSeeOther(reverse("history_pages:undo", args=[last.change]))
    forget_save(request)
    messages.info(request, f"{last.name}: undone, {'not changed' if last.verb == 'changed' else 'open again'}.")
    return HttpResponseSeeOther(_address_after_undo(request.user, last))


def _address_after_undo(person: User, last: LastSave) -> str:
    """Return the URL of the certification, or of the form with a draft of what was typed."""
    certification = TrackerCertification.everything.select_related("runreconstruction").get(pk=last.certification)
    if not last.typed:
        return reverse("listruns:certification", args=[last.certification])
    typed = QueryDict(last.typed)
    identity = certification.run_number, certification.reconstruction
    address = with_query(
        reverse("certify:certify-reconstruction", args=identity),
        dataset=typed.get("dataset", ""),
        runs=typed.get("runs", ""),
    )
    form_token = FormToken(person.pk, *identity, address)
    save_draft(form_token, typed)
    return form_token.restoring_address()
