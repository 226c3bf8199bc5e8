"""The confirmations of an editor as checkboxes, for the page and for a fragment that is updated while a person types.

Also the comparison of the input with the twin, and with a version that was saved meanwhile.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING

from django.shortcuts import render
from django.utils.text import capfirst

from certify.editor.evidence import form_evidence
from certify.editor.form_errors import confirmation_name, form_errors, input_anchor
from certify.editor.opinions import form_opinions, may_show_opinions
from certify.editor.range_rows import ranges_notes, ranges_offers
from certify.facts.presentation import fact_text
from certify.models.choices import ConfirmationCode, Reconstruction
from certify.models.components import Component
from certify.references.explanation import rank_reasons_text
from certify.rules.confirmations import compare_with_twin, missing_confirmations
from certify.rules.entry import TwinCertification, validate
from certify.rules.fact_comparison import SINCE_SHOWN, FactDiff, compare_facts
from certify.vocabulary.widgets import term_options
from infrastructure.number_ranges import format_ranges
from oms.verdict_facts import verdict_facts

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.http import HttpRequest, HttpResponse, QueryDict

    from certify.editor.editor import CertificationEditor
    from certify.editor.form import CertificationForm
    from certify.models import TrackerCertification

# The fields of confirmations; each has a place for its checkboxes on the page.
CONFIRMATION_PLACES = ("reference_runreconstruction", "counterpart", *Component.values, "recorded_lumi", "comment")
# The answers that say more than that a value is confirmed.
_ANSWERS = {ConfirmationCode.DCS: "Good all the same"}


@dataclass(frozen=True)
class ConfirmationBox:
    """The checkbox of a confirmation: its name, sentence, state and value, and the answer that a tick gives."""

    name: str
    sentence: str
    is_ticked: bool
    value: str
    answer: str = "Confirm"


@dataclass(frozen=True)
class TwinComparison:
    """The twin beside the input. `rows`: (label, twin, input, whether they differ)."""

    twin: TwinCertification
    label: str
    rows: list[tuple[str, str, str, bool]]

    @property
    def differs(self) -> bool:
        return any(row[-1] for row in self.rows)


def confirmation_boxes(editor: CertificationEditor) -> dict[str, list[ConfirmationBox]]:
    """Return the checkboxes of the required confirmations by field."""
    boxes: dict[str, list[ConfirmationBox]] = {}
    for required in editor.confirmations:
        is_ticked = required.code in editor.form.confirmed
        answer = _ANSWERS.get(required.code, ConfirmationBox.answer)
        box = ConfirmationBox(required.checkbox_name, required.sentence, is_ticked, required.checkbox_value, answer)
        boxes.setdefault(required.field, []).append(box)
    return boxes


def twin_comparison(editor: CertificationEditor) -> TwinComparison | None:
    """Compare express with prompt, and the reverse; None without it, or before all flags are set."""
    if not may_show_opinions(editor) or (other := editor.twin) is None:
        return None
    rows = [(*_table_row(row), row.is_different) for row in compare_with_twin(editor.entry, other)]
    return TwinComparison(other, Reconstruction(other.reconstruction).label, rows)


def _table_row(row: FactDiff) -> tuple[str, str, str]:
    """Return (label, before, after) of a flag or a fact."""
    if row.name in Component.values:
        return row.short_label, row.before, row.after or "not said"
    beside = [row.before, row.after] if row.name.endswith("_lumi") else []
    texts = [fact_text(row.name, value, beside=beside) for value in (row.before, row.after)]
    return capfirst(row.short_label), texts[0], texts[1]


def compare_versions(editor: CertificationEditor, theirs: TrackerCertification) -> list[tuple[str, str, str]]:
    """Return (label, saved version, input) of each field and fact as text."""
    form = editor.form
    rows = []
    for component_flag in theirs.component_flags:
        component, field = component_flag.component, component_flag.component.problems_field
        mine = _flag_text(form[component.flag_field].value(), bool(form[component.lowstat_field].value()))
        rows.append((component.label, _flag_text(component_flag.flag, component_flag.lowstat), mine))
        ranges = _ranges_text(form, component.ranges_field)
        rows.append((component.ranges_label, format_ranges(component_flag.ranges) or "none", ranges or "none"))
        rows.append((component.problems_label, _problem_names(theirs, field), _chosen_names(editor, field)))
    references = {str(ranked.reference.pk): str(ranked.reference) for ranked in editor.ranked}
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


def differences_from(editor: CertificationEditor, theirs: TrackerCertification) -> list[tuple[str, str, str]]:
    """Return the rows of `compare_versions` that differ, apart from line ends and outer spaces."""
    rows = compare_versions(editor, theirs)
    return [row for row in rows if _plain_text(row[1]) != _plain_text(row[2])]


def _plain_text(text: str) -> str:
    return text.replace("\r\n", "\n").strip()


def _problem_names(theirs: TrackerCertification, field: str) -> str:
    return ", ".join(str(problem) for problem in getattr(theirs, field).all())


def _chosen_names(editor: CertificationEditor, field: str) -> str:
    return ", ".join(option.label for option in term_options(editor.form[field], editor.vocabulary) if option.is_chosen)


def _flag_text(flag: object, is_low: bool) -> str:
    return f"{flag or 'not said'}{', low' if is_low else ''}"


def _form_text(form: CertificationForm, name: str) -> str:
    return str(form[name].value() or "")


def _ranges_text(form: CertificationForm, name: str) -> str:
    """Return typed ranges as they would be stored; what cannot be read as it was typed."""
    ranges = form.entered_values.get(name)
    return _form_text(form, name) if ranges is None else format_ranges(ranges)


def is_live_check(sent: QueryDict) -> bool:
    """Whether the POST only requests the checks. It saves nothing."""
    return "hints" in sent


def live_check_response(request: HttpRequest, editor: CertificationEditor) -> HttpResponse:
    """Render the checkboxes for each place of the page, and the open issues of the input."""
    boxes, sentences, offers = confirmation_boxes(editor), _flag_issues(editor), ranges_offers(editor)
    context = {
        "places": [
            (place, *(found.get(place, ()) for found in (boxes, sentences, offers))) for place in CONFIRMATION_PLACES
        ],
        "ranges_notes": ranges_notes(editor).values(),
        "comparison": twin_comparison(editor),
        "reference_explanation": rank_reasons_text(editor.ranked, editor.form["reference_runreconstruction"].value()),
        "evidence": form_evidence(editor),
        "opinions": form_opinions(editor),
        "open_issues": _open_issues(editor),
    }
    answer = render(request, "certify/_live_checks.html", context)
    remaining = _invalid_inputs(editor)
    # `stands` is the earlier name of the event, for forms opened before the rename.
    answer["HX-Trigger"] = json.dumps({"remaining_errors": remaining, "stands": remaining})
    return answer


def _flag_issues(editor: CertificationEditor) -> dict[str, list[str]]:
    """Return the sentences of the rules about the flag of each component, which its row shows."""
    sentences: dict[str, list[str]] = {}
    for issue in validate(editor.entry):
        if issue.field in Component.values:
            sentences.setdefault(issue.field, []).append(issue.sentence)
    return sentences


def _invalid_inputs(editor: CertificationEditor) -> list[str]:
    """Return the ids of the inputs that are invalid now, so that the page removes errors of the others."""
    missing = missing_confirmations(editor.confirmations, editor.form.confirmed)
    anchors = [*(anchor for anchor, _name in editor.error_links), *(issue.field for issue in missing)]
    return list(dict.fromkeys(anchors))


def _open_issues(editor: CertificationEditor) -> list[tuple[str, str]]:
    """Return (id of the input, sentence), each input once: facts, issues of the rules, fields, missing confirmations.

    A confirmation is listed by its name: its question is on the page already.
    """
    issues = [
        (input_anchor(form[name]), str(errors[0]))
        for form in editor.facts.forms
        for name, errors in form.errors.items()
    ]
    for issue in validate(editor.entry):
        anchor = input_anchor(editor.form[issue.field]) if issue.field in editor.form.fields else "certify"
        issues.append((anchor, issue.sentence))
    listed = {anchor for anchor, _sentence in issues}
    issues += [(anchor, sentence) for anchor, sentence in _other_field_errors(editor) if anchor not in listed]
    missing = missing_confirmations(editor.confirmations, editor.form.confirmed)
    return issues + [(issue.field, f"To confirm: {confirmation_name(issue)}.") for issue in missing]


def _other_field_errors(editor: CertificationEditor) -> Iterator[tuple[str, str]]:
    """Yield the errors of fields that the page shows, without choices and checklists: `[data-missing]` lists these."""
    for error in form_errors(editor.form, editor.facts):
        if error.is_beside_input and not error.anchor.startswith(("choice-", "id_checklist_")):
            yield error.anchor, error.sentence
