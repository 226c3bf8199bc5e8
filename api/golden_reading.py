"""What the API reads of policies and golden files."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from golden.models import GoldenFile, PolicyVersion

if TYPE_CHECKING:
    from collections.abc import Iterator


def policy_items(keys: list[int]) -> Iterator[dict[str, Any]]:
    """Yield versions of policies by key: one query."""
    for row in PolicyVersion.objects.with_names().filter(pk__in=keys).order_by("pk"):
        yield {
            "id": row.pk,
            "name": row.policy.name,
            "version": row.number,
            "logic": row.logic,
            "dataset_pattern": row.dataset_pattern,
            "layout": row.layout,
            "stale": row.stale,
            "made_by": row.made_by.username if row.made_by else None,
            "made_at_utc": row.made_at,
            "reason": row.reason,
        }


def file_items(keys: list[int]) -> Iterator[dict[str, Any]]:
    """Yield files by key, without their content: one query."""
    for row in GoldenFile.objects.with_names().without_content().filter(pk__in=keys).order_by("pk"):
        yield file_item(row)


def file_item(row: GoldenFile) -> dict[str, Any]:
    """Return a file without its content."""
    return {
        "id": row.pk,
        "name": row.name,
        "policy": row.policy_version.policy.name,
        "policy_version": row.policy_version.number,
        "as_of_utc": row.as_of,
        "layout": row.layout,
        "sha256": row.sha256,
        "made_by": row.made_by.username if row.made_by else None,
        "made_at_utc": row.made_at,
    }
