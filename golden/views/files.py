"""Pages of golden files: the list, one file with its proof, what machines read of it, and the differences of two."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import condition, require_http_methods, require_POST, require_safe

from certify.errors import EntryInvalid
from certify.models import TrackerCertification
from golden.actions import file_steps
from golden.file_forms import MakeFileForm
from golden.file_pages.differences_page import differences_json, differences_page
from golden.file_pages.file_page import FilePage
from golden.file_pages.lists import CertificationFiles, listed_files, policy_rows
from golden.file_pages.why_page import read_entry, why_json, why_page
from golden.models import GoldenFile
from golden.registry_requests import policies_with_readings
from golden.verifications import verification_steps
from golden.views.progress import LongWork, answer_with_progress
from infrastructure.web.paging import requested_page
from users.access import SignedInRequest, check_access, role_required
from users.models import Role

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponseBase

PAGE_SIZE = 50


@require_http_methods(["GET", "HEAD", "POST"])
def file_list(request: SignedInRequest) -> HttpResponseBase:
    """List the policies and the files, newest first. A POST makes a file, and leads to it."""
    if request.method != "POST":
        return _render_list(request, MakeFileForm(policy=request.GET.get("policy", "")))
    if denied := check_access(request, Role.EXPERT):
        return denied
    form = MakeFileForm(request.POST)
    if form.is_valid():
        try:
            return answer_with_progress(request, _making(request, form))
        except EntryInvalid as error:
            for issue in error.issues:
                form.add_error(issue.field if issue.field in form.fields else None, issue.sentence)
    return _render_list(request, form, 422)


def _making(request: SignedInRequest, form: MakeFileForm) -> LongWork:
    layout = form.cleaned_data["layout"]
    steps = file_steps(request.user, form.version, form.moment, layout, form.content_key)
    heading = f"Making a file of {form.version}"
    return LongWork(heading, steps, lambda made: reverse("golden:file", args=[made.pk]), reverse("golden:files"))


def _render_list(request: HttpRequest, form: MakeFileForm, status: int = 200) -> HttpResponse:
    page = requested_page(request, listed_files(), PAGE_SIZE)
    policies = policy_rows()
    context = {
        "page": page,
        "policies": policies,
        "other_flags": policies_with_readings([row.version for row in policies]),
        "form": form,
        "may_make": _may_write(request),
    }
    return render(request, "golden/files.html", context, status=status)


def _may_write(request: Any) -> bool:
    return bool(request.user.has_role(Role.EXPERT))


@require_safe
def file(request: HttpRequest, pk: int) -> HttpResponse:
    """Show a file with its proof."""
    return _render_file(request, FilePage(_file(pk)))


def _file(pk: int) -> GoldenFile:
    found: GoldenFile = get_object_or_404(GoldenFile.objects.with_names(), pk=pk)
    return found


def _render_file(request: HttpRequest, page: FilePage, status: int = 200) -> HttpResponse:
    context = {"page": page, "why": page.why, "file": page.file, "may_verify": _may_write(request)}
    return render(request, "golden/file.html", context, status=status)


@require_POST
@role_required(Role.EXPERT)
def verify(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """Make a file again, compare, and store what became of it."""
    found = _file(pk)
    address = reverse("golden:file", args=[pk])
    work = LongWork(f"Verifying {found.name}", verification_steps(request.user, found), lambda _: address, address)
    return answer_with_progress(request, work)


@require_safe
def why(request: HttpRequest, pk: int) -> HttpResponse:
    """Show why a lumisection or a run is in or out: as a page, a fragment for htmx, or JSON with `?format=json`."""
    found = _file(pk)
    answer = why_page(found, read_entry(request.GET))
    status = 422 if answer.entry.error else 200
    if request.GET.get("format") == "json":
        return JsonResponse(why_json(answer), status=status)
    if request.headers.get("HX-Request"):
        return render(request, "golden/_why.html", {"why": answer, "file": found}, status=status)
    return _render_file(request, FilePage(found, answer), status)


def _file_tag(_request: HttpRequest, pk: int) -> str | None:
    """Return the ETag of the file: its SHA-256."""
    digest = GoldenFile.objects.filter(pk=pk).values_list("sha256", flat=True).first()
    return f'"{digest}"' if digest else None


@require_safe
@condition(etag_func=_file_tag)
def file_json(_request: HttpRequest, pk: int) -> HttpResponse:
    """Return exactly the bytes of a file, named as it is."""
    found = GoldenFile.objects.defer("manifest").filter(pk=pk).first()
    if found is None:
        raise Http404
    return _download(found.file_bytes, found.name)


@require_safe
def manifest_json(_request: HttpRequest, pk: int) -> HttpResponse:
    """Return the manifest of a file."""
    found = GoldenFile.objects.defer("content").filter(pk=pk).first()
    if found is None:
        raise Http404
    content = json.dumps(found.manifest, indent=2, ensure_ascii=False).encode()
    return _download(content, f"{found.name.removesuffix('.json')}.manifest.json")


def _download(content: bytes, name: str) -> HttpResponse:
    response = HttpResponse(content, content_type="application/json")
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@require_safe
def compare(request: HttpRequest) -> HttpResponse:
    """Lead from the two files chosen in the list to their differences."""
    keys = [request.GET.get(name, "") for name in ("file", "with")]
    if not all(key.isdecimal() and len(key) < 10 for key in keys):
        return redirect("golden:files")
    return redirect(f"{reverse('golden:differences', args=[keys[0]])}?with={keys[1]}")


@require_safe
def differences(request: HttpRequest, pk: int) -> HttpResponse:
    """Show what only one of two files has, per run; JSON with `?format=json`."""
    other = request.GET.get("with", "")
    if not (other.isdecimal() and len(other) < 10):
        return redirect("golden:file", pk)
    page = differences_page(_file(pk), _file(int(other)))
    if request.GET.get("format") == "json":
        return JsonResponse(differences_json(page))
    return render(request, "golden/differences.html", {"page": page})


@require_safe
def of_certification(request: SignedInRequest, pk: int) -> HttpResponse:
    """Show the files that a certification counted for, and its price in the newest: a fragment of its page."""
    row = get_object_or_404(TrackerCertification.everything.visible_to(request.user).with_names(), pk=pk)
    return render(request, "golden/_of_certification.html", {"page": CertificationFiles(row), "certification": row})
