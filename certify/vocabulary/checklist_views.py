"""Checklists: all of them, and the page on which one is written, with its preview."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from certify.errors import EntryInvalid
from certify.models import Checklist
from certify.vocabulary.actions import EditedMeanwhile, current_edition, save_checklist
from certify.vocabulary.forms import MAX_TEXT_LENGTH, ChecklistForm, checklist_initial
from infrastructure.markdown import parse_outline, render_markdown
from infrastructure.web.responses import HttpResponseSeeOther
from users.access import SignedInRequest, role_required
from users.models import Role


@require_safe
def checklists(request: HttpRequest) -> HttpResponse:
    """All checklists, in their order, the retired ones last."""
    rows = Checklist.objects.with_editions().order_by("is_retired", "used", "position", "identifier")
    shown = [(row, parse_outline(row.text)) for row in rows]
    return render(request, "vocabulary/checklists.html", {"checklists": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def add(request: SignedInRequest) -> HttpResponse:
    """A new checklist."""
    return _handle_form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def edit(request: SignedInRequest, identifier: str) -> HttpResponse:
    """A checklist to write on: each save is an edition."""
    return _handle_form(request, get_object_or_404(Checklist, identifier=identifier))


def _handle_form(request: SignedInRequest, row: Checklist | None) -> HttpResponse:
    """The form; its preview, which saves nothing; what was sent kept; 409 with both where somebody was faster."""
    if request.method != "POST":
        return _render_page(request, ChecklistForm(checklist=row, initial=checklist_initial(row) if row else {}), row)
    form, standing, status = ChecklistForm(request.POST, checklist=row), None, 422
    if "preview" in request.POST:
        return _render_preview(request, form, row)
    if form.is_valid():
        identifier = row.identifier if row else form.cleaned_data["identifier"]
        try:
            kept = save_checklist(request.user, identifier, form.to_input(), form.opened_edition, is_new=row is None)
        except EntryInvalid as refused:
            form.add_issues(refused.issues)
        except EditedMeanwhile as faster:
            standing, status = faster.existing, 409
            form.set_edition(faster.edition)
        else:
            messages.success(request, f"Edition {current_edition(kept)} of “{kept}” is saved.")
            return HttpResponseSeeOther(reverse("history_pages:checklist", args=[kept.identifier]))
    return _render_page(request, form, row, standing, status)


def _render_preview(request: SignedInRequest, form: ChecklistForm, row: Checklist | None) -> HttpResponse:
    """The text as it would be shown: a fragment for the page, the whole page for everybody else."""
    if request.headers.get("HX-Request"):
        return render(request, "vocabulary/_preview.html", _preview_context(form))
    form.errors.clear()
    return _render_page(request, form, row)


def _render_page(
    request: SignedInRequest,
    form: ChecklistForm,
    row: Checklist | None,
    existing: object = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "checklist": row, "existing": existing, **_preview_context(form)}
    return render(request, "vocabulary/checklist_edit.html", context, status=status)


def _preview_context(form: ChecklistForm) -> dict[str, object]:
    text = str(form["text"].value() or "")[:MAX_TEXT_LENGTH]
    return {"preview": render_markdown(text), "outline": parse_outline(text)}
