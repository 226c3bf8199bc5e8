"""The checkboxes of the checklists in the certify form."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

if TYPE_CHECKING:
    from certify.vocabulary.cache import ChecklistToTick


class ChecklistBoxesForm(forms.BaseForm):
    """A form with a checkbox for each checklist. The value of a checkbox is the edition of the list."""

    checklists: list[ChecklistToTick]

    def add_checklist_boxes(self, checklists: list[ChecklistToTick]) -> None:
        """Add the checkboxes. They are not required by the form: the rules of entry require them."""
        self.checklists = checklists
        for checklist in checklists:
            self.fields[checklist.checkbox_name] = forms.BooleanField(required=False, label=checklist.title)

    @property
    def unticked_checklists(self) -> list[str]:
        """Identifiers of the checklists that are not ticked."""
        return [
            checklist.identifier for checklist in self.checklists if not self.cleaned_data.get(checklist.checkbox_name)
        ]

    @property
    def completed_checklists(self) -> list[dict[str, Any]]:
        """All checklists, as stored with a certification: it is saved only if all are ticked."""
        return [
            {"identifier": checklist.identifier, "title": checklist.title, "edition": checklist.edition}
            for checklist in self.checklists
        ]

    def is_ticked(self, checklist: ChecklistToTick) -> bool:
        """Whether the checkbox is ticked, for the current edition if its value is an edition."""
        sent = self.data.get(checklist.checkbox_name, "")
        return bool(self[checklist.checkbox_name].value()) and (not sent.isdigit() or sent == str(checklist.edition))

    def reject_outdated_ticks(self) -> None:
        """Untick checklists that were ticked in an edition that is not current, with an error."""
        message = "This list has changed since you ticked it. Go through it again."
        for checklist in self.checklists:
            if self.cleaned_data.get(checklist.checkbox_name) and not self.is_ticked(checklist):
                self.cleaned_data[checklist.checkbox_name] = False
                self.add_error(checklist.checkbox_name, message)
