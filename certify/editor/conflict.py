"""Two versions of one certification side by side: what stands, and what a person was about to save."""

from __future__ import annotations

from certify.editor.editor import Desk
from certify.editor.facts_panel import fact_text
from certify.editor.form import CertificationForm
from certify.editor.widgets import word_options
from certify.models import TrackerCertification
from certify.models.choices import Component


def both_versions(desk: Desk, theirs: TrackerCertification) -> list[tuple[str, str, str]]:
    """(what, theirs, mine) for each part of the decision and of the facts it rests on, as words."""
    form = desk.form
    rows = []
    for component in Component:
        name, low = component.value, f"{component.value}_lowstat"
        mine = _flag_words(form[name].value(), bool(form[low].value()))
        rows.append((component.label, _flag_words(getattr(theirs, name), getattr(theirs, low)), mine))
        rows.append((f"{component.label} problems", _names(theirs, name), _chosen_names(desk, f"{name}_problems")))
    references = {str(one.reference.pk): str(one.reference) for one in desk.ranked}
    facts = [("Run type", "run_type"), ("Lumisections", "lumisections"), ("Recorded", "recorded_lumi")]
    return [
        *rows,
        ("Dataset", theirs.dataset.name if theirs.dataset else "none", _text(form, "dataset") or "none"),
        *(
            (what, fact_text(name, getattr(theirs, name)), fact_text(name, getattr(desk.judged, name)))
            for what, name in facts
        ),
        ("Tracker map", theirs.trackermap, _text(form, "trackermap")),
        (
            "Reference",
            str(theirs.reference_runreconstruction),
            references.get(_text(form, "reference_runreconstruction"), ""),
        ),
        ("Reason", str(theirs.bad_reason or ""), _chosen_names(desk, "bad_reason")),
        ("Comment", theirs.comment, _text(form, "comment")),
        ("Shift day", str(theirs.date), _text(form, "date")),
    ]


def _names(theirs: TrackerCertification, component: str) -> str:
    return ", ".join(str(problem) for problem in getattr(theirs, f"{component}_problems").all())


def _chosen_names(desk: Desk, field: str) -> str:
    return ", ".join(option.label for option in word_options(desk.form[field], desk.vocabulary) if option.is_chosen)


def _flag_words(flag: object, is_low: bool) -> str:
    return f"{flag or 'not said'}{', low' if is_low else ''}"


def _text(form: CertificationForm, name: str) -> str:
    return str(form[name].value() or "")
