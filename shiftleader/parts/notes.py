"""The part "Notes on the week": shown to all, edited by shift leaders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from certify.filters.date_range import week_name
from reports.models import WeekNote

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.access import SignedInRequest

_LABELS = {
    "conditions": "Conditions",
    "issues": "Issues reported, and feedback to online",
    "oncalls": "On-calls",
    "summary": "Summary of the week",
}
MAX_WEEKS = 60


class NoteForm(forms.Form):
    """The texts as typed, and the version that the form was opened with; 0 if there was no note."""

    version = forms.IntegerField(min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name in WeekNote.TEXTS:
            self.fields[name] = forms.CharField(
                label=_LABELS[name],
                required=False,
                strip=False,
                max_length=20_000,
                widget=forms.Textarea(attrs={"rows": 6 if name == "summary" else 3}),
            )

    def texts(self) -> dict[str, str]:
        """The texts with \\n as line ends; browsers send \\r\\n."""
        return {name: self.cleaned_data[name].replace("\r\n", "\n") for name in WeekNote.TEXTS}


def part(request: SignedInRequest, scope: Scope) -> dict[str, Any]:
    """The notes on one week with the form to edit them, or on all weeks of another range: one query."""
    if not scope.week:
        notes = _latest_notes(scope)
        return {"notes": [(note, note_texts(note)) for note in notes[:MAX_WEEKS]], "is_cut": len(notes) > MAX_WEEKS}
    note = WeekNote.objects.select_related("updated_by").filter(week=scope.week).first()
    return notes_context(scope.week, note, note_form(note) if request.user.may_change_others else None)


def notes_context(week: str, note: WeekNote | None, form: NoteForm | None) -> dict[str, Any]:
    """Template context of the part for one week."""
    return {"week": week, "note": note, "texts": note_texts(note) if note else [], "form": form}


def note_form(note: WeekNote | None) -> NoteForm:
    texts = {name: getattr(note, name) for name in WeekNote.TEXTS} if note else {}
    return NoteForm(initial={"version": note.version if note else 0, **texts})


def note_texts(note: WeekNote) -> list[tuple[str, str]]:
    """Label and text of the fields that are not empty."""
    return [(_LABELS[name], text) for name in WeekNote.TEXTS if (text := getattr(note, name))]


def changed_texts(current: WeekNote, texts: dict[str, str]) -> list[tuple[str, str]]:
    """Label and stored text of the fields that differ from the submitted texts."""
    return [(_LABELS[name], getattr(current, name)) for name in WeekNote.TEXTS if getattr(current, name) != texts[name]]


def _latest_notes(scope: Scope) -> list[WeekNote]:
    """The latest `MAX_WEEKS` notes, and one more if there are more."""
    notes = WeekNote.objects.select_related("updated_by")
    if scope.first:
        notes = notes.filter(week__gte=week_name(scope.first))
    if scope.last:
        notes = notes.filter(week__lte=week_name(scope.last))
    return list(notes[: MAX_WEEKS + 1])
