"""The part "Central list": the status of each run of a pasted list, by the verdict of its prompt reconstruction.

The pasted runs replace the filters on runs and days; all other filters apply. No external service is queried.
"""

from __future__ import annotations

from dataclasses import dataclass
from types import MappingProxyType, SimpleNamespace
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.urls import reverse

from certify.filters.names import RUN_NAMES
from certify.models import TrackerCertification
from certify.models.choices import Reconstruction, Verdict
from certify.models.lumisections_out import OUT_COLUMNS, lumisections_out
from certify.rules.run_list import read_run_list
from certify.rules.run_numbers import format_run_numbers
from oms.choices import RunType
from oms.models import OmsRun
from reports.statistics import changed_verdict

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from reports.scope import Scope
    from users.access import SignedInRequest

MAX_RUNS = 2000
MAX_TEXT_LENGTH = 200_000  # characters; a golden JSON of a year has about 30,000
MAX_URL_LENGTH = 3500  # characters; some web servers accept no more than 4000
TOO_MANY_RUNS = f"The list has more than {MAX_RUNS} runs. Paste it in parts."


class CentralListStatus(TextChoices):
    """The status of a run, in the order of the text."""

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
    """The fields of a live certification that the check needs. `passes_filters`: it matches the set filters.

    `out`: what is out of it, as text.
    """

    run_number: int
    reconstruction: str
    run_type: str
    verdict: str
    passes_filters: bool = True
    out: str = ""


@dataclass(frozen=True)
class PastedRuns:
    """The run numbers of a pasted text, oldest first, the ignored pieces, and an error for the whole text.

    `ranges`: those of more than one run; `single`: the runs that are listed by themselves; `more_ignored`: how many
    ignored pieces are not in `ignored`.
    """

    numbers: list[int]
    ignored: list[str]
    error: str = ""
    ranges: tuple[range, ...] = ()
    single: frozenset[int] = frozenset()
    more_ignored: int = 0

    @property
    def text(self) -> str:
        """The runs as they are read, without what is around them; empty if pieces are ignored."""
        if self.ignored or self.error:
            return ""
        return " ".join([*(f"{runs[0]}-{runs[-1]}" for runs in self.ranges), *map(str, sorted(self.single))])


# By run type and status; the run type is empty for runs without certifications.
RunsByStatus = dict[tuple[str, CentralListStatus], list[int]]


def parse_pasted_runs(text: str) -> PastedRuns:
    """Read the runs of a pasted list, as `certify.rules.run_list` does. What cannot be read is ignored and listed."""
    if len(text) > MAX_TEXT_LENGTH:
        return PastedRuns([], [], f"The list is longer than {MAX_TEXT_LENGTH} characters. Paste it in parts.")
    found = read_run_list(text)
    if any(last - first >= MAX_RUNS for first, last in found.ranges):
        return PastedRuns([], [], TOO_MANY_RUNS)
    numbers = {run for first, last in found.ranges for run in range(first, last + 1)}
    if len(numbers) > MAX_RUNS:
        return PastedRuns([], [], TOO_MANY_RUNS)
    ignored, more = list(found.unread), found.unread_count - len(found.unread)
    if text.strip() and not numbers:
        error = "There is no run number in the list. Paste some, such as 316187, 316199-316202."
        return PastedRuns([], ignored, error, more_ignored=more)
    ranges = tuple(range(first, last + 1) for first, last in found.ranges if last > first)
    single = frozenset(first for first, last in found.ranges if last == first)
    return PastedRuns(sorted(numbers), ignored, ranges=ranges, single=single, more_ignored=more)


def check_runs(
    numbers: Iterable[int], certified: Iterable[CheckedCertification], unknown: Collection[int] = ()
) -> RunsByStatus:
    """The runs by run type and status. A run has the run type of its prompt reconstruction, or else of any other.

    `unknown`: numbers without a run in the database.
    """
    by_run: dict[int, dict[str, CheckedCertification]] = {}
    for certification in certified:
        by_run.setdefault(certification.run_number, {})[certification.reconstruction] = certification
    runs_by_status: RunsByStatus = {}
    for number in sorted(set(numbers)):
        by_reconstruction = by_run.get(number, {})
        status = (
            CentralListStatus.UNKNOWN if number in unknown and not by_reconstruction else _status_of(by_reconstruction)
        )
        runs_by_status.setdefault((_run_type(by_reconstruction), status), []).append(number)
    return runs_by_status


def _run_type(by_reconstruction: dict[str, CheckedCertification]) -> str:
    best = by_reconstruction.get(Reconstruction.PROMPT) or next(
        (by_reconstruction[name] for name in Reconstruction.values if name in by_reconstruction), None
    )
    return best.run_type if best else ""


