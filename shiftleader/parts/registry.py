"""The parts of the week. Each is a fragment with an address of its own, loads by itself and fails by itself.

A part is a function from the request and its `Scope` to the context of `templates/shiftleader/_<name>.html`. To add
one: write the function and the template, and enter it here where it should stand.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.urls import reverse

from reports.scope import Scope
from shiftleader.parts import (
    central_list,
    certifications,
    checklist,
    days,
    fills,
    notes,
    overview,
    progress_part,
    questions,
    registry_comparison,
    runs,
    withdrawn,
)
from shiftleader.parts.training import part as training
from users.access import SignedInRequest

PartContext = dict[str, Any]


@dataclass(frozen=True)
class Part:
    """One part. `asks_outside`: it may take as long as a service outside does."""

    name: str
    title: str
    view: Callable[[SignedInRequest, Scope], PartContext]
    asks_outside: bool = False

    @property
    def template(self) -> str:
        return f"shiftleader/_{self.name}.html"

    @property
    def url(self) -> str:
        return reverse("shiftleader:part", args=[self.name])


# In the order of the page.
PARTS = (
    Part("overview", "Overview", overview.part),
    Part("certifications", "Certifications", certifications.part),
    Part("questions", "Questions to shifters", questions.part),
    Part("progress", "Progress", progress_part.part, asks_outside=True),
    Part("comparison", "Comparison with Run Registry", registry_comparison.part, asks_outside=True),
    Part("central", "Central list", central_list.part),
    Part("days", "Day by day", days.part),
    Part("runs", "List of runs", runs.part),
    Part("luminosity", "Recorded luminosity", fills.luminosity_part),
    Part("fills", "Fills", fills.part),
    Part("withdrawn", "Withdrawn", withdrawn.part),
    Part("training", "Training", training),
    Part("notes", "Notes on the week", notes.part),
    Part("checklist", "Checklist", checklist.part),
)
PARTS_BY_NAME = {part.name: part for part in PARTS}
