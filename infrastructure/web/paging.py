"""Pagination by the query parameters `page` (number) and `per_page` (rows)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.paginator import Page, Paginator
from django.utils.functional import cached_property

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.db.models import QuerySet
    from django.http import HttpRequest
    from django_tables2 import Table

TABLE_PAGE_SIZES = (25, 50, 100)


def requested_page(request: HttpRequest, rows: QuerySet[Any] | Sequence[Any], size: int) -> Page[Any]:
    """The requested page, or the nearest existing one."""
    return Paginator(rows, size).get_page(request.GET.get("page"))


def requested_size(request: HttpRequest) -> int:
    """The requested number of rows per page; the first size if it is not offered."""
    size = request.GET.get("per_page", "")
    return int(size) if size in map(str, TABLE_PAGE_SIZES) else TABLE_PAGE_SIZES[0]


def size_options(request: HttpRequest) -> list[tuple[int, bool]]:
    """The sizes that a table offers, each with whether it is the current one."""
    return [(size, size == requested_size(request)) for size in TABLE_PAGE_SIZES]


def paginate_table(request: HttpRequest, table: Table, total: int | None = None) -> None:
    """Set the page of the table, or the nearest existing one. `total`: number of rows, if counted already."""
    table.paginate(_CountedPaginator, per_page=requested_size(request), total=total)
    table.page = table.paginator.get_page(request.GET.get("page"))


class _CountedPaginator(Paginator):  # type: ignore[type-arg]
    """Pages of rows whose number may be known already."""

    def __init__(self, *args: Any, total: int | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.total = total

    @cached_property
    def count(self) -> int:
        return super().count if self.total is None else self.total
