"""Views that list checklists and edit one, with a preview."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.contrib import messages
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

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse


@require_safe
def checklists(request: HttpRequest) -> HttpResponse:
    """List all checklists, in their order, the retired ones last."""
    rows = Checklist.objects.with_editions().order_by("is_retired", "used", "position", "identifier")
    shown = [(row, parse_outline(row.text)) for row in rows]
    return render(request, "vocabulary/checklists.html", {"checklists": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def add(request: SignedInRequest) -> HttpResponse:
    """Create a checklist."""
    return _handle_form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def edit(request: SignedInRequest, identifier: str) -> HttpResponse:
    """Edit a checklist. Each save is a new edition."""
    return _handle_form(request, get_object_or_404(Checklist, identifier=identifier))


def _handle_form(request: SignedInRequest, row: Checklist | None) -> HttpResponse:
    """Show or save the form, or show its preview. Status 422 if invalid, 409 if the checklist was changed meanwhile."""
    if request.method != "POST":
        return _render_page(request, ChecklistForm(checklist=row, initial=checklist_initial(row) if row else {}), row)
    form, existing, status = ChecklistForm(request.POST, checklist=row), None, 422
    if "preview" in request.POST:
        return _render_preview(request, form, row)
    if form.is_valid():
        identifier = row.identifier if row else form.cleaned_data["identifier"]
        try:
            saved = save_checklist(request.user, identifier, form.to_input(), form.opened_edition, is_new=row is None)
        except EntryInvalid as error:
            form.add_issues(error.issues)
        except EditedMeanwhile as error:
            existing, status = error.existing, 409
            form.set_edition(error.edition)
        else:
            messages.success(request, f"Edition {current_edition(saved)} of “{saved}” is saved.")
            return HttpResponseSeeOther(reverse("history_pages:checklist", args=[saved.identifier]))
    return _render_page(request, form, row, existing, status)


def _render_preview(request: SignedInRequest, form: ChecklistForm, row: Checklist | None) -> HttpResponse:
    """Render the preview of the text: a fragment for htmx, else the whole page."""
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
