"""Pages of golden files: the list, one file with its proof, and what machines read of it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.shortcuts import render
from django.views.decorators.http import require_safe

from golden.models import GoldenFile
from infrastructure.web.paging import requested_page

if TYPE_CHECKING:
    from django.http import HttpRequest, HttpResponse

PAGE_SIZE = 50


@require_safe
def file_list(request: HttpRequest) -> HttpResponse:
    """List the policies and the files, newest first."""
    files = GoldenFile.objects.with_names().without_content()
    return render(request, "golden/files.html", {"page": requested_page(request, files, PAGE_SIZE)})
