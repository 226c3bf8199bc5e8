"""Drafts on the certify and update pages: the sheet of an opened form, and a draft put back into it."""

from __future__ import annotations

from urllib.parse import urlencode

from django.http import QueryDict
from django.urls import reverse

from certify.editor.editor import Desk, desk_to_amend_with, desk_with
from certify.editor.untouched import says_something
from certify.facts.forms import CORRECTING, FactForms, shown_name, with_all_inputs
from certify.models import TrackerCertification
from drafts.actions import finish, keep_draft, open_lease, renew_lease
from drafts.form_token import Sheet, read_sheet
from drafts.selectors import Around, around, draft_of
from oms.models import OmsFill, OmsRun
from users.access import SignedInRequest

# A draft keeps what was typed and the version it was typed over; what a form is opened with is always new.
_ALWAYS_NEW = ("ticket", "idempotency_key", "reconstruction")


def around_form(request: SignedInRequest, desk: Desk) -> Around:
    """What goes on around the form that is about to be shown, which is open from here on, with or without JavaScript.

    One that was sent and not taken is kept as a draft, unless nothing was typed into it.
    """
    sheet = _sheet_of(request, desk)
    if request.method != "POST":
        open_lease(sheet)
        return around(sheet)
    if says_something(desk, request.POST):
        keep_draft(sheet, request.POST, is_reopened=True)
    lease = renew_lease(sheet)
    return around(sheet, lease if lease.taken_at else None)


def with_draft(request: SignedInRequest, desk: Desk) -> Desk:
    """The desk with the draft that `?draft=` names typed into it; as it is where the person has none."""
    ticket, standing = desk.ticket, desk.standing
    wanted = request.GET.get("draft", "")
    found = draft_of(request.user, ticket.run_number, ticket.reconstruction, wanted) if wanted else None
    if found is None:
        return desk
    typed = found.typed
    for name in _ALWAYS_NEW:
        typed[name] = str(desk.form.initial[name])
    if not ticket.knows(typed.get("dataset", "")):
        typed["dataset"] = desk.form.initial["dataset"]
    typed = _with_an_input_for_each(typed, desk.run)
    if standing:
        again = desk_to_amend_with(typed, standing, desk.run, needs_reason=desk.form.needs_reason)
    else:
        again = desk_with(typed, desk.run, ticket)
    again.untick_other_words()
    again.forget_errors()
    again.draft = found
    return again


def _with_an_input_for_each(typed: QueryDict, run: OmsRun) -> QueryDict:
    """OMS may have answered since: what was typed for a fact that it gives now stands beside its value."""
    if CORRECTING in typed:
        return typed
    facts = FactForms(run)
    late = False
    for form, row in zip(facts.forms, (run, run.fill or OmsFill()), strict=True):
        for name in form.attributes():
            sent = form.add_prefix(name)
            if not typed.get(sent, "").strip():
                for one in (sent, shown_name(form, name)):  # an input that was left empty says nothing against OMS
                    typed.pop(one, None)
            elif not facts.has_input(run if name == "fill_number" else row, type(form), name):
                typed[shown_name(form, name)] = facts.shown(form, name)
                late = True
    return with_all_inputs(typed, run) if late else typed


def finish_drafts(request: SignedInRequest, made: TrackerCertification) -> None:
    """The form was saved: nothing of it is left to keep; what other tabs have is."""
    finish(request.user, made.run_number, made.reconstruction, _sheet_sent(request))


def _sheet_sent(request: SignedInRequest) -> Sheet | None:
    return read_sheet(request.POST.get("sheet", ""))


def _sheet_of(request: SignedInRequest, desk: Desk) -> Sheet:
    """The sheet that was sent, if it is this person's of this reconstruction; else a new one.

    One with a restored draft is new, too: two tabs with the same draft are two from there on.
    """
    where = request.user.pk, desk.ticket.run_number, desk.ticket.reconstruction
    sent = _sheet_sent(request)
    if sent and sent.is_of(*where):
        return sent
    address = _address_of(request, desk)
    if desk.draft is None:
        return Sheet(*where, address)
    return Sheet(*where, address, restored=desk.draft.key, restored_at=desk.draft.at.isoformat())


def _address_of(request: SignedInRequest, desk: Desk) -> str:
    """Where the same form opens again: with its reconstruction, so that nobody chooses another meanwhile."""
    if desk.standing:
        return reverse("listruns:update", args=[desk.standing.pk])
    address = reverse("certify:certify-reconstruction", args=[desk.ticket.run_number, desk.ticket.reconstruction])
    query = {name: request.GET[name] for name in ("dataset", "runs") if request.GET.get(name)}
    return f"{address}?{urlencode(query)}" if query else address
