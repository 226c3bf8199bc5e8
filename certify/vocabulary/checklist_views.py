"""Checklists: all of them, and the page on which one is written, with its preview."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_safe

from certify.errors import EntryRefused
from certify.models import Checklist
from certify.vocabulary.actions import EditedMeanwhile, edition_of, keep_checklist
from certify.vocabulary.forms import LONGEST_TEXT, ChecklistForm, values_of_checklist
from infrastructure.markdown import html_of, outline_of
from infrastructure.web.responses import SeeOther
from users.access import SignedInRequest, role_required
from users.models import Role


@require_safe
def checklists(request: HttpRequest) -> HttpResponse:
    """All checklists, in their order, the retired ones last."""
    rows = Checklist.objects.with_editions().order_by("is_retired", "used", "position", "identifier")
    shown = [(row, outline_of(row.text)) for row in rows]
    return render(request, "vocabulary/checklists.html", {"checklists": shown})


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def add(request: SignedInRequest) -> HttpResponse:
    """A new checklist."""
    return _edited(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def edit(request: SignedInRequest, identifier: str) -> HttpResponse:
    """A checklist to write on: each save is an edition."""
    return _edited(request, get_object_or_404(Checklist, identifier=identifier))


def _edited(request: SignedInRequest, row: Checklist | None) -> HttpResponse:
    """The form; its preview, which saves nothing; what was sent kept; 409 with both where somebody was faster."""
    if request.method != "POST":
        return _page(request, ChecklistForm(checklist=row, initial=values_of_checklist(row) if row else {}), row)
    form, standing, status = ChecklistForm(request.POST, checklist=row), None, 422
    if "preview" in request.POST:
        return _preview(request, form, row)
    if form.is_valid():
        identifier = row.identifier if row else form.cleaned_data["identifier"]
        try:
            kept = keep_checklist(request.user, identifier, form.said(), form.opened_at, is_new=row is None)
        except EntryRefused as refused:
            form.refuse(refused.refusals)
        except EditedMeanwhile as faster:
            standing, status = faster.standing, 409
            form.open_at(faster.edition)
        else:
            messages.success(request, f"Edition {edition_of(kept)} of “{kept}” is saved.")
            return SeeOther(reverse("history_pages:checklist", args=[kept.identifier]))
    return _page(request, form, row, standing, status)


def _preview(request: SignedInRequest, form: ChecklistForm, row: Checklist | None) -> HttpResponse:
    """The text as it would be shown: a fragment for the page, the whole page for everybody else."""
    if request.headers.get("HX-Request"):
        return render(request, "vocabulary/_preview.html", _shown(form))
    form.errors.clear()
    return _page(request, form, row)


def _page(
    request: SignedInRequest,
    form: ChecklistForm,
    row: Checklist | None,
    standing: object = None,
    status: int = 200,
) -> HttpResponse:
    context = {"form": form, "checklist": row, "standing": standing, **_shown(form)}
    return render(request, "vocabulary/checklist_edit.html", context, status=status)


def _shown(form: ChecklistForm) -> dict[str, object]:
    text = str(form["text"].value() or "")[:LONGEST_TEXT]
    return {"preview": html_of(text), "outline": outline_of(text)}
