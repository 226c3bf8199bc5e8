"""What an editor asks, as boxes for the page; and the same while the shifter types: a fragment that saves nothing."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass

from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render

from certify.editor.editor import CertificationEditor
from certify.editor.facts_panel import fact_text
from certify.editor.form_errors import input_anchor
from certify.models.choices import Component, Reconstruction
from certify.references.explanation import rank_reasons_text
from certify.rules.confirmations import missing_confirmations, twin_differences
from certify.rules.entry import CertificationEntry, TwinCertification, validate

# The fields that questions are about, each with a place for its boxes on the page.
CONFIRMATION_PLACES = ("reference_runreconstruction", "counterpart", *Component.values, "recorded_lumi")


@dataclass(frozen=True)
class ConfirmationBox:
    """A question with its box: the name that is sent, the sentence, whether it came ticked, what it sends."""

    name: str
    sentence: str
    is_ticked: bool
    value: str


@dataclass(frozen=True)
class TwinComparison:
    """The twin beside what is said here: (what, there, here, whether they differ)."""

    twin: TwinCertification
    label: str
    rows: list[tuple[str, str, str, bool]]

    @property
    def differs(self) -> bool:
        return any(row[-1] for row in self.rows)


def confirmation_boxes(editor: CertificationEditor) -> dict[str, list[ConfirmationBox]]:
    """The boxes of all that is asked, by the field that each is about."""
    found: dict[str, list[ConfirmationBox]] = {}
    for one in editor.confirmations:
        box = ConfirmationBox(one.checkbox_name, one.sentence, one.code in editor.form.confirmed, one.checkbox_value)
        found.setdefault(one.field, []).append(box)
    return found


def compare_with_twin(editor: CertificationEditor) -> TwinComparison | None:
    """Express and prompt side by side, where the other one is certified."""
    other = editor.twin
    if other is None:
        return None
    entry = editor.entry
    differing = {one.name for one in twin_differences(entry, other)}
    rows = [(label, there, here, label.lower() in differing) for label, there, here in _side_by_side(other, entry)]
    return TwinComparison(other, Reconstruction(other.reconstruction).label, rows)


def _side_by_side(other: TwinCertification, entry: CertificationEntry) -> Iterator[tuple[str, str, str]]:
    for one in Component:
        here = entry.component_flags.get(one)
        yield one.label, other.component_flags[one].text, here.text if here else "not said"
    for label, name in (("Run type", "run_type"), ("Lumisections", "lumisections"), ("Recorded", "recorded_lumi")):
        yield label, fact_text(name, getattr(other, name)), fact_text(name, getattr(entry, name))


def is_live_check(sent: QueryDict) -> bool:
    """Whether the form was sent only to hear what it would meet: nothing is saved."""
    return "hints" in sent


def live_check_response(request: HttpRequest, editor: CertificationEditor) -> HttpResponse:
    """The boxes for each place of the page, and what stands in the way of what is said so far."""
    boxes = confirmation_boxes(editor)
    context = {
        "places": [(place, boxes.get(place, [])) for place in CONFIRMATION_PLACES],
        "comparison": compare_with_twin(editor),
        "reference_explanation": rank_reasons_text(editor.ranked, editor.form["reference_runreconstruction"].value()),
        "open_issues": list(_open_issues(editor)),
    }
    answer = render(request, "certify/_live_checks.html", context)
    answer["HX-Trigger"] = json.dumps({"remaining_errors": _invalid_inputs(editor)})
    return answer


def _invalid_inputs(editor: CertificationEditor) -> list[str]:
    """Ids of the inputs at which a save would be refused now: old errors at others are mended."""
    questions_left = [one.field for one in missing_confirmations(editor.confirmations, editor.form.confirmed)]
    return list(dict.fromkeys([*(anchor for anchor, _name in editor.error_links), *questions_left]))


def _open_issues(editor: CertificationEditor) -> Iterator[tuple[str, str]]:
    """(id of the input, sentence): facts still to be typed, what the rules refuse, what is not confirmed yet."""
    for form in editor.facts.forms:
        yield from ((input_anchor(form[name]), str(errors[0])) for name, errors in form.errors.items())
    for one in validate(editor.entry):
        yield input_anchor(editor.form[one.field]) if one.field in editor.form.fields else "certify", one.sentence
    yield from ((one.field, one.sentence) for one in missing_confirmations(editor.confirmations, editor.form.confirmed))
