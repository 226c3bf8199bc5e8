"""What an editor asks, as boxes for the page; and the same while the shifter types: a fragment that saves nothing.

Beside it what is said here is compared with another certification: with the twin, or with a version saved meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.text import capfirst

from certify.editor.form_errors import input_anchor
from certify.facts.presentation import fact_text
from certify.models.choices import Reconstruction
from certify.models.components import Component
from certify.references.explanation import rank_reasons_text
from certify.rules.confirmations import compare_with_twin, missing_confirmations
from certify.rules.entry import TwinCertification, validate
from certify.rules.fact_comparison import SINCE_SHOWN, FactDiff, compare_facts
from certify.vocabulary.widgets import term_options
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse, QueryDict

    from certify.editor.editor import CertificationEditor
    from certify.editor.form import CertificationForm
    from certify.models import TrackerCertification

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


def twin_comparison(editor: CertificationEditor) -> TwinComparison | None:
    """Express and prompt side by side, where the other one is certified."""
    other = editor.twin
    if other is None:
        return None
    rows = [(*_table_row(row), row.is_different) for row in compare_with_twin(editor.entry, other)]
    return TwinComparison(other, Reconstruction(other.reconstruction).label, rows)


def _table_row(row: FactDiff) -> tuple[str, str, str]:
    """(what, before, after) of a flag or a fact."""
    if row.name in Component.values:
        return row.short_label, row.before, row.after or "not said"
    return capfirst(row.short_label), fact_text(row.name, row.before), fact_text(row.name, row.after)


def compare_versions(editor: CertificationEditor, theirs: TrackerCertification) -> list[tuple[str, str, str]]:
    """(what, theirs, mine) for each part of the decision and of the facts it rests on, as words."""
    form = editor.form
    rows = []
    for one in theirs.component_flags:
        component, field = one.component, one.component.problems_field
        mine = _flag_text(form[component.flag_field].value(), bool(form[component.lowstat_field].value()))
        rows.append((component.label, _flag_text(one.flag, one.lowstat), mine))
        rows.append((component.problems_label, _problem_names(theirs, field), _chosen_names(editor, field)))
    references = {str(one.reference.pk): str(one.reference) for one in editor.ranked}
    facts = compare_facts(verdict_facts(theirs), verdict_facts(editor.run_with_typed), SINCE_SHOWN)
    return [
        *rows,
        ("Dataset", theirs.dataset.name if theirs.dataset else "none", _form_text(form, "dataset") or "none"),
        *map(_table_row, facts),
        ("Tracker map", theirs.trackermap, _form_text(form, "trackermap")),
        (
            "Reference",
            str(theirs.reference_runreconstruction),
            references.get(_form_text(form, "reference_runreconstruction"), ""),
        ),
        ("Reason", str(theirs.bad_reason or ""), _chosen_names(editor, "bad_reason")),
        ("Comment", theirs.comment, _form_text(form, "comment")),
        ("Shift day", str(theirs.date), _form_text(form, "date")),
    ]


def _problem_names(theirs: TrackerCertification, field: str) -> str:
    return ", ".join(str(problem) for problem in getattr(theirs, field).all())


def _chosen_names(editor: CertificationEditor, field: str) -> str:
    return ", ".join(option.label for option in term_options(editor.form[field], editor.vocabulary) if option.is_chosen)


def _flag_text(flag: object, is_low: bool) -> str:
    return f"{flag or 'not said'}{', low' if is_low else ''}"


def _form_text(form: CertificationForm, name: str) -> str:
    return str(form[name].value() or "")


def is_live_check(sent: QueryDict) -> bool:
    """Whether the form was sent only to hear what it would meet: nothing is saved."""
    return "hints" in sent


def live_check_response(request: HttpRequest, editor: CertificationEditor) -> HttpResponse:
    """The boxes for each place of the page, and what stands in the way of what is said so far."""
    boxes = confirmation_boxes(editor)
    context = {
        "places": [(place, boxes.get(place, [])) for place in CONFIRMATION_PLACES],
        "comparison": twin_comparison(editor),
        "reference_explanation": rank_reasons_text(editor.ranked, editor.form["reference_runreconstruction"].value()),
        "open_issues": list(_open_issues(editor)),
    }
    answer = render(request, "certify/_live_checks.html", context)
    remaining = _invalid_inputs(editor)
    # `stands` is the earlier name of the event, for forms opened before the rename.
    answer["HX-Trigger"] = json.dumps({"remaining_errors": remaining, "stands": remaining})
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
