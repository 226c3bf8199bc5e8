"""The boxes of the checklists in the certify form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from certify.vocabulary.cache import ChecklistToTick


class ChecklistBoxesForm(forms.BaseForm):
    """A form with one box for each checklist. A box says which edition of its list was seen."""

    checklists: list[ChecklistToTick]

    def add_checklist_boxes(self, checklists: list[ChecklistToTick]) -> None:
        """Add their boxes; none is required here: the rules say what must be ticked."""
        self.checklists = checklists
        for one in checklists:
            self.fields[one.checkbox_name] = forms.BooleanField(required=False, label=one.title)

    @property
    def unticked_checklists(self) -> list[str]:
        """Identifiers of the checklists whose box is not ticked."""
        return [one.identifier for one in self.checklists if not self.cleaned_data.get(one.checkbox_name)]

    @property
    def completed_checklists(self) -> list[dict[str, Any]]:
        """All of them, as a certification keeps them: none is saved before all are ticked."""
        return [{"identifier": one.identifier, "title": one.title, "edition": one.edition} for one in self.checklists]

    def is_ticked(self, checklist: ChecklistToTick) -> bool:
        """Whether the box came ticked; where it names an edition, the one there is now."""
        sent = self.data.get(checklist.checkbox_name, "")
        return bool(self[checklist.checkbox_name].value()) and (not sent.isdigit() or sent == str(checklist.edition))

    def reject_outdated_ticks(self) -> None:
        """A tick of an edition that is not the one there is now counts as none."""
        for one in self.checklists:
            if self.cleaned_data.get(one.checkbox_name) and not self.is_ticked(one):
                self.cleaned_data[one.checkbox_name] = False
                self.add_error(one.checkbox_name, "This list has changed since you ticked it. Go through it again.")
