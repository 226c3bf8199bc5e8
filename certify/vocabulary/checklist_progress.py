"""The checklists of a certify form, and what its person has done with them on this shift day.

The general list is gone through once per person and shift day. The other lists are judged with the flags: a form stores
whether each was open or folded when its flag was set. A shift day is a day in UTC.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from django.conf import settings
from django.utils import timezone

from certify.vocabulary.cache import FormChecklist, form_checklists
from certify.vocabulary.models import ChecklistProgress
from infrastructure.database.compiled_query import PLACEHOLDER, PLACEHOLDER_DAY, PrecompiledQuery
from oms.choices import RunType
from registry.parsing import run_type_in

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import date

    from users.models import User

EditionKey = tuple[str, int]  # identifier and edition of a checklist
OPENED_FIELD, FLAGGED_FIELD = "lists_opened", "lists_flagged"
_OPENED = re.compile(r"([a-z][a-z0-9_]*)-([0-9]{1,6})")
_FLAGGED = re.compile(r"([a-z][a-z0-9_]*)-([0-9]{1,6})-(open|folded)")
_progress_of_day: PrecompiledQuery[tuple[str, str, int]] = PrecompiledQuery(
    lambda person, day: ChecklistProgress.objects.filter(user=person, shift_day=day).values_list(
        "run_type", "checklist", "edition"
    ),
    *(PLACEHOLDER, PLACEHOLDER_DAY),
)


@dataclass(frozen=True)
class ChecklistUsage:
    """What was sent with a form: the editions that were open on its page, and at the flags whether they were open."""

    opened: frozenset[EditionKey] = frozenset()
    open_at_flag: dict[EditionKey, bool] = field(default_factory=dict)


@dataclass(frozen=True)
class FormChecklists:
    """The lists of a new certification; those gone through and those opened on this shift day, for this run type."""

    all: list[FormChecklist] = field(default_factory=list)
    gone_through: frozenset[EditionKey] = frozenset()
    opened: frozenset[EditionKey] = frozenset()
    opened_by_type: frozenset[tuple[str, EditionKey]] = frozenset()  # for every run type

    def types_opened(self, checklist: FormChecklist) -> list[str]:
        """Return the run types for which this list was open, as a person may choose one of them on the form."""
        return sorted(run_type for run_type, key in self.opened_by_type if key == checklist.key)

    def has_box(self, checklist: FormChecklist) -> bool:
        """Whether the form has a checkbox for this list: the general one until it is gone through."""
        if checklist.is_general:
            return checklist.key not in self.gone_through
        return bool(settings.CHECKLIST_BOXES)

    @property
    def with_box(self) -> list[FormChecklist]:
        return [checklist for checklist in self.all if self.has_box(checklist)]


def checklists_of_shift(person: User, run_type: str, dataset: str = "") -> FormChecklists:
    """Return the lists of a form of this person: one query. An unknown run type is that in the name of the dataset."""
    if run_type == RunType.UNKNOWN:
        run_type = run_type_in(dataset) or run_type
    lists = form_checklists()
    if not lists:
        return FormChecklists()
    done = _progress_of_day.rows(person.pk, _shift_day())
    return FormChecklists(
        lists,
        gone_through=frozenset((name, edition) for stored_type, name, edition in done if not stored_type),
        opened=frozenset((name, edition) for stored_type, name, edition in done if stored_type == run_type),
        opened_by_type=frozenset((stored_type, (name, edition)) for stored_type, name, edition in done if stored_type),
    )


def record_progress(
    person: User, run_type: str, gone_through: Iterable[EditionKey], opened: Iterable[EditionKey]
) -> None:
    """Store what a saved form has gone through and opened: one statement, or none without lists."""
    day = _shift_day()
    done = [("", key) for key in gone_through] + [(run_type, key) for key in opened]
    rows = [
        ChecklistProgress(user=person, shift_day=day, run_type=stored_type, checklist=name, edition=edition)
        for stored_type, (name, edition) in done
    ]
    if rows:
        ChecklistProgress.objects.bulk_create(rows, ignore_conflicts=True)


def read_usage(opened: str, flagged: str) -> ChecklistUsage:
    """Return what a form has sent: words such as `general-3` and `general-3-open`. Other words are ignored."""
    lists = {checklist.identifier: checklist.edition for checklist in form_checklists()}
    opened_words = (_OPENED.fullmatch(word) for word in opened.split())
    flagged_words = (_FLAGGED.fullmatch(word) for word in flagged.split())
    return ChecklistUsage(
        frozenset(key for word in opened_words if word and _is_edition(key := (word[1], int(word[2])), lists)),
        {
            key: word[3] == "open"
            for word in flagged_words
            if word and _is_edition(key := (word[1], int(word[2])), lists)
        },
    )


def _is_edition(key: EditionKey, lists: dict[str, int]) -> bool:
    return 1 <= key[1] <= lists.get(key[0], 0)


def _shift_day() -> date:
    return timezone.now().date()
