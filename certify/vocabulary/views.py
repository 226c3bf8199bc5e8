"""Views that list reasons and problems, show help on chosen ones, and edit one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from audit.presentation import present_changes
from audit.undo import changes_of
from certify.errors import EntryInvalid
from certify.vocabulary.actions import EditedMeanwhile, save_term
from certify.vocabulary.forms import TermForm, term_initial
from certify.vocabulary.selectors import as_html, term_groups, term_help
from certify.vocabulary.term_types import TERM_TYPES, TermType, term_type_named
from infrastructure.web.responses import HttpResponseSeeOther
from users.access import SignedInRequest, role_required
from users.models import Role

if TYPE_CHECKING:
    from certify.models import VocabularyTerm

_MAX_KEY_DIGITS = 9  # digits


@require_safe
def problems(request: HttpRequest) -> HttpResponse:
    """List all reasons and problems with their texts."""
    return render(request, "vocabulary/problems.html", {"groups": term_groups()})


@require_safe
def about_terms(request: HttpRequest) -> HttpResponse:
    """Render a fragment with help on the terms that the query parameters name by form field."""
    chosen = {term_type.field: _parse_keys(request.GET.getlist(term_type.field)) for term_type in TERM_TYPES}
    return render(request, "vocabulary/_term_help.html", {"terms": term_help(chosen)})


def _parse_keys(sent: list[str]) -> list[int]:
    return [int(key) for key in sent if key.isascii() and key.isdigit() and len(key) <= _MAX_KEY_DIGITS]


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def add(request: SignedInRequest, type_name: str) -> HttpResponse:
    """Create a reason or problem."""
    return _handle_form(request, term_type_named(type_name), None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def edit_term(request: SignedInRequest, type_name: str, pk: int) -> HttpResponse:
    """Edit a reason or problem, and show its changes."""
    term_type = term_type_named(type_name)
    row = term_type.model._default_manager.filter(pk=pk).first() if len(str(pk)) <= _MAX_KEY_DIGITS else None
    if row is None:
        raise Http404(f"There is no {term_type.noun} {pk}.")
    return _handle_form(request, term_type, row)


def _handle_form(request: SignedInRequest, term_type: TermType, row: VocabularyTerm | None) -> HttpResponse:
    """Show or save the form. Status 422 if invalid, 409 if the term was changed meanwhile."""
    if request.method != "POST":
        initial = term_initial(row) if row else {"parent": request.GET.get("below", "")}
        return _render_page(request, TermForm(term_type=term_type, term=row, initial=initial), term_type, row)
    form, existing, status = TermForm(request.POST, term_type=term_type, term=row), None, 422
    if form.is_valid():
        try:
            saved = save_term(
                request.user, term_type.model, form.to_input(), row.pk if row else None, form.opened_edition
            )
        except EntryInvalid as error:
            form.add_issues(error.issues)
        except EditedMeanwhile as error:
            existing, status = error.existing, 409
            form.set_edition(error.edition)
        else:
            messages.success(request, f"“{saved}” is saved.")
            return HttpResponseSeeOther(f"{reverse('vocabulary:problems')}#{term_type.name}-{saved.pk}")
    return _render_page(request, form, term_type, row, existing, status)


def _render_page(
    request: SignedInRequest,
    form: TermForm,
    term_type: TermType,
    row: VocabularyTerm | None,
    existing: object = None,
    status: int = 200,
) -> HttpResponse:
    model = term_type.model
    changes = present_changes(changes_of(model, row.pk).prefetch_related("undone_by"), request.user) if row else []
    texts = [as_html(form[name].value() or "") for name in ("description", "what_to_do")]
    context = {
        "form": form,
        "term_type": term_type,
        "term": row,
        "existing": existing,
        "changes": changes,
        "texts": texts,
    }
    return render(request, "vocabulary/term.html", context, status=status)
