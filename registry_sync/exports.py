"""The receipts as CSV: a row for each write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

    from registry_sync.models import RegistryWrite, Sending

HEADING = (
    *("run", "reconstruction", "dataset", "certification", "version", "purpose", "confirmed_by", "confirmed_at"),
    *(
        "component",
        "lumisections",
        "was",
        "is",
        "comment",
        "state",
        "registry_version",
        "sent_at",
        "answer",
        "changed_since",
        "dataset_changed_since",
    ),
)


def export_rows(sendings: Iterable[Sending]) -> Iterator[tuple[Any, ...]]:
    """Yield the values of `HEADING`, times in UTC."""
    for sending in sendings:
        for write in sending.writes.all():
            yield (*_sending_values(sending), *_write_values(write), sending.changed_since)


def _sending_values(sending: Sending) -> tuple[Any, ...]:
    certification = sending.certification
    return (
        sending.run_number,
        certification.reconstruction,
        sending.registry_name.strip(),
        certification.pk,
        sending.version,
        sending.purpose,
        sending.confirmed_by.get_username(),
        _utc(sending.confirmed_at),
    )


def _write_values(write: RegistryWrite) -> tuple[Any, ...]:
    return (
        write.component or "state",
        write.lumisections,
        write.was_text,
        write.state_to if write.is_move else write.status,
        write.comment,
        write.state,
        write.registry_version or "",
        _utc(write.sent_at),
        write.answer,
        write.changed_since,
    )


def _utc(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%dT%H:%M:%SZ}" if moment else ""
