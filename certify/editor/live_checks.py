"""What a desk asks, as boxes for the page; and the same while the shifter types: a fragment that saves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from certify.editor.editor import Desk
from certify.editor.facts_panel import fact_text
from certify.editor.form_errors import anchor_of
from certify.models.choices import Component, Reconstruction
from certify.references.explanation import why
from certify.rules.confirmations import differences, unconfirmed
from certify.rules.entry import Counterpart, Entry, refusals

# The fields that questions are about, each with a place for its boxes on the page.
PLACES = ("reference_runreconstruction", "counterpart", *Component.values, "recorded_lumi")


@dataclass(frozen=True)
class Box:
    """A question with its box: the name that is sent, the sentence, whether it came ticked, what it sends."""

    name: str
    sentence: str
    is_ticked: bool
    value: str


@dataclass(frozen=True)
class Comparison:
    """The counterpart beside what is said here: (what, there, here, whether they differ)."""

    counterpart: Counterpart
    label: str
    rows: list[tuple[str, str, str, bool]]

    @property
    def differs(self) -> bool:
        return any(row[-1] for row in self.rows)


def boxes_of(desk: Desk) -> dict[str, list[Box]]:
    """The boxes of all that is asked, by the field that each is about."""
    found: dict[str, list[Box]] = {}
    for one in desk.asked:
        box = Box(one.box, one.sentence, one.code in desk.form.confirmed, one.mark)
        found.setdefault(one.field, []).append(box)
    return found


def comparison_of(desk: Desk) -> Comparison | None:
    """Express and prompt side by side, where the other one is certified."""
    other = desk.counterpart
    if other is None:
        return None
    entry = desk.entry
    differing = {one.what for one in differences(entry, other)}
    rows = [(label, there, here, label.lower() in differing) for label, there, here in _side_by_side(other, entry)]
    return Comparison(other, Reconstruction(other.reconstruction).label, rows)


def _side_by_side(other: Counterpart, entry: Entry) -> Iterator[tuple[str, str, str]]:
    for one in Component:
        here = entry.judgements.get(one)
        yield one.label, other.judgements[one].words, here.words if here else "not said"
    for label, name in (("Run type", "run_type"), ("Lumisections", "lumisections"), ("Recorded", "recorded_lumi")):
        yield label, fact_text(name, getattr(other, name)), fact_text(name, getattr(entry, name))


def wants_hints(sent: QueryDict) -> bool:
    """Whether the form was sent only to hear what it would meet: nothing is saved."""
    return "hints" in sent


def hints(request: HttpRequest, desk: Desk) -> HttpResponse:
    """The boxes for each place of the page, and what stands in the way of what is said so far."""
    boxes = boxes_of(desk)
    context = {
        "places": [(place, boxes.get(place, [])) for place in PLACES],
        "comparison": comparison_of(desk),
        "why_reference": why(desk.ranked, desk.form["reference_runreconstruction"].value()),
        "in_the_way": list(_in_the_way(desk)),
    }
    answer = render(request, "certify/_hints.html", context)
    answer["HX-Trigger"] = json.dumps({"stands": _still_refused(desk)})
    return answer


def _still_refused(desk: Desk) -> list[str]:
    """Ids of the inputs at which a save would be refused now: old errors at others are mended."""
    questions_left = [one.field for one in unconfirmed(desk.asked, desk.form.confirmed)]
    return list(dict.fromkeys([*(anchor for anchor, _name in desk.error_lines), *questions_left]))


def _in_the_way(desk: Desk) -> Iterator[tuple[str, str]]:
    """(id of the input, sentence): facts still to be typed, what the rules refuse, what is not confirmed yet."""
    for form in desk.facts.forms:
        yield from ((anchor_of(form[name]), str(errors[0])) for name, errors in form.errors.items())
    for one in refusals(desk.entry):
        yield anchor_of(desk.form[one.field]) if one.field in desk.form.fields else "certify", one.sentence
    yield from ((one.field, one.sentence) for one in unconfirmed(desk.asked, desk.form.confirmed))
