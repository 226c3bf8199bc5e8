"""Long work in a request: a page that is sent while the work is done, and leads to the result.

Short work leads there at once. The page needs no script: each step hides the one before it (static/css/golden.css).
"""

from __future__ import annotations

import logging
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.http import StreamingHttpResponse
from django.template.loader import render_to_string

from certify.errors import EntryInvalid
from golden.generation import run_steps
from infrastructure.web.responses import HttpResponseSeeOther

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from django.http import HttpRequest, HttpResponseBase

    from golden.generation import Steps

logger = logging.getLogger(__name__)
SHORT = 250  # certifications, which take about half a second
FAILED = "It failed, and nothing was stored. Try again; if it fails again, ask an administrator."
_PLACE = "<!-- steps -->"


@dataclass(frozen=True)
class LongWork:
    """Steps with a heading. `address`: of the page of a result; `back`: of the page to go back to after an error."""

    heading: str
    steps: Steps[Any]
    address: Callable[[Any], str]
    back: str


def answer_with_progress(request: HttpRequest, work: LongWork) -> HttpResponseBase:
    """Do the work. What is refused before its first step raises here, later errors are shown in the page."""
    try:
        done, total = next(work.steps)
    except StopIteration as end:
        return HttpResponseSeeOther(work.address(end.value))
    if total <= SHORT:
        return HttpResponseSeeOther(work.address(run_steps(work.steps)))
    page = render_to_string("golden/progress.html", {"work": work, "place": _PLACE}, request)
    head, foot = page.split(_PLACE)
    response = StreamingHttpResponse(_parts(head, foot, (done, total), work))
    response["X-Accel-Buffering"] = "no"  # a proxy that collects the page would hide the progress
    return response


def _parts(head: str, foot: str, first: tuple[int, int], work: LongWork) -> Iterator[str]:
    yield head
    yield _step(first)
    address, error = work.back, ""
    try:
        while True:
            yield _step(next(work.steps))
    except StopIteration as end:
        address = work.address(end.value)
    except EntryInvalid as refused:
        error = str(refused)
    except Exception:  # the page has begun, so that no other answer can be given
        logger.exception("%s failed", work.heading)
        error = FAILED
    yield render_to_string("golden/_progress_end.html", {"address": address, "error": error})
    yield foot


def _step(counts: tuple[int, int]) -> str:
    return render_to_string("golden/_progress_step.html", {"done": counts[0], "total": counts[1]})
