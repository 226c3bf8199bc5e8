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

from certify.models import TrackerCertification
from certify.models.choices import Reconstruction, Verdict
from certify.rules.run_numbers import LAST_RUN, in_words, words_of
from oms.choices import RunType
from oms.models import OmsRun
from reports.filters.chips import in_words_of
from reports.filters.week import Scope
from reports.statistics import changed_to
from users.access import SignedInRequest

MOST = 2000
LONGEST_ADDRESS = 3500  # characters; web servers take some four thousand
_RUN_OR_RANGE = re.compile(r"([0-9]{1,7})(?:-([0-9]{1,7}))?", re.ASCII)


class Standing(TextChoices):
    """How a run stands, in the order of the text."""

    GOOD = "good", "GOOD"
    BAD = "bad", "BAD"
    UNDECIDED = "undecided", "UNDECIDED"
    CHANGED_GOOD = "changed-good", "CHANGED TO GOOD"
    CHANGED_BAD = "changed-bad", "CHANGED TO BAD"
    PROMPT_MISSING = "prompt-missing", "PROMPT MISSING"
    MISSING = "missing", "MISSING"
    OUTSIDE = "outside", "OUTSIDE THE FILTERS"
    UNKNOWN = "unknown", "NO RUN KNOWN HERE"


class Certified(NamedTuple):
    """One live certification, as the check needs it; `passes` says whether the filters leave it."""

    run_number: int
    reconstruction: str
    run_type: str
    verdict: str
    passes: bool = True


@dataclass(frozen=True)
class Pasted:
    """The runs of a pasted text, oldest first; the words in it that are none; and what is wrong with all of it.

    `ranges`: those of the words that are ranges; `single`: the runs that a word of their own names.
    """

    numbers: list[int]
    ignored: list[str]
    error: str = ""
    ranges: tuple[range, ...] = ()
    single: frozenset[int] = frozenset()


# Run type and standing; without a run type the runs that nobody has certified.
Groups = dict[tuple[str, Standing], list[int]]


def read(text: str) -> Pasted:
    """Run numbers and ranges between commas, spaces and line breaks; whatever else is named and left out."""
    found = {word: _runs_of(word) for word in words_of(text)}
    numbers: set[int] = set()
    for runs in found.values():
        numbers.update(runs or ())
        if len(numbers) > MOST:
            return Pasted([], [], f"The list has more than {MOST} runs. Paste it in parts.")
    ignored = list(dict.fromkeys(word[:24] for word, runs in found.items() if runs is None))
    if text.strip() and not numbers:
        return Pasted([], ignored, "There is no run number in the list. Paste some, such as 316187, 316199-316202.")
    ranges = tuple(runs for word, runs in found.items() if runs and "-" in word)
    single = frozenset(runs[0] for word, runs in found.items() if runs and "-" not in word)
    return Pasted(sorted(numbers), ignored, ranges=ranges, single=single)


def _runs_of(word: str) -> range | None:
    match = _RUN_OR_RANGE.fullmatch(word)
    if not match:
        return None
    first = int(match[1])
    last = int(match[2] or first)
    return range(first, min(last, first + MOST) + 1) if first <= last <= LAST_RUN else None


def check(numbers: Iterable[int], certified: Iterable[Certified], unknown: Collection[int] = ()) -> Groups:
    """The runs by run type and standing. A run has the run type of its prompt reconstruction, or else of any other.

    `unknown`: the numbers that are no run known here.
    """
    of_run: dict[int, dict[str, Certified]] = {}
    for one in certified:
        of_run.setdefault(one.run_number, {})[one.reconstruction] = one
    found: Groups = {}
    for number in sorted(set(numbers)):
        some = of_run.get(number, {})
        standing = Standing.UNKNOWN if number in unknown and not some else _standing(some)
        found.setdefault((_run_type(some), standing), []).append(number)
    return found


def _run_type(some: dict[str, Certified]) -> str:
    best = some.get(Reconstruction.PROMPT) or next((some[name] for name in Reconstruction.values if name in some), None)
    return best.run_type if best else ""