def _status_of(by_reconstruction: dict[str, CheckedCertification]) -> CentralListStatus:
    """The status by the verdict of prompt; "changed" if that of express is opposite. Undecided has no opposite.

    A run is outside the filters if its prompt certification does not match them or, without one, if none does.
    A run without certifications is missing.
    """
    prompt, express = by_reconstruction.get(Reconstruction.PROMPT), by_reconstruction.get(Reconstruction.EXPRESS)
    if not by_reconstruction:
        return CentralListStatus.MISSING
    if not any(certification.passes_filters for certification in ([prompt] if prompt else by_reconstruction.values())):
        return CentralListStatus.OUTSIDE
    if prompt is None:
        return CentralListStatus.PROMPT_MISSING
    if express and (changed := changed_verdict(express.verdict, prompt.verdict)):
        return CentralListStatus.CHANGED_GOOD if changed == Verdict.GOOD else CentralListStatus.CHANGED_BAD
    return CentralListStatus(prompt.verdict)


def certifications_of(numbers: Collection[int], scope: Scope) -> list[CheckedCertification]:
    """The live certifications of these runs: one query, and a second one if filters are set."""
    if not numbers:
        return []
    rows = TrackerCertification.objects.live().filter(runreconstruction__run_id__in=numbers).order_by()
    names = ("runreconstruction__run_id", "runreconstruction__reconstruction", "verdict_word", "pk")
    passing = set(scope.filtered(rows).values_list("pk", flat=True)) if scope.filters.as_sentence() else None
    return [_checked_certification(row, passing) for row in rows.values(*names, *OUT_COLUMNS)]


def _checked_certification(row: dict[str, Any], passing: Collection[int] | None) -> CheckedCertification:
    return CheckedCertification(
        run_number=row["runreconstruction__run_id"],
        reconstruction=row["runreconstruction__reconstruction"],
        run_type=row["run_type"],
        verdict=row["verdict_word"],
        passes_filters=passing is None or row["pk"] in passing,
        out=lumisections_out(SimpleNamespace(**row)).text_with_ranges,
    )


def unknown_runs(pasted: PastedRuns) -> set[int]:
    """Numbers in the pasted ranges that are no known run: one query.

    Run numbers have gaps. Ranges without any known run are not checked, nor are runs that are listed by themselves.
    """
    numbers = {number for run_range in pasted.ranges for number in run_range}
    known = set(OmsRun.objects.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()
    covered = {number for run_range in pasted.ranges if not known.isdisjoint(run_range) for number in run_range}
    return covered - known - pasted.single


def out_of_prompt(certified: Iterable[CheckedCertification]) -> dict[int, str]:
    """What is out of the prompt certifications, as text by run number."""
    return {row.run_number: row.out for row in certified if row.out and row.reconstruction == Reconstruction.PROMPT}


def check_text(runs_by_status: RunsByStatus, out: Mapping[int, str] = MappingProxyType({})) -> str:
    """The check as text: a paragraph per run type with a line per status.

    `out`: what is out of runs, as text; below the status of the run is a line with it.
    """
    parts = []
    for run_type in (*RunType, None):
        lines = list(_status_lines(runs_by_status, run_type.value if run_type else "", out))
        if lines and run_type:
            lines.insert(0, run_type.label)
        parts += ["\n".join(lines)] if lines else []
    return "\n\n".join(parts)


def _status_lines(runs_by_status: RunsByStatus, run_type: str, out: Mapping[int, str]) -> Iterator[str]:
    for status in CentralListStatus:
        if numbers := runs_by_status.get((run_type, status)):
            is_listed = status != CentralListStatus.UNKNOWN
            runs_text = (
                ", ".join(map(str, numbers))
                if is_listed
                else f"{len(numbers)} of the ranges, {format_run_numbers(numbers)}"
            )
            yield f"{status.label}: {runs_text}"
            if status != CentralListStatus.OUTSIDE:
                yield from (f"  {number}: {out[number]}" for number in numbers if number in out)


def count_by_status(runs_by_status: RunsByStatus) -> list[tuple[CentralListStatus, int]]:
    """The number of runs of each status; OUTSIDE and UNKNOWN only if they occur."""
    counts = [
        (status, sum(len(numbers) for (_, key_status), numbers in runs_by_status.items() if key_status == status))
        for status in CentralListStatus
    ]
    return [
        (status, count)
        for status, count in counts
        if count or status not in (CentralListStatus.OUTSIDE, CentralListStatus.UNKNOWN)
    ]


def check_url(query: str, text: str) -> str:
    """The URL of this check, with the runs alone if everything can be read; empty if it exceeds `MAX_URL_LENGTH`."""
    runs_text = parse_pasted_runs(text).text or text.strip()
    parameters = "&".join(filter(None, [query, urlencode({"list": runs_text})]))
    path = f"{reverse('shiftleader:part', args=['central'])}?{parameters}"
    return path if len(path) <= MAX_URL_LENGTH else ""


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """The form, and the check of the submitted list."""
    text = request.POST.get("list") or request.GET.get("list", "")
    pasted, others = parse_pasted_runs(text), scope.without_filters(*RUN_NAMES)
    certified = certifications_of(pasted.numbers, others)
    runs_by_status = check_runs(pasted.numbers, certified, unknown_runs(pasted))
    return {
        "set_filters": others.filters.as_sentence(),
        "unfiltered_url": check_url(scope.without_filters().query, text),
        "text": text,
        "pasted": pasted,
        "counts": count_by_status(runs_by_status),
        "check_text": check_text(runs_by_status, out_of_prompt(certified)),
        "check_url": check_url(scope.query, text),
    }
