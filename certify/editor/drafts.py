"""Drafts on the certify and update pages: the form token of an opened form, and a draft put back into it.

A form that was sent and says no more than it was opened with is no draft.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django.urls import reverse

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

# A draft keeps what was typed and the version it was typed over; what a form is opened with is always new.
_FRESH_FIELDS = ("ticket", "idempotency_key", "reconstruction")
# What travels with the form unseen.
_UNSEEN_FIELDS = {"reconstruction", "ticket", "version", "idempotency_key", "runs"}
_FACT_PREFIXES = ("run-", "fill-")


def track_presence(request: SignedInRequest, editor: CertificationEditor) -> FormPresence:
    """Who else works on the form that is about to be shown, which is open from here on, with or without JavaScript.

    One that was sent and not taken is kept as a draft, unless nothing was typed into it.
    """
    form_token = _current_token(request, editor)
    if request.method != "POST":
        open_lease(form_token)
        return form_presence(form_token)
    if is_dirty(editor, request.POST):
        save_draft(form_token, request.POST, is_reopened=True)
    lease = renew_lease(form_token)
    return form_presence(form_token, lease if lease.taken_at else None)


def restore_draft(request: SignedInRequest, editor: CertificationEditor) -> CertificationEditor:
    """The editor with the draft that `?draft=` names typed into it; as it is where the person has none."""
    form_context, existing = editor.form_context, editor.existing
    wanted = request.GET.get("draft", "")
    found = draft_of(request.user, form_context.run_number, form_context.reconstruction, wanted) if wanted else None
    if found is None:
        return editor
    typed = found.typed
    for name in _FRESH_FIELDS:
        typed[name] = str(editor.form.initial[name])
    if not form_context.accepts_dataset(typed.get("dataset", "")):
        typed["dataset"] = editor.form.initial["dataset"]
    typed = _add_fact_inputs(typed, editor.run)
    if existing:
        again = bound_amendment_editor(typed, existing, editor.run, needs_reason=editor.form.needs_reason)
    else:
        again = bound_editor(typed, editor.run, form_context)
    again.untick_outdated_confirmations()
    again.clear_errors()
    again.draft = found
    return again


def _add_fact_inputs(typed: QueryDict, run: OmsRun) -> QueryDict:
    """OMS may have answered since: what was typed for a fact that it gives now stands beside its value."""
    if CORRECTING in typed:
        return typed
    facts = FactForms(run)
    late = False
    for form, row in zip(facts.forms, (run, run.fill or OmsFill()), strict=True):
        for name in form.attributes():
            sent = form.add_prefix(name)
            if not typed.get(sent, "").strip():
                for one in (sent, shown_field_name(form, name)):  # an input left empty says nothing against OMS
                    typed.pop(one, None)
            elif not facts.has_input(run if name == "fill_number" else row, type(form), name):
                typed[shown_field_name(form, name)] = facts.shown(form, name)
                late = True
    return with_all_inputs(typed, run) if late else typed


def close_drafts(request: SignedInRequest, made: TrackerCertification) -> None:
    """The form was saved: nothing of it is left to keep; what other tabs have is."""
    close_form(request.user, made.run_number, made.reconstruction, _posted_token(request))


def _posted_token(request: SignedInRequest) -> FormToken | None:
    return read_form_token(request.POST.get("sheet", ""))


def _current_token(request: SignedInRequest, editor: CertificationEditor) -> FormToken:
    """The form token that was sent, if it is this person's of this reconstruction; else a new one.

    One with a restored draft is new, too: two tabs with the same draft are two from there on.
    """
    where = request.user.pk, editor.form_context.run_number, editor.form_context.reconstruction
    sent = _posted_token(request)
    if sent and sent.is_of(*where):
        return sent
    address = _form_address(request, editor)
    if editor.draft is None:
        return FormToken(*where, address)
    return FormToken(*where, address, restored_key=editor.draft.key, restored_at=editor.draft.at.isoformat())


def _form_address(request: SignedInRequest, editor: CertificationEditor) -> str:
    """Where the same form opens again: with its reconstruction, so that nobody chooses another meanwhile."""
    if editor.existing:
        return reverse("listruns:update", args=[editor.existing.pk])
    address = reverse(
        "certify:certify-reconstruction", args=[editor.form_context.run_number, editor.form_context.reconstruction]
    )
    query = {name: request.GET[name] for name in ("dataset", "runs") if request.GET.get(name)}
    return f"{address}?{urlencode(query)}" if query else address


def is_dirty(editor: CertificationEditor, sent: QueryDict) -> bool:
    """Whether a person has typed, chosen or ticked anything."""
    form = editor.form
    changed = set(form.changed_data) - _UNSEEN_FIELDS - _unchanged_proposals(editor, sent)
    return bool(changed or editor.new_term_forms or form.confirmed) or any(_is_fact_typed(sent, name) for name in sent)


def _unchanged_proposals(editor: CertificationEditor, sent: QueryDict) -> set[str]:
    """Fields of a new form that a person may leave as they come, and that came so."""
    if editor.existing is not None:
        return {"dataset"}
    best = next((one.reference.pk for one in editor.ranked if one.is_possible), None)
    proposed = {"date": f"{datetime.now(UTC):%Y-%m-%d}", "reference_runreconstruction": str(best or "")}
    found = {name for name, value in proposed.items() if sent.get(name, "") == value}
    return found | ({"dataset"} if editor.form["dataset"].is_hidden else set())


def _is_fact_typed(sent: QueryDict, name: str) -> bool:
    """Whether the input of a fact has something else than what stood in it; a unit alone says nothing."""
    if not name.startswith(_FACT_PREFIXES) or name.endswith("_unit"):
        return False
    return str(sent[name]).strip() != sent.get(f"shown-{name}", "").strip()
