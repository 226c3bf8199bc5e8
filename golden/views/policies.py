"""Pages of policies: a version, the form of the next one, and the conversion between its two forms of the logic."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from certify.errors import EntryInvalid
from golden.actions import SavedMeanwhile, field_issues, save_policy
from golden.clause_rows import ClauseRow
from golden.logic_entry import LogicSide, ResolvedLogic, entry_of, resolve, with_rows
from golden.models import PolicyVersion
from golden.policy_forms import NAME_TAKEN, PolicyForm, initial_values, read_entry
from golden.policy_pages import PolicyFormPage, PolicyPage
from golden.policy_presets import with_preset
from golden.policy_text import PolicyIssue
from infrastructure.web.responses import HttpResponseSeeOther
from users.access import SignedInRequest, check_access
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpResponseBase, QueryDict

    from golden.logic_entry import LogicEntry

_PARTS = {"policy-json": "json", "policy-clauses": "clauses"}


@require_safe
def policy(request: SignedInRequest, name: str) -> HttpResponseBase:
    """Show a version of a policy in words and as JSON, with `?version=` an older one, and all versions and files.

    With `?compare=` it is compared with another version, by default with the one before.
    """
    versions = list(PolicyVersion.objects.with_names().filter(policy__name=name))
    version = _numbered(versions, request.GET.get("version")) if versions else None
    if version is None:
        raise Http404
    compared = _numbered(versions, request.GET.get("compare") or str(version.number - 1))
    page = PolicyPage(version, versions, compared if compared != version else None)
    return render(request, "golden/policy.html", {"page": page, "may_save": request.user.has_role(Role.EXPERT)})


def _numbered(versions: list[PolicyVersion], number: str | None) -> PolicyVersion | None:
    """Return a version by its number, the latest without one, None if there is none."""
    if not number:
        return versions[0]
    return next((version for version in versions if str(version.number) == number), None)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_new(request: SignedInRequest) -> HttpResponseBase:
    """Show the form of a new policy and save it. Everybody may try and preview, experts save."""
    return _handle_form(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
def policy_edit(request: SignedInRequest, name: str) -> HttpResponseBase:
    """Show the form of the next version of a policy, from `?version=` if given, and save it."""
    return _handle_form(request, name)


def _handle_form(request: SignedInRequest, name: str | None) -> HttpResponseBase:
    if request.method == "POST":
        check_access(request, Role.EXPERT)
        return _save(request, latest_version(name) if name else None)
    latest = latest_version(name) if name else None
    opened = latest
    if latest and (number := request.GET.get("version")):
        opened = get_object_or_404(PolicyVersion, policy_id=latest.policy_id, number=_whole_number(number))
    form = PolicyForm(latest=latest, initial=initial_values(opened, latest.number if latest else 0))
    entry = entry_of(opened.logic if opened else None)
    return render_form(request, PolicyFormPage(form, ResolvedLogic(entry, opened and opened.logic), latest))


def latest_version(name: str) -> PolicyVersion:
    """Return the version of a policy that is in force. Raises `Http404`."""
    version = PolicyVersion.objects.with_names().filter(policy__name=name).first()
    if version is None:
        raise Http404
    return version


def _whole_number(text: str) -> int:
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def render_form(request: SignedInRequest, page: PolicyFormPage, status: int = 200) -> HttpResponseBase:
    """Render the page of the form."""
    context = {"page": page, "may_save": request.user.has_role(Role.EXPERT)}
    return render(request, "golden/policy_form.html", context, status=status)


def _save(request: SignedInRequest, latest: PolicyVersion | None) -> HttpResponseBase:
    """Save what was sent. Status 422 if it is refused, 409 if another version was saved meanwhile."""
    form, resolved = PolicyForm(request.POST, latest=latest), resolve(read_entry(request.POST))
    page = PolicyFormPage(form, resolved, latest)
    if not (form.is_valid() and resolved.is_valid):
        form.add_issues(field_issues(form.rules(resolved.logic)))
        return render_form(request, page, 422)
    name, data = latest.policy.name if latest else form.cleaned_data["name"], form.cleaned_data
    rules = form.rules(resolved.logic)
    try:
        saved = save_policy(request.user, name, rules, data["reason"], opened=form.opened_version)
    except EntryInvalid as error:
        form.add_issues(error.issues)
        issues = tuple(PolicyIssue("$", issue.sentence) for issue in error.issues if issue.field == "logic")
        return render_form(request, replace(page, resolved=replace(resolved, issues=issues)), 422)
    except SavedMeanwhile as error:
        return _render_conflict(request, page, error.existing)
    messages.success(request, f"Saved: {saved}.")
    return HttpResponseSeeOther(reverse("golden:policy", args=[name]))


def _render_conflict(request: SignedInRequest, page: PolicyFormPage, existing: PolicyVersion) -> HttpResponseBase:
    if page.latest is None:
        page.form.add_error("name", NAME_TAKEN)
        return render_form(request, page, 409)
    data = request.POST.copy()
    data["opened"] = str(existing.number)
    page.form.data = data
    return render_form(request, replace(page, latest=existing, existing=existing), 409)


@require_POST
def convert(request: SignedInRequest) -> HttpResponseBase:
    """Show one form of the logic as the other, or add and remove clauses. Saves nothing; no error is a status."""
    data = request.POST
    resolved, focused = _converted(read_entry(data), data)
    latest = PolicyVersion.objects.with_names().filter(policy__name=data.get("policy", "")).first()
    page = PolicyFormPage(PolicyForm(data, latest=latest), resolved, latest, focused=focused)
    if request.headers.get("HX-Request"):
        part = _PARTS.get(request.headers.get("HX-Target", ""), "both")
        return render(request, "golden/_policy_converted.html", {"page": page, "part": part})
    page.form.errors.clear()
    return render_form(request, page)


def _converted(entry: LogicEntry, data: QueryDict) -> tuple[ResolvedLogic, int | None]:
    """Return both forms after what a button asks for, and the position of the row that gets the focus."""
    if "remove" in data:
        position = _whole_number(str(data["remove"]))
        changed = with_rows(entry, lambda rows: _without(rows, position) if rows == entry.rows else rows)
        return changed, min(position, len(changed.entry.rows) - 1)
    if "add" in data:
        changed = with_rows(entry, lambda rows: (*rows, ClauseRow()))
        return changed, len(changed.entry.rows) - 1
    if preset := data.get("preset"):
        return with_rows(entry, lambda rows: with_preset(rows, preset)), None
    sides = {"json": LogicSide.CLAUSES, "clauses": LogicSide.JSON}
    return resolve(entry, sides.get(data.get("show", ""))), None


def _without(rows: tuple[ClauseRow, ...], position: int) -> tuple[ClauseRow, ...]:
    return rows[:position] + rows[position + 1 :]
