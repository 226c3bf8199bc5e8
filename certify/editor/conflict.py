"""Two versions of one certification side by side: what stands, and what a person was about to save."""

from __future__ import annotations

from certify.editor.editor import CertificationEditor
from certify.editor.facts_panel import fact_text
from certify.editor.form import CertificationForm
from certify.editor.widgets import term_options
from certify.models import TrackerCertification
from certify.models.choices import Component


def compare_versions(editor: CertificationEditor, theirs: TrackerCertification) -> list[tuple[str, str, str]]:
    """(what, theirs, mine) for each part of the decision and of the facts it rests on, as words."""
    form = editor.form
    rows = []
    for component in Component:
        name, low = component.value, f"{component.value}_lowstat"
        mine = _flag_text(form[name].value(), bool(form[low].value()))
        rows.append((component.label, _flag_text(getattr(theirs, name), getattr(theirs, low)), mine))
        rows.append(
            (f"{component.label} problems", _problem_names(theirs, name), _chosen_names(editor, f"{name}_problems"))
        )
    references = {str(one.reference.pk): str(one.reference) for one in editor.ranked}
    facts = [("Run type", "run_type"), ("Lumisections", "lumisections"), ("Recorded", "recorded_lumi")]
    return [
        *rows,
        ("Dataset", theirs.dataset.name if theirs.dataset else "none", _form_text(form, "dataset") or "none"),
        *(
            (what, fact_text(name, getattr(theirs, name)), fact_text(name, getattr(editor.run_with_typed, name)))
            for what, name in facts
        ),
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


def _problem_names(theirs: TrackerCertification, component: str) -> str:
    return ", ".join(str(problem) for problem in getattr(theirs, f"{component}_problems").all())


def _chosen_names(editor: CertificationEditor, field: str) -> str:
    return ", ".join(option.label for option in term_options(editor.form[field], editor.vocabulary) if option.is_chosen)


def _flag_text(flag: object, is_low: bool) -> str:
    return f"{flag or 'not said'}{', low' if is_low else ''}"


def _form_text(form: CertificationForm, name: str) -> str:
    return str(form[name].value() or "")
