"""The part that compares with Run Registry. It asks step by step, so that many runs never wait for one long answer."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from certify.selectors import certified_among
from infrastructure.http.budget import Budget
from registry.bulk_queries import Flags, flags_of_runs
from registry.flags import FlaggedDataset
from registry.parsing import RegistryDataset
from reports.filters.week import Scope
from reports.rows import Line
from shiftleader.parts.comparison import Comparison, Outcome, Row, compare, run_type_in_registry
from shiftleader.parts.run_selection import runs_asked
from users.access import SignedInRequest
from users.models import User

STEP = 300  # run numbers more with each request of the page
MOST_ROWS = 200  # of one group on a page
# Filters that only a certification can pass: with one of them nothing can be missing here.
OF_CERTIFICATIONS = ("user", "verdict", "problem", "trackermap", "b_field", "energy", "beam")


@dataclass(frozen=True)
class Group:
    """Rows of one outcome, each with the address of ours; `more` that are not shown."""

    outcome: Outcome
    rows: list[tuple[Row, str, str]]
    more: int

    @property
    def count(self) -> int:
        return len(self.rows) + self.more


@dataclass(frozen=True)
class Asking:
    """How far the page asks: the first `upto` of the runs, with answers not older than `since`."""

    numbers: list[int]
    upto: int
    since: datetime | None

    def address(self, scope: Scope, flags: Flags, **more: Any) -> str:
        """Of this part, asking on, with what was answered kept."""
        since = self.since or flags.first_asked
        return _address(scope, since=int(since.timestamp() * 1000), **{"upto": self.upto, **more})


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """What the certifications of the scope, and the runs between them, are in Run Registry."""
    lines = scope.lines()
    asking = _asking(request, scope, lines)
    flags = flags_of_runs(
        asking.numbers[: asking.upto], Budget.of_page(is_retry="again" in request.GET), since=asking.since
    )
    found = _compared(scope, lines, flags)
    return {
        "compared": found,
        "groups": _groups(found, request.user),
        "flags": flags,
        "done": len(flags.answered),
        "total": len(asking.numbers),
        "next": _next(scope, asking, flags),
        "again": asking.address(scope, flags, again=1),
        "anew": _address(scope, again=1),
        "is_ours_only": not _takes_theirs(scope),
    }


def _takes_theirs(scope: Scope) -> bool:
    return not any(scope.said.get(name) not in (None, "", [], {}) for name in OF_CERTIFICATIONS)


def _asking(request: SignedInRequest, scope: Scope, lines: list[Line]) -> Asking:
    """What is asked now: one step for a fragment of the page, as much as the time allows for a page by itself."""
    certified = {line.run_number for line in lines}
    spans = scope.said.get("runs") or []
    numbers = runs_asked(certified, spans) if _takes_theirs(scope) else sorted(certified, reverse=True)
    first = STEP if request.headers.get("HX-Request") else len(numbers)
    since = _moment(request.GET.get("since", ""))
    if "again" in request.GET and since is None:
        since = timezone.now()
    return Asking(numbers, _number(request.GET.get("upto", "")) or first, since)


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 8 else 0


def _moment(text: str) -> datetime | None:
    """A time in ms since 1970."""
    return (
        datetime.fromtimestamp(int(text) / 1000, UTC) if text.isascii() and text.isdigit() and len(text) < 14 else None
    )


def _next(scope: Scope, asking: Asking, flags: Flags) -> str:
    """The next step; none after the last, nor after a failure, which a person decides about."""
    if flags.problem or asking.upto >= len(asking.numbers):
        return ""
    return asking.address(scope, flags, upto=asking.upto + STEP)


def _address(scope: Scope, **more: Any) -> str:
    """Of this part, with the filters of the page."""
    return f"{reverse('shiftleader:part', args=['comparison'])}?{scope.query}&{urlencode(more)}"


def _compared(scope: Scope, lines: list[Line], flags: Flags) -> Comparison:
    return compare(
        [line for line in lines if line.run_number in flags.answered],
        flags.datasets,
        certified=certified_among(flags.answered) if flags.answered else set(),
        is_wanted=lambda one: _takes_theirs(scope) and is_wanted(scope, one),
    )


def is_wanted(scope: Scope, one: FlaggedDataset) -> bool:
    """Whether the filters that a dataset can pass leave it."""
    reconstructions, run_types, spans = (scope.said.get(name) for name in ("reconstruction", "run_type", "runs"))
    return (
        (not spans or any(first <= one.run_number <= last for first, last in spans))
        and (not reconstructions or one.dataset.reconstruction in reconstructions)
        and (not run_types or run_type_in_registry(one) in run_types)
        and (scope.said.get("dataset") or "").lower() in one.dataset.name.lower()
    )


def _groups(found: Comparison, reader: User) -> list[Group]:
    """The rows by outcome; what is equal is only counted."""
    groups = []
    for outcome in Outcome:
        rows = found.of(outcome)
        shown = [] if outcome == Outcome.EQUAL else rows[:MOST_ROWS]
        drawn = [(row, _ours(row, reader), _theirs(row)) for row in shown]
        groups.append(Group(outcome, drawn, len(rows) - len(shown)))
    return groups


def _ours(row: Row, reader: User) -> str:
    """Where ours is changed, or made where there is none; its own page for who may not change it."""
    if row.line is None:
        return certify_address(row.theirs.dataset) if row.theirs and reader.may_certify else ""
    is_own = reader.may_certify and row.line.username == reader.username
    page = "listruns:update" if reader.may_change_others or is_own else "listruns:certification"
    return reverse(page, args=[row.line.pk])


def certify_address(dataset: RegistryDataset) -> str:
    """Where the dataset is certified."""
    address = reverse("certify:certify-reconstruction", args=[dataset.run_number, dataset.reconstruction])
    return f"{address}?{urlencode({'dataset': dataset.name})}"


def _theirs(row: Row) -> str:
    return settings.LINKS["registry_run"].format(run=row.run_number)
