"""The parts of the week. Each is a fragment with its own URL, and loads and fails independently of the others.

A part is a function from the request and its `Scope` to the context of `templates/shiftleader/_<name>.html`. To add a
part: write the function in a module of this package and the template, and add it to `PARTS` at its place on the page.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from django.urls import reverse

from shiftleader.parts import (
    central_list,
    certifications,
    checklist,
    checklist_use,
    comparison,
    days,
    fills,
    luminosity,
    notes,
    overview,
    progress,
    questions,
    runs,
    to_registry,
    training,
    withdrawn,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from reports.scope import Scope
    from users.access import SignedInRequest

PartContext = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """A part of the week. `asks_outside`: it waits for an external service. `is_offered`: not switched off here.

    `reloaded_by`: the event of another part after which it is loaded again, or empty.
    """

    name: str
    title: str
    view: Callable[[SignedInRequest, Scope], PartContext]
    asks_outside: bool = False
    reloaded_by: str = ""
    is_offered: Callable[[], bool] = lambda: True

    @property
    def template(self) -> str:
        return f"shiftleader/_{self.name}.html"

    @property
    def url(self) -> str:
        return reverse("shiftleader:part", args=[self.name])


# In page order.
PARTS = (
    Part("overview", "Overview", overview.part),
    Part("certifications", "Certifications", certifications.part),
    Part("questions", "Questions to shifters", questions.part),
    Part("progress", "Progress", progress.part, asks_outside=True),
    Part(
        "comparison",
        "Comparison with Run Registry",
        comparison.part,
        asks_outside=True,
        reloaded_by=to_registry.SENDING_ENDED,
    ),
    Part("to_registry", "To Run Registry", to_registry.part, asks_outside=True, is_offered=to_registry.is_offered),
    Part("central", "Central list", central_list.part),
    Part("days", "Day by day", days.part),
    Part("runs", "List of runs", runs.part),
    Part("luminosity", "Recorded luminosity", luminosity.part),
    Part("fills", "Fills", fills.part),
    Part("withdrawn", "Withdrawn", withdrawn.part),
    Part("checklist_use", "Checklists and pace", checklist_use.part),
    Part("training", "Training", training.part),
    Part("notes", "Notes on the week", notes.part),
    Part("checklist", "Checklist", checklist.part),
)
PARTS_BY_NAME = {part.name: part for part in PARTS}


def offered_parts() -> list[Part]:
    """Return the parts that are not switched off, in page order."""
    return [part for part in PARTS if part.is_offered()]
