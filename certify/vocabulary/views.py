"""Reasons and problems: all of them, what is to be known of the chosen ones, and the page that changes one."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audit.presentation import told
from audit.undo import changes_of
from certify.errors import EntryRefused
from certify.models import NamedText
from certify.vocabulary.actions import EditedMeanwhile, keep_word
from certify.vocabulary.forms import WordForm, values_of_word
from certify.vocabulary.kinds import KINDS, WordKind, kind_named
from certify.vocabulary.selectors import about, as_html, branches
from infrastructure.web.responses import SeeOther
from users.access import SignedInRequest, role_required
from users.models import Role

_LONGEST_KEY = 9  # digits


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """All reasons and problems with what they mean and what to do."""
    return render(request, "vocabulary/problems.html", {"branches": branches()})


@require_safe
def about_words(request: HttpRequest) -> HttpResponse:
    """A fragment: the text of the words that the address names by form field, and the last runs that had them."""
    chosen = {kind.field: _keys(request.GET.getlist(kind.field)) for kind in KINDS}
    return render(request, "vocabulary/_about.html", {"words": about(chosen)})


def _keys(sent: list[str]) -> list[int]:
    return [int(key) for key in sent if key.isascii() and key.isdigit() and len(key) <= _LONGEST_KEY]


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def add(request: SignedInRequest, kind: str) -> HttpResponse:
    """A new reason or problem."""
    return _edited(request, kind_named(kind), None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def word(request: SignedInRequest, kind: str, pk: int) -> HttpResponse:
    """One reason or problem: its form and its history."""
    of = kind_named(kind)
    row = of.model._default_manager.filter(pk=pk).first() if len(str(pk)) <= _LONGEST_KEY else None
    if row is None:
        raise Http404(f"There is no {of.one} {pk}.")
    return _edited(request, of, row)


def _edited(request: SignedInRequest, kind: WordKind, row: NamedText | None) -> HttpResponse:
    """The form, and what was sent with it kept; 409 with both where somebody was faster."""
    if request.method != "POST":
        initial = values_of_word(row) if row else {"parent": request.GET.get("below", "")}
        return _page(request, WordForm(kind=kind, word=row, initial=initial), kind, row)
    form, standing, status = WordForm(request.POST, kind=kind, word=row), None, 422
    if form.is_valid():
        try:
            kept = keep_word(request.user, kind.model, form.said(), row.pk if row else None, form.opened_at)
        except EntryRefused as refused:
            form.refuse(refused.refusals)
        except EditedMeanwhile as faster:
            standing, status = faster.standing, 409
            form.open_at(faster.edition)
        else:
            messages.success(request, f"“{kept}” is saved.")
            return SeeOther(f"{reverse('vocabulary:problems')}#{kind.name}-{kept.pk}")
    return _page(request, form, kind, row, standing, status)


def _page(
    request: SignedInRequest,
    form: WordForm,
    kind: WordKind,
    row: NamedText | None,
    standing: object = None,
    status: int = 200,
) -> HttpResponse:
    changes = told(changes_of(kind.model, row.pk).prefetch_related("undone_by"), request.user) if row else []
    shown = [as_html(form[name].value() or "") for name in ("description", "what_to_do")]
    context = {"form": form, "kind": kind, "word": row, "standing": standing, "changes": changes, "shown": shown}
    return render(request, "vocabulary/word.html", context, status=status)
