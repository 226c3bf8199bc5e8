"""The preview of a policy that is not saved, as a page, a fragment, JSON or CSV. Changes nothing."""

from __future__ import annotations

from time import perf_counter
from typing import TYPE_CHECKING, Any

from django.http import JsonResponse, QueryDict, StreamingHttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_POST

from certify.rules.entry import ValidationIssue
from golden.actions import field_issues
from golden.clause_rows import clause_text
from golden.dataset_patterns import PatternInvalid
from golden.evaluation import EvaluationFailed
from golden.logic_entry import resolve
from golden.models import PolicyVersion
from golden.policy_forms import PolicyForm, initial_values, read_entry
from golden.policy_pages import PolicyFormPage
from golden.policy_text import PolicyInvalid, read_logic
from golden.preview import preview
from golden.preview_page import CSV_HEADING, PreviewPage, rules_before
from golden.selectors import DatasetsOverlap
from golden.views.policies import render_form
from infrastructure.csv_export import csv_rows

if TYPE_CHECKING:
    from django.http import HttpResponseBase

    from golden.logic_entry import ResolvedLogic
    from users.access import SignedInRequest

NO_POLICY = "There is no such policy or version. Name one that is saved."
BODY_INVALID = 'The body is no JSON object. Send {"policy": …, "logic": …}.'


@require_POST
def policy_preview(request: SignedInRequest) -> HttpResponseBase:
    """Compare a policy that is not saved with a version of a policy: the one in force, or `version`.

    Fields: `policy` (its name; without it, everything that is selected is gained), `version`, `logic` (JSON) or
    clauses, `dataset_pattern`, `layout`, `stale`; those not sent are as in the version. A body of JSON has the same.
    """
    data, problem = _sent(request)
    against = _against(data)
    if data.get("policy") and against is None:
        problem = NO_POLICY
    form = PolicyForm(_completed(data, against), latest=against)
    resolved = resolve(read_entry(data))
    issues = [ValidationIssue("policy", problem)] if problem else _logic_issues(resolved)
    issues += field_issues(form.rules(None))
    shown = None
    if not issues:
        shown, issues = _compared(form, resolved.logic, against)
    return _answer(request, PolicyFormPage(form, resolved, against, shown), issues)


def _sent(request: SignedInRequest) -> tuple[QueryDict, str]:
    """Return the fields that were sent, and what is wrong with a body of JSON."""
    if request.content_type != "application/json":
        return request.POST, ""
    data = QueryDict(mutable=True)
    try:
        content = read_logic(request.body.decode())
    except (PolicyInvalid, UnicodeDecodeError):
        return data, BODY_INVALID
    if not isinstance(content, dict):
        return data, BODY_INVALID
    for name, value in content.items():
        data[name] = value if isinstance(value, str) and name != "logic" else clause_text(value)
    return data, ""


def _against(data: QueryDict) -> PolicyVersion | None:
    versions = PolicyVersion.objects.with_names().filter(policy__name=data.get("policy", ""))
    if number := data.get("version"):
        versions = versions.filter(number=int(number) if number.isdecimal() and len(number) < 10 else 0)
    return versions.first()


def _completed(data: QueryDict, against: PolicyVersion | None) -> QueryDict:
    completed = data.copy()
    for name, value in initial_values(against, 0).items():
        if name not in data:
            completed[name] = str(value)
    return completed


def _logic_issues(resolved: ResolvedLogic) -> list[ValidationIssue]:
    rows = [
        ValidationIssue("logic", f"Clause {position + 1}: {sentence}")
        for position, sentences in resolved.row_issues.items()
        for sentence in sentences
        if not resolved.issues
    ]
    return rows + [ValidationIssue("logic", str(issue)) for issue in resolved.issues]


def _compared(
    form: PolicyForm, logic: Any, against: PolicyVersion | None
) -> tuple[PreviewPage | None, list[ValidationIssue]]:
    rules, began = form.rules(logic), perf_counter()
    try:
        found = preview(rules_before(against, rules), rules, timezone.now())
    except (PatternInvalid, DatasetsOverlap) as error:
        return None, [ValidationIssue("dataset_pattern", str(error))]
    except EvaluationFailed as error:
        return None, [ValidationIssue("logic", str(error))]
    return PreviewPage(rules, against, found, perf_counter() - began), []


def _answer(request: SignedInRequest, page: PolicyFormPage, issues: list[ValidationIssue]) -> HttpResponseBase:
    status = 422 if issues else 200
    form = request.GET.get("format", "")
    if form == "json" or (
        not form and request.get_preferred_type(["text/html", "application/json"]) == "application/json"
    ):
        errors = [{"field": issue.field, "message": issue.sentence} for issue in issues]
        content = page.preview.as_json() if page.preview else {"errors": errors}
        return JsonResponse(content, status=status)
    if form == "csv" and page.preview:
        response = StreamingHttpResponse(
            csv_rows(CSV_HEADING, page.preview.csv_rows()), content_type="text/csv; charset=utf-8"
        )
        response["Content-Disposition"] = 'attachment; filename="policy_preview.csv"'
        return response
    if request.headers.get("HX-Request"):
        return render(request, "golden/_policy_preview.html", {"page": page, "issues": issues}, status=status)
    page.form.errors.clear()
    page.form.add_issues(issues)
    return render_form(request, page, status)
