"""What surrounds the operations of the API: methods, caching and compression; and its description."""

from __future__ import annotations

from functools import cache, wraps
from typing import TYPE_CHECKING, Any

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import render
from django.urls import URLPattern
from django.utils.cache import patch_vary_headers
from django.views.decorators.gzip import gzip_page
from django.views.decorators.http import conditional_page, require_safe

from api.docs_page import docs_page
from api.endpoints import api
from api.errors import error_response

if TYPE_CHECKING:
    from collections.abc import Callable

    View = Callable[..., HttpResponseBase]

READ_ONLY = "The API is read-only. Send GET or HEAD."


def reading_view(view: View) -> View:
    """Return an operation that accepts GET and HEAD, with ETag and gzip. It asks for the reader itself."""
    read = gzip_page(conditional_page(view))

    @login_not_required
    @wraps(view)
    def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.method not in ("GET", "HEAD"):
            return error_response(405, READ_ONLY, {"Allow": "GET, HEAD"})
        is_head, request.method = request.method == "HEAD", "GET"  # the server leaves out the content
        response = read(request, *args, **kwargs)
        if is_head:
            request.method = "HEAD"
        response["Cache-Control"] = "private, no-cache"
        patch_vary_headers(response, ["Authorization", "Cookie"])
        return response

    return guarded


def operation_patterns() -> list[URLPattern]:
    """Return the addresses of all operations."""
    patterns = [pattern for pattern in api.urls[0] if isinstance(pattern, URLPattern) and pattern.name != "api-root"]
    for pattern in patterns:
        pattern.callback = reading_view(pattern.callback)
    return patterns


@cache
def openapi_schema() -> dict[str, Any]:
    """Return the description of the API in OpenAPI 3.1."""
    return api.get_openapi_schema(path_prefix="/api/v1/")


@login_not_required
@require_safe
@gzip_page
@conditional_page
def openapi(_request: HttpRequest) -> JsonResponse:
    """The description of the API, which says nothing of the record. Anybody may read it."""
    return JsonResponse(openapi_schema())


@require_safe
def docs(request: HttpRequest) -> HttpResponse:
    """The description of the API as a page."""
    base = request.build_absolute_uri("/")[:-1]
    return render(request, "api/docs.html", {"page": docs_page(openapi_schema(), base)})
