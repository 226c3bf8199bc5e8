"""One page of what a part lists, as its address says: nothing on the week grows without end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def requested_page(request: HttpRequest, found: QuerySet[Any] | Sequence[Any], size: int) -> Page:
    """The page that is asked for; the nearest one where there is no such page."""
    return Paginator(found, size).get_page(request.GET.get("page"))
