"""The central list check: how each run of a pasted list stands here, by the verdict of its prompt reconstruction.

It is about runs, whenever they were certified: days and filters of the week do not count. Nobody is asked outside.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple
from urllib.parse import urlencode

from django.db.models import TextChoices
from django.urls import reverse

from certify.choices import Reconstruction, Verdict
from certify.models import TrackerCertification
from certify.runlist import LAST_RUN, words_of
from oms.choices import RunType
from shiftleader.scope import Scope
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


class Certified(NamedTuple):
    """One live certification, as the check needs it."""

    run_number: int
    reconstruction: str
    run_type: str
    verdict: str


@dataclass(frozen=True)
class Pasted:
    """The runs of a pasted text, oldest first; the words in it that are none; and what is wrong with all of it."""

    numbers: list[int]
    ignored: list[str]
    error: str = ""


# Run type and standing; without a run type the runs that nobody has certified.
Groups = dict[tuple[str, Standing], list[int]]


def read(text: str) -> Pasted:
    """Run numbers and ranges between commas, spaces and line breaks; whatever else is named and left out."""
    numbers: set[int] = set()
    ignored = []
    for word in words_of(text):
        runs = _runs_of(word)
        if runs is None:
            ignored.append(word[:24])
        numbers.update(runs or ())
        if len(numbers) > MOST:
            return Pasted([], [], f"The list has more than {MOST} runs. Paste it in parts.")
    if text.strip() and not numbers:
        return Pasted([], ignored, "There is no run number in the list. Paste some, such as 316187, 316199-316202.")
    return Pasted(sorted(numbers), list(dict.fromkeys(ignored)))


def _runs_of(word: str) -> range | None:
    match = _RUN_OR_RANGE.fullmatch(word)
    if not match:
        return None
    first = int(match[1])
    last = int(match[2] or first)
    return range(first, min(last, first + MOST) + 1) if first <= last <= LAST_RUN else None


def check(numbers: Iterable[int], certified: Iterable[Certified]) -> Groups:
    """The runs by run type and standing. A run has the run type of its prompt reconstruction, or else of any other."""
    of_run: dict[int, dict[str, Certified]] = {}
    for one in certified:
        of_run.setdefault(one.run_number, {})[one.reconstruction] = one
    found: Groups = {}
    for number in sorted(set(numbers)):
        some = of_run.get(number, {})
        found.setdefault((_run_type(some), _standing(some)), []).append(number)
    return found


def _run_type(some: dict[str, Certified]) -> str:
    best = some.get(Reconstruction.PROMPT) or next((some[name] for name in Reconstruction.values if name in some), None)
    return best.run_type if best else ""


def _standing(some: dict[str, Certified]) -> Standing:
    """By prompt's verdict; changed where express had the opposite one. Undecided is the opposite of nothing."""
    prompt, express = some.get(Reconstruction.PROMPT), some.get(Reconstruction.EXPRESS)
    if prompt is None:
        return Standing.PROMPT_MISSING if some else Standing.MISSING
    both = (express.verdict if express else "", prompt.verdict)
    changed = {
        (Verdict.BAD.value, Verdict.GOOD.value): Standing.CHANGED_GOOD,
        (Verdict.GOOD.value, Verdict.BAD.value): Standing.CHANGED_BAD,
    }
    return changed.get(both) or Standing(prompt.verdict)


def certified_of(numbers: Collection[int]) -> list[Certified]:
    """The live certifications of these runs: one query."""
    rows = TrackerCertification.objects.live().filter(runreconstruction__run_id__in=numbers).order_by()
    columns = ("runreconstruction__run_id", "runreconstruction__reconstruction", "run_type", "verdict_word")
    return [Certified(*row) for row in rows.values_list(*columns)] if numbers else []


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
            yield f"{standing.label}: {', '.join(map(str, numbers))}"


def counts_of(found: Groups) -> list[tuple[Standing, int]]:
    """How many runs stand each way."""
    return [
        (standing, sum(len(numbers) for (_, one), numbers in found.items() if one == standing)) for standing in Standing
    ]


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
    pasted = read(text)
    found = check(pasted.numbers, certified_of(pasted.numbers))
    return {
        "text": text,
        "pasted": pasted,
        "counts": counts_of(found),
        "answer": text_of(found),
        "address": address(scope.query, text),
    }