def _standing(some: dict[str, Certified]) -> Standing:
    """By prompt's verdict; changed where express had the opposite one. Undecided is the opposite of nothing.

    The filters say whether prompt is read; without one, whether any other is. Nothing certified is called missing.
    """
    prompt, express = some.get(Reconstruction.PROMPT), some.get(Reconstruction.EXPRESS)
    if not some:
        return Standing.MISSING
    if not any(one.passes for one in ([prompt] if prompt else some.values())):
        return Standing.OUTSIDE
    if prompt is None:
        return Standing.PROMPT_MISSING
    if express and (changed := changed_to(express.verdict, prompt.verdict)):
        return Standing.CHANGED_GOOD if changed == Verdict.GOOD else Standing.CHANGED_BAD
    return Standing(prompt.verdict)


def certified_of(numbers: Collection[int], scope: Scope) -> list[Certified]:
    """The live certifications of these runs: one query, and one where filters are set, for which of them they leave."""
    if not numbers:
        return []
    rows = TrackerCertification.objects.live().filter(runreconstruction__run_id__in=numbers).order_by()
    found = rows.values_list(
        "runreconstruction__run_id", "runreconstruction__reconstruction", "run_type", "verdict_word", "pk"
    )
    left = set(scope.filtered(rows).values_list("pk", flat=True)) if in_words_of(scope) else None
    return [Certified(*said, left is None or pk in left) for *said, pk in found]  # type: ignore[call-arg]


def unknown_of(pasted: Pasted) -> set[int]:
    """The numbers of the ranges that no run known here has, where it has some of the range: one query.

    Run numbers have gaps. A range of which nothing is known is left as it is, and so is what is named by itself.
    """
    numbers = {number for some in pasted.ranges for number in some}
    known = set(OmsRun.objects.filter(pk__in=numbers).values_list("pk", flat=True)) if numbers else set()
    covered = {number for some in pasted.ranges if not known.isdisjoint(some) for number in some}
    return covered - known - pasted.single


def text_of(found: Groups) -> str:
    """The check as text: a line per standing, the run types below each other."""
    parts = []
    for run_type in (*RunType, None):
        lines = list(_lines(found, run_type.value if run_type else ""))
        if lines and run_type:
            lines.insert(0, run_type.label)
        parts += ["\n".join(lines)] if lines else []
    return "\n\n".join(parts)


def _lines(found: Groups, run_type: str) -> Iterator[str]:
    for standing in Standing:
        if numbers := found.get((run_type, standing)):
            is_told = standing != Standing.UNKNOWN
            says = ", ".join(map(str, numbers)) if is_told else f"{len(numbers)} of the ranges, {in_words(numbers)}"
            yield f"{standing.label}: {says}"


def counts_of(found: Groups) -> list[tuple[Standing, int]]:
    """How many runs stand each way; what is outside or unknown only where there is any."""
    counts = [
        (standing, sum(len(numbers) for (_, one), numbers in found.items() if one == standing)) for standing in Standing
    ]
    return [(one, count) for one, count in counts if count or one not in (Standing.OUTSIDE, Standing.UNKNOWN)]


def address(query: str, text: str) -> str:
    """The address that gives this check again; empty where it would be too long."""
    words = " ".join(words_of(text))
    path = (
        f"{reverse('shiftleader:part', args=['central'])}?{'&'.join(filter(None, [query, urlencode({'list': words})]))}"
    )
    return path if len(path) <= LONGEST_ADDRESS else ""


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """The form, and the check of what was pasted into it."""
    text = request.POST.get("list") or request.GET.get("list", "")
    pasted, others = read(text), scope.without_filters("runs")
    found = check(pasted.numbers, certified_of(pasted.numbers, others), unknown_of(pasted))
    return {
        "set": in_words_of(others),
        "unfiltered": address(scope.without_filters().query, text),
        "text": text,
        "pasted": pasted,
        "counts": counts_of(found),
        "answer": text_of(found),
        "address": address(scope.query, text),
    }
