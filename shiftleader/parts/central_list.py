"""The central list check: how each run of a pasted list stands here, by the verdict of its prompt reconstruction.

It is about the runs that are pasted, on whatever day they were certified: these take the place of the filter on runs
and of the days. All other filters count. Nobody is asked outside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.urls import reverse

from certify.filters.names import RUN_NAMES
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction, Verdict
from certify.rules.run_numbers import LAST_RUN, format_run_numbers, split_tokens
from oms.choices import RunType
from oms.models import OmsRun
from reports.scope import Scope
from reports.statistics import changed_verdict
from users.access import SignedInRequest

MAX_RUNS = 2000
MAX_URL_LENGTH = 3500  # characters; web servers take some four thousand
_RUN_OR_RANGE = re.compile(r"([0-9]{1,7})(?:-([0-9]{1,7}))?", re.ASCII)


class CentralListStatus(TextChoices):
    """How a run stands, in the order of the text."""

    GOOD = "good", "GOOD"
    BAD = "bad", "BAD"
    UNDECIDED = "undecided", "UNDECIDED"
    CHANGED_GOOD = "changed-good", "CHANGED TO GOOD"
    CHANGED_BAD = "changed-bad", "CHANGED TO BAD"
    PROMPT_MISSING = "prompt-missing", "PROMPT MISSING"
    MISSING = "missing", "MISSING"
    OUTSIDE = "outside", "OUTSIDE THE FILTERS"
    UNKNOWN = "unknown", "UNKNOWN RUN"


class CheckedCertification(NamedTuple):
    """One live certification, as the check needs it; `passes` says whether the filters leave it."""

    run_number: int
    reconstruction: str
    run_type: str
    verdict: str
    passes_filters: bool = True


@dataclass(frozen=True)
class PastedRuns:
    """The runs of a pasted text, oldest first; the words in it that are none; and what is wrong with all of it.

    `ranges`: those of the words that are ranges; `single`: the runs that a word of their own names.
    """

    numbers: list[int]
    ignored: list[str]
    error: str = ""
    ranges: tuple[range, ...] = ()
    single: frozenset[int] = frozenset()


# Run type and standing; without a run type the runs that nobody has certified.
RunsByStatus = dict[tuple[str, CentralListStatus], list[int]]


def parse_pasted_runs(text: str) -> PastedRuns:
    """Run numbers and ranges between commas, spaces and line breaks; whatever else is named and left out."""
    found = {word: _parse_run_range(word) for word in split_tokens(text)}
    numbers: set[int] = set()
    for runs in found.values():
        numbers.update(runs or ())
        if len(numbers) > MAX_RUNS:
            return PastedRuns([], [], f"The list has more than {MAX_RUNS} runs. Paste it in parts.")
    ignored = list(dict.fromkeys(word[:24] for word, runs in found.items() if runs is None))
    if text.strip() and not numbers:
        return PastedRuns([], ignored, "There is no run number in the list. Paste some, such as 316187, 316199-316202.")
    ranges = tuple(runs for word, runs in found.items() if runs and "-" in word)
    single = frozenset(runs[0] for word, runs in found.items() if runs and "-" not in word)
    return PastedRuns(sorted(numbers), ignored, ranges=ranges, single=single)


def _parse_run_range(word: str) -> range | None:
    match = _RUN_OR_RANGE.fullmatch(word)
    if not match:
        return None
    first = int(match[1])
    last = int(match[2] or first)
    return range(first, min(last, first + MAX_RUNS) + 1) if first <= last <= LAST_RUN else None


def check_runs(
    numbers: Iterable[int], certified: Iterable[CheckedCertification], unknown: Collection[int] = ()
) -> RunsByStatus:
    """The runs by run type and standing. A run has the run type of its prompt reconstruction, or else of any other.

    `unknown`: the numbers that are no run known here.
    """
    of_run: dict[int, dict[str, CheckedCertification]] = {}
    for one in certified:
        of_run.setdefault(one.run_number, {})[one.reconstruction] = one
    found: RunsByStatus = {}
    for number in sorted(set(numbers)):
        by_reconstruction = of_run.get(number, {})
        status = (
            CentralListStatus.UNKNOWN if number in unknown and not by_reconstruction else _status_of(by_reconstruction)
        )
        found.setdefault((_run_type(by_reconstruction), status), []).append(number)
    return found


def _run_type(by_reconstruction: dict[str, CheckedCertification]) -> str:
    best = by_reconstruction.get(Reconstruction.PROMPT) or next(
        (by_reconstruction[name] for name in Reconstruction.values if name in by_reconstruction), None
    )
    return best.run_type if best else ""


def _status_of(by_reconstruction: dict[str, CheckedCertification]) -> CentralListStatus:
    """By prompt's verdict; changed where express had the opposite one. Undecided is the opposite of nothing.

    The filters say whether prompt is read; without one, whether any other is. Nothing certified is called missing.
    """
    prompt, express = by_reconstruction.get(Reconstruction.PROMPT), by_reconstruction.get(Reconstruction.EXPRESS)
    if not by_reconstruction:
        return CentralListStatus.MISSING
    if not any(one.passes_filters for one in ([prompt] if prompt else by_reconstruction.values())):
        return CentralListStatus.OUTSIDE
    if prompt is None:
        return CentralListStatus.PROMPT_MISSING
    if express and (changed := changed_verdict(express.verdict, prompt.verdict)):
        return CentralListStatus.CHANGED_GOOD if changed == Verdict.GOOD else CentralListStatus.CHANGED_BAD
    return CentralListStatus(prompt.verdict)


def certifications_of(numbers: Collection[int], scope: Scope) -> list[CheckedCertification]:
    """The live certifications of these runs: one query, and one where filters are set, for which of them they leave."""
    if not numbers:
        return []
    rows = TrackerCertification.objects.live().filter(runreconstruction__run_id__in=numbers).order_by()
    found = rows.values_list(
        "runreconstruction__run_id", "runreconstruction__reconstruction", "run_type", "verdict_word", "pk"
    )
    left = set(scope.filtered(rows).values_list("pk", flat=True)) if scope.filters.as_sentence() else None
    return [CheckedCertification(*said, left is None or pk in left) for *said, pk in found]  # type: ignore[call-arg]


def unknown_runs(pasted: PastedRuns) -> set[int]:
    """The numbers of the ranges that no run known here has, where it has some of the range: one query.

    Run numbers have gaps. A range of which nothing is known is left as it is, and so is what is named by itself.
    """
    numbers = {number for some in pasted.ranges for number in some}
    known = set(OmsRun.objects.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()
    covered = {number for some in pasted.ranges if not known.isdisjoint(some) for number in some}
    return covered - known - pasted.single


def check_text(found: RunsByStatus) -> str:
    """The check as text: a line per standing, the run types below each other."""
    parts = []
    for run_type in (*RunType, None):
        lines = list(_status_lines(found, run_type.value if run_type else ""))
        if lines and run_type:
            lines.insert(0, run_type.label)
        parts += ["\n".join(lines)] if lines else []
    return "\n\n".join(parts)


def _status_lines(found: RunsByStatus, run_type: str) -> Iterator[str]:
    for status in CentralListStatus:
        if numbers := found.get((run_type, status)):
            is_told = status != CentralListStatus.UNKNOWN
            says = (
                ", ".join(map(str, numbers))
                if is_told
                else f"{len(numbers)} of the ranges, {format_run_numbers(numbers)}"
            )
            yield f"{status.label}: {says}"


def count_by_status(found: RunsByStatus) -> list[tuple[CentralListStatus, int]]:
    """How many runs stand each way; what is outside or unknown only where there is any."""
    counts = [
        (status, sum(len(numbers) for (_, one), numbers in found.items() if one == status))
        for status in CentralListStatus
    ]
    return [
        (one, count)
        for one, count in counts
        if count or one not in (CentralListStatus.OUTSIDE, CentralListStatus.UNKNOWN)
    ]


def check_url(query: str, text: str) -> str:
    """The address that gives this check again; empty where it would be too long."""
    words = " ".join(split_tokens(text))
    path = (
        f"{reverse('shiftleader:part', args=['central'])}?{'&'.join(filter(None, [query, urlencode({'list': words})]))}"
    )
    return path if len(path) <= MAX_URL_LENGTH else ""


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """The form, and the check of what was pasted into it."""
    text = request.POST.get("list") or request.GET.get("list", "")
    pasted, others = parse_pasted_runs(text), scope.without_filters(*RUN_NAMES)
    found = check_runs(pasted.numbers, certifications_of(pasted.numbers, others), unknown_runs(pasted))
    return {
        "set_filters": others.filters.as_sentence(),
        "unfiltered_url": check_url(scope.without_filters().query, text),
        "text": text,
        "pasted": pasted,
        "counts": count_by_status(found),
        "check_text": check_text(found),
        "check_url": check_url(scope.query, text),
    }
