"""What a draft says. The app that owns the form registers how its fields are read."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from django.http import QueryDict


@dataclass(frozen=True)
class DraftText:
    """The fields that a person, perhaps in training, has typed into one form, with the key of the draft."""

    key: str
    user_id: int
    in_training: bool
    run_number: int
    reconstruction: str
    typed: QueryDict


@dataclass(frozen=True)
class DraftReader:
    """`summarize` returns a draft in a few words; `find_saved` the keys of the drafts that equal what is saved."""

    summarize: Callable[[DraftText], str]
    find_saved: Callable[[Iterable[DraftText]], set[str]]


_readers: list[DraftReader] = []


def register_draft_reader(reader: DraftReader) -> None:
    """Register the reader of the forms. Called once, by `AppConfig.ready()`."""
    _readers[:] = [reader]


def summaries_of_unsaved(drafts: list[DraftText]) -> dict[str, str]:
    """Return {key: summary} of the drafts that differ from what is saved."""
    if not drafts or not _readers:
        return {draft.key: "" for draft in drafts}
    reader = _readers[0]
    saved = reader.find_saved(drafts)
    return {draft.key: reader.summarize(draft) for draft in drafts if draft.key not in saved}
