"""The part "Comparison with Run Registry". It queries in steps, so that many runs do not wait for one long answer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils import timezone

from certify.selectors import certified_reconstructions
from infrastructure.http.budget import Budget
from infrastructure.web.links import link_address
from registry.bulk_queries import RunFlags, flags_of_runs
from registry.parsing import left_out_sentences
from registry_sync.selectors import changed_receipts, last_finished_at
from shiftleader.comparison import (
    ComparisonRow,
    DatasetKey,
    RegistryComparison,
    SentCertifications,
    compare_with_registry,
)
from shiftleader.component_comparison import ComparisonOutcome
from shiftleader.registry_datasets import certify_url, is_wanted
from shiftleader.registry_ranges import request_ranges, sent_certifications, stored_ranges_of
from shiftleader.run_selection import runs_to_ask
from shiftleader.step_parameters import parse_number, parse_timestamp, timestamp

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from registry.models import StoredFlagRanges
    from reports.rows import ReportRow
    from reports.scope import Scope
    from users.access import SignedInRequest
    from users.models import User

RUNS_PER_STEP = 300  # additional run numbers with each request of the page
MAX_ROWS = 200  # of each outcome on a page
MAX_OPEN = 25  # a group with more rows is folded


@dataclass(frozen=True)
class OutcomeGroup:
    """Rows of one outcome. `more`: number not shown.

    Each with the URLs of our certification, of Run Registry, and of the receipt if Run Registry has changed since.
    """

    outcome: ComparisonOutcome
    rows: list[tuple[ComparisonRow, str, str, str]]
    more: int

    @property
    def count(self) -> int:
        return len(self.rows) + self.more

    @property
    def is_open(self) -> bool:
        """Whether the rows are shown from the start: a few of them, and not those that nobody needs to look at."""
        return self.count <= MAX_OPEN and self.outcome not in (ComparisonOutcome.NOT_FLAGGED, ComparisonOutcome.EQUAL)

    @property
    def more_text(self) -> str:
        """How many rows are not shown, and why, or empty."""
        if not self.more:
            return ""
        if self.outcome == ComparisonOutcome.EQUAL:
            return f"{self.more} more, in which nothing is left standby and nothing has changed since it was sent."
        return f"{self.more} more. Choose fewer days or runs to see them."


@dataclass(frozen=True)
class ComparisonRequest:
    """How much to query: the first `upto` of the run numbers, with cached answers not older than `since`."""

    numbers: list[int]
    upto: int
    since: datetime | None

    def url(self, scope: Scope, flags: RunFlags, **more: Any) -> str:
        """URL of this part that continues the query and reuses the answers so far. `more`: additional parameters."""
        since = self.since or flags.first_asked
        return _part_url(scope, since=timestamp(since), **{"upto": self.upto, **more})


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """The certifications of the scope, and the runs between them, compared with Run Registry."""
    report_rows = scope.report_rows()
    asking = _comparison_request(request, scope, report_rows)
    flags = flags_of_runs(
        asking.numbers[: asking.upto], Budget.for_page(is_retry="again" in request.GET), since=asking.since
    )
    sent = sent_certifications(report_rows)
    stored = stored_ranges_of(report_rows, flags.datasets, sent)
    comparison = _compare_answered(scope, report_rows, flags, stored, sent)
    unread, changed = request_ranges(comparison.rows, stored)
    changed_here = changed_receipts([row.ours.pk for row in comparison.rows if row.ours])
    return {
        "comparison": comparison,
        "unread": unread,
        "changed": changed,
        "read_again_url": asking.url(scope, flags),
        "groups": _outcome_groups(comparison, request.user, changed_here),
        "changed_number": len(changed_here),
        "changed_url": f"{reverse('shiftleader:week')}?{scope.filters.as_query(registry_changed='on')}#comparison",
        "flags": flags,
        "left_out": left_out_sentences((flagged.dataset for flagged in flags.datasets), flags.unusable),
        "done": len(flags.answered),
        "total": len(asking.numbers),
        "next_url": _next_url(scope, asking, flags),
        "retry_url": asking.url(scope, flags, again=1),
        "refresh_url": _part_url(scope, again=1),
        "is_certified_only": scope.has_certification_filters,
    }


def _comparison_request(request: SignedInRequest, scope: Scope, report_rows: list[ReportRow]) -> ComparisonRequest:
    """The query of this request: one step for a fragment, all runs within the time budget for a full page."""
    certified = {report_row.run_number for report_row in report_rows}
    spans = scope.run_ranges
    numbers = runs_to_ask(certified, spans) if not scope.has_certification_filters else sorted(certified, reverse=True)
    first = RUNS_PER_STEP if request.headers.get("HX-Request") else len(numbers)
    requested = parse_timestamp(request.GET.get("since", ""))
    if "again" in request.GET and requested is None:
        requested = timezone.now()
    since = max((moment for moment in [requested, last_finished_at()] if moment), default=None)
    return ComparisonRequest(numbers, parse_number(request.GET.get("upto", "")) or first, since)


def _next_url(scope: Scope, asking: ComparisonRequest, flags: RunFlags) -> str:
    """URL of the next step; empty after the last, and after a failure, which the reader can retry."""
    if flags.problem or asking.upto >= len(asking.numbers):
        return ""
    return asking.url(scope, flags, upto=asking.upto + RUNS_PER_STEP)


def _part_url(scope: Scope, **more: Any) -> str:
    """URL of this part with the filters of the page."""
    return f"{reverse('shiftleader:part', args=['comparison'])}?{scope.query}&{urlencode(more)}"


def _compare_answered(
    scope: Scope,
    report_rows: list[ReportRow],
    flags: RunFlags,
    stored: Mapping[DatasetKey, StoredFlagRanges],
    sent: SentCertifications,
) -> RegistryComparison:
    return compare_with_registry(
        [report_row for report_row in report_rows if report_row.run_number in flags.answered],
        flags.datasets,
        certified=certified_reconstructions(flags.answered) if flags.answered else set(),
        is_wanted=lambda dataset: not scope.has_certification_filters and is_wanted(scope, dataset),
        stored=stored,
        sent=sent,
    )


def _outcome_groups(comparison: RegistryComparison, reader: User, changed: Mapping[int, int]) -> list[OutcomeGroup]:
    """The rows by outcome; of equal ones only those with lumisections that are left standby, or changed since."""
    groups = []
    for outcome in ComparisonOutcome:
        rows = comparison.with_outcome(outcome)
        is_equal = outcome == ComparisonOutcome.EQUAL
        shown = [row for row in rows if not is_equal or row.leaves_standby or _key_in(row, changed)][:MAX_ROWS]
        drawn = [(row, _our_url(row, reader), _registry_url(row), _receipt_url(row, reader, changed)) for row in shown]
        groups.append(OutcomeGroup(outcome, drawn, len(rows) - len(shown)))
    return groups


def _our_url(row: ComparisonRow, reader: User) -> str:
    """URL to change our certification, or to make it; its page for readers who may not change it."""
    if row.ours is None:
        return certify_url(row.theirs.dataset) if row.theirs and reader.may_certify else ""
    is_own = reader.may_certify and row.ours.username == reader.username
    page = "listruns:update" if reader.may_change_others or is_own else "listruns:certification"
    return reverse(page, args=[row.ours.pk])


def _key_in(row: ComparisonRow, changed: Mapping[int, int]) -> int | None:
    return changed.get(row.ours.pk) if row.ours else None


def _receipt_url(row: ComparisonRow, reader: User, changed: Mapping[int, int]) -> str:
    """URL of the receipt of what has changed since, for readers who may open it."""
    sending = _key_in(row, changed) if reader.may_certify else None
    return reverse("registry_sync:receipt", args=[sending]) if sending else ""


def _registry_url(row: ComparisonRow) -> str:
    return link_address("registry_run", run=row.run_number)
