"""The pages on which a reconstruction of a run is certified."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase, JsonResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.utils.html import format_html
from django.views import View
from django.views.decorators.http import require_safe

from certify.actions.certify import certify_run
from certify.editor.drafts import around_form, finish_drafts, with_draft
from certify.editor.editor import Desk, desk_for, desk_opened_anew, desk_with
from certify.editor.form_context import read_ticket
from certify.editor.live_checks import hints, wants_hints
from certify.editor.new_terms import wants_word, word_added
from certify.editor.page import certify_page, notices_of
from certify.editor.subject import AllCertified, NotThere, ReconstructionUnknown, Target, Wish, checked_wish, resolve
from certify.editor.worklist import Search, read_search
from certify.errors import AlreadyCertified, EntryRefused
from certify.facts.forms import wants_correction, with_all_inputs
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction, Verdict
from certify.selectors import live_certification, reference_of_each_certification
from drafts.form_token import read_sheet
from drafts.middleware import typed_in
from drafts.selectors import draft_of
from infrastructure.web.responses import SeeOther
from oms.mirror import run_as_known
from oms.sanity import sentences_about
from users.access import SignedInRequest, role_required
from users.models import Role

LONGEST_SEARCH = 2000  # characters; an address has to hold it
# Of a form that lost what it was opened with, all goes on to the reconstruction that is chosen, but for these.
_NOT_SENT_ON = ("csrfmiddlewaretoken", "ticket", "reconstruction", "dataset")


@method_decorator(role_required(Role.SHIFTER), name="dispatch")
class CertifyView(View):
    """One reconstruction of a run: `dispatch` finds out which, GET shows its form, POST certifies it.

    A GET asks Run Registry and OMS; a POST asks nobody: what was shown travels with the form.
    """

    wish: Wish
    search: Search
    target: Target
    standing: TrackerCertification | None

    def dispatch(self, request: HttpRequest, *_args: Any, **address: Any) -> HttpResponseBase:
        try:
            self.wish = _wish_of(request, **address)
            if request.method in ("GET", "HEAD"):
                self.search = read_search(request.GET.get("runs", ""), self.wish.run_number, _practice_of(request))
                self.standing = _standing(self.wish, self.search)
                if self.standing and not _asks_for_draft(request, self.standing):
                    return shown_instead(cast(SignedInRequest, request), self.standing)
                self.target = resolve(self.wish, self.search)
        except NotThere as refused:
            raise Http404(str(refused)) from refused
        except AllCertified:
            return all_certified(request, self.wish)
        except ReconstructionUnknown as unknown:
            return reconstruction_choice(request, self.wish, str(unknown))
        return super().dispatch(request)

    def get(self, request: SignedInRequest) -> HttpResponse:
        runs = request.GET.get("runs", "")
        notices = notices_of(self.target) + sentences_about(self.target.oms.run)
        desk = desk_for(self.target, runs, is_correcting="correct" in request.GET)
        desk.certified = self.search.certified
        desk = with_draft(request, desk)
        if self.standing and not desk.draft:
            return shown_instead(request, self.standing)
        status = 409 if self.standing else 200
        return form_page(request, desk, notices, runs=runs, search=self.search, status=status, theirs=self.standing)

    def post(self, request: SignedInRequest) -> HttpResponse:
        ticket = read_ticket(request.POST.get("ticket", ""))
        if ticket is None or not self.wish.is_of(ticket):
            if wants_hints(request.POST):
                return HttpResponse(status=204)
            return _opened_anew(request, self.wish)
        run = run_as_known(self.wish.run_number)
        if wants_correction(request.POST):
            return inputs_opened(request, desk_with(with_all_inputs(request.POST, run), run, ticket))
        desk = desk_with(request.POST, run, ticket)
        return not_to_be_saved(request, desk) or _certified(request, self.wish.run_number, desk)


def not_to_be_saved(request: SignedInRequest, desk: Desk) -> HttpResponse | None:
    """The answer to a form that asks for hints or a new word, or cannot be taken; None for one to save."""
    if wants_hints(request.POST):
        return hints(request, desk)
    if wants_word(request.POST):
        return form_page(request, desk, [], status=200 if word_added(request.user, request.POST, desk) else 422)
    return None if desk.is_valid() else form_page(request, desk, [], status=422)


def _opened_anew(request: SignedInRequest, wish: Wish) -> HttpResponse:
    """A form without its ticket: what was typed, on what Run Registry and OMS say now, to be saved again."""
    known = wish.reconstruction or _reconstruction_sent(request.POST, wish.run_number)
    try:
        search = read_search(request.POST.get("runs", ""), wish.run_number, request.user.practice_of)
        target = resolve(replace(wish, reconstruction=known, dataset=""), search)
    except AllCertified:
        return reconstruction_choice(request, wish, f"All datasets of run {wish.run_number} are certified.", 422)
    except ReconstructionUnknown as unknown:
        return reconstruction_choice(request, wish, str(unknown), 422)
    return form_page(request, desk_opened_anew(request.POST, target), notices_of(target), status=422)


def _reconstruction_sent(sent: QueryDict, run_number: int) -> str | None:
    """Which reconstruction a form without its ticket was of, as far as it still says."""
    if (named := sent.get("reconstruction", "")) in Reconstruction.values:
        return named
    sheet = read_sheet(sent.get("sheet", ""))
    return sheet.reconstruction if sheet and sheet.run_number == run_number else None


def _wish_of(request: HttpRequest, run_number: int, reconstruction: str | None = None) -> Wish:
    asked = request.GET
    is_retry, from_search = "again" in asked, bool(asked.get("runs"))
    return checked_wish(run_number, reconstruction, asked.get("dataset", ""), from_search, is_retry)


def _practice_of(request: HttpRequest) -> int | None:
    """Whose practice is certified here, for those whom `role_required` is going to let through."""
    return cast(SignedInRequest, request).user.practice_of


def _standing(wish: Wish, search: Search) -> TrackerCertification | None:
    """The certification that stands already, where the address alone says of which reconstruction."""
    if wish.reconstruction is None or (wish.run_number, wish.reconstruction) not in search.certified:
        return None
    return live_certification(wish.run_number, wish.reconstruction, search.practice_of)


def _asks_for_draft(request: HttpRequest, standing: TrackerCertification) -> bool:
    """Whether a person who may not change what stands asks for the draft of theirs, to see it beside."""
    return "draft" in request.GET and not standing.may_be_changed_by(cast(SignedInRequest, request).user)


def _certified(request: SignedInRequest, run_number: int, desk: Desk) -> HttpResponse:
    """Save what is on the desk; on to the next run, or the form again with what stood in the way."""
    form = desk.form
    try:
        made = certify_run(
            request.user,
            run_number,
            desk.ticket.reconstruction,
            form.decision(),
            form.basis(*desk.typed()),
            form.cleaned_data["idempotency_key"],
        )
    except EntryRefused as refused:
        desk.ticket = replace(desk.ticket, practice_of=request.user.practice_of)
        desk.refuse(refused.refusals)
        return form_page(request, desk, [], status=422)
    except AlreadyCertified as faster:
        return form_page(request, desk, [], status=409, theirs=faster.existing)
    finish_drafts(request, made)
    link = format_html('<a href="{}">{}</a>', reverse("listruns:certification", args=[made.pk]), made)
    tell_saved(request, format_html("{} is saved{}", link, " as practice" if made.is_practice else ""), made)
    return SeeOther(_next_page(request.POST, made))


def tell_saved(request: HttpRequest, what: str, made: TrackerCertification) -> None:
    """The verdict, in green only where it is good."""
    level = messages.SUCCESS if made.verdict == Verdict.GOOD else messages.WARNING
    messages.add_message(request, level, format_html("{}. Verdict: {}.", what, made.verdict.label.lower()))


def _next_page(sent: Any, made: TrackerCertification) -> str:
    """Where a save leads: the next open run of the search if asked for, else back to the search or the list."""
    runs = sent.get("runs", "")[:LONGEST_SEARCH]
    here = made.run_number, made.reconstruction
    goes_on = runs and sent.get("then") == "next"
    if goes_on and (following := read_search(runs, made.run_number, made.practice_of).next_open(here)):
        address = reverse("certify:certify-reconstruction", args=[following.run_number, following.reconstruction])
        return with_query(address, dataset=following.dataset, runs=runs)
    return with_query(reverse("openruns:open-runs"), runs=runs) if runs else reverse("listruns:list")


def form_page(
    request: SignedInRequest,
    desk: Desk,
    notices: list[str],
    *,
    runs: str = "",
    search: Search | None = None,
    status: int = 200,
    theirs: TrackerCertification | None = None,
) -> HttpResponse:
    """The certify page of this desk."""
    runs = runs or request.POST.get("runs", "")
    ticket = desk.ticket
    search = search or (read_search(runs, ticket.run_number, ticket.practice_of) if runs else None)
    if search is not None and desk.certified is None:
        desk.certified = search.certified
    page = certify_page(desk, notices, runs=runs, search=search, theirs=theirs, reader=request.user)
    context = {"page": page, "form": desk.form, "desk": desk, "around": around_form(request, desk)}
    return render(request, "certify/certify.html", context, status=status)


def inputs_opened(request: SignedInRequest, desk: Desk) -> HttpResponse:
    """The form as typed, with an input for every fact; nothing is saved."""
    desk.forget_errors()
    return form_page(request, desk, [])


def shown_instead(request: SignedInRequest, standing: TrackerCertification) -> HttpResponse:
    """The update page for those who may change it; for others what stands, as a conflict."""
    if standing.may_be_changed_by(request.user):
        update = reverse("listruns:update", args=[standing.pk])
        saved = f"Already saved at {standing.updated_at:%Y-%m-%d %H:%M:%S} UTC. What is saved here changes it."
        messages.info(request, saved)
        return redirect(with_query(update, **{name: request.GET.get(name, "") for name in ("draft", "runs")}))
    draft = draft_of(request.user, standing.run_number, standing.reconstruction)
    context = {"certification": standing, "runs": request.GET.get("runs", ""), "has_draft": draft is not None}
    return render(request, "certify/taken.html", context, status=409)


def all_certified(request: HttpRequest, wish: Wish) -> HttpResponse:
    messages.success(request, f"All datasets of run {wish.run_number} are certified. Choose another run.")
    return redirect(with_query(reverse("openruns:open-runs"), runs=request.GET.get("runs", "")))


def reconstruction_choice(request: HttpRequest, wish: Wish, why: str, status: int = 200) -> HttpResponse:
    """The four to choose from, where Run Registry cannot say which; what was typed goes along."""
    sent = [(name, text) for name, texts in request.POST.lists() if name not in _NOT_SENT_ON for text in texts]
    context = {
        "wish": wish,
        "why": why,
        "reconstructions": Reconstruction,
        "runs": request.GET.get("runs"),
        "sent": sent,
        "typed": typed_in(request.POST),
    }
    return render(request, "certify/choose.html", context, status=status)


def with_query(address: str, **query: str) -> str:
    """The address with those parts of the query that have a value."""
    given = urlencode({name: value for name, value in query.items() if value})
    return f"{address}?{given}" if given else address


@login_not_required
@require_safe
def all_reference_runs(_request: HttpRequest) -> JsonResponse:
    """Public: each live certification with its reference, in the shape that ML tools read."""
    return JsonResponse(reference_of_each_certification(), safe=False)
