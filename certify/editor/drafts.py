"""Drafts on the certify and update pages: the form token of an open form, and the restoring of a draft.

A submitted form without changes is not stored as a draft.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

from certify.editor.draft_content import has_typed_fact
from certify.editor.editor import CertificationEditor, bound_amendment_editor, bound_editor
from certify.facts.forms import CORRECTING, FactForms, shown_field_name, with_all_inputs
from drafts.actions import close_form, open_lease, renew_lease, save_draft
from drafts.form_token import FormToken, read_form_token
from drafts.selectors import FormPresence, draft_of, form_presence
from oms.models import OmsFill, OmsRun

if TYPE_CHECKING:
    from django.http import QueryDict

    from certify.models import TrackerCertification
    from users.access import SignedInRequest

# A draft stores the typed values and the version they are based on; these fields are taken from the new form.
_FRESH_FIELDS = ("ticket", "idempotency_key", "reconstruction")
# Hidden fields.
_UNSEEN_FIELDS = {"reconstruction", "ticket", "version", "idempotency_key", "runs"}


def track_presence(request: SignedInRequest, editor: CertificationEditor) -> FormPresence:
    """Open or renew the lease of the form to be shown, and return who else has it open. Works without JavaScript.

    A submitted form that is not saved is stored as a draft, if it has changes.
    """
    if request.method != "POST":
        form_token = _current_token(request, editor)
        open_lease(form_token)
        return form_presence(form_token)
    form_token = store_draft(request, editor)
    lease = renew_lease(form_token)
    return form_presence(form_token, lease if lease.taken_at else None)


def store_draft(request: SignedInRequest, editor: CertificationEditor) -> FormToken:
    """Store the submitted form as a draft, if it has changes, and return its form token."""
    form_token = _current_token(request, editor)
    if is_dirty(editor, request.POST):
        save_draft(form_token, request.POST, is_reopened=True)
    return form_token


def restore_draft(request: SignedInRequest, editor: CertificationEditor) -> CertificationEditor:
    """Return the editor bound to the draft of the parameter `draft`; the same editor if there is no such draft."""
    form_context, existing = editor.form_context, editor.existing
    key = request.GET.get("draft", "")
    draft = draft_of(request.user, form_context.run_number, form_context.reconstruction, key) if key else None
    if draft is None:
        return editor
    typed = draft.typed
    for name in _FRESH_FIELDS:
        typed[name] = str(editor.form.initial[name])
    if not form_context.accepts_dataset(typed.get("dataset", "")):
        typed["dataset"] = editor.form.initial["dataset"]
    typed = _add_fact_inputs(typed, editor.run)
    if existing:
        restored = bound_amendment_editor(typed, existing, editor.run, needs_reason=editor.form.needs_reason)
    else:
        restored = bound_editor(request.user, typed, editor.run, form_context)
    restored.untick_outdated_confirmations()
    restored.clear_errors()
    restored.draft = draft
    return restored


def _add_fact_inputs(typed: QueryDict, run: OmsRun) -> QueryDict:
    """Return the draft with inputs for typed facts that OMS has given since, so that both values are shown."""
    if CORRECTING in typed:
        return typed
    facts = FactForms(run)
    is_answered_since = False
    for form, row in zip(facts.forms, (run, run.fill or OmsFill()), strict=True):
        for name in form.attributes():
            sent = form.add_prefix(name)
            if not typed.get(sent, "").strip():
                for field in (sent, shown_field_name(form, name)):  # an empty input does not contradict OMS
                    typed.pop(field, None)
            elif not facts.has_input(run if name == "fill_number" else row, type(form), name):
                typed[shown_field_name(form, name)] = facts.shown(form, name)
                is_answered_since = True
    return with_all_inputs(typed, run) if is_answered_since else typed


def close_drafts(request: SignedInRequest, certification: TrackerCertification) -> None:
    """Remove lease and draft of the form that was saved. Drafts of other tabs stay."""
    close_form(request.user, certification.run_number, certification.reconstruction, _posted_token(request))


def seconds_to_save(request: SignedInRequest) -> int | None:
    """Return the seconds since the submitted form was displayed; None without a valid token."""
    form_token = _posted_token(request)
    return max(0, round((datetime.now(UTC) - form_token.opened_at).total_seconds())) if form_token else None


def _posted_token(request: SignedInRequest) -> FormToken | None:
    return read_form_token(request.POST.get("sheet", ""))


def _current_token(request: SignedInRequest, editor: CertificationEditor) -> FormToken:
    """Return the submitted form token if it belongs to this person and reconstruction; else a new one.

    A restored draft gets a new token, too, so that two tabs with the same draft are independent.
    """
    identity = request.user.pk, editor.form_context.run_number, editor.form_context.reconstruction
    sent = _posted_token(request)
    if sent and sent.is_of(*identity):
        return sent
    address = _form_address(request, editor)
    if editor.draft is None:
        return FormToken(*identity, address)
    return FormToken(*identity, address, restored_key=editor.draft.key, restored_at=editor.draft.at.isoformat())


def _form_address(request: SignedInRequest, editor: CertificationEditor) -> str:
    """Return the URL that opens the same form again, with its reconstruction, which could be chosen otherwise."""
    if editor.existing:
        return reverse("listruns:update", args=[editor.existing.pk])
    address = reverse(
        "certify:certify-reconstruction", args=[editor.form_context.run_number, editor.form_context.reconstruction]
    )
    query = {name: request.GET[name] for name in ("dataset", "runs") if request.GET.get(name)}
    return f"{address}?{urlencode(query)}" if query else address


def is_dirty(editor: CertificationEditor, sent: QueryDict) -> bool:
    """Whether a person has changed anything in the form."""
    form = editor.form
    changed = set(form.changed_data) - _UNSEEN_FIELDS - _unchanged_proposals(editor, sent)
    return bool(changed or editor.new_term_forms or form.confirmed) or any(has_typed_fact(sent, name) for name in sent)


def _unchanged_proposals(editor: CertificationEditor, sent: QueryDict) -> set[str]:
    """Return the fields of a new form that still have their proposed values."""
    if editor.existing is not None:
        return {"dataset"}
    best = next((ranked.reference.pk for ranked in editor.ranked if ranked.is_possible), None)
    proposed = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "reference_runreconstruction": str(best or "")}
    unchanged = {name for name, value in proposed.items() if sent.get(name, "") == value}
    return unchanged | ({"dataset"} if editor.form["dataset"].is_hidden else set())
