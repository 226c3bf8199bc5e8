"""The checklists of the certify form: the checkbox of those that have one, and what was open while it was filled in."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from django import forms

from certify.vocabulary.checklist_progress import (
    FLAGGED_FIELD,
    OPENED_FIELD,
    ChecklistUsage,
    FormChecklists,
    read_usage,
)

if TYPE_CHECKING:
    from certify.vocabulary.cache import FormChecklist


class ChecklistsForm(forms.BaseForm):
    """A form with checklists. The value of a checkbox is the edition of its list.

    Two hidden inputs have what static/js/checklists.js has seen: `lists_opened` the lists that were open on the page,
    as `trackermap-3` for edition 3, and `lists_flagged` whether a list was open when its flag was set, as
    `trackermap-3-folded`.
    """

    checklists: FormChecklists

    def add_checklists(self, checklists: FormChecklists) -> None:
        """Add the checkboxes. They are not required by the form: the rules of entry require them."""
        self.checklists = checklists
        for checklist in checklists.with_box:
            self.fields[checklist.checkbox_name] = forms.BooleanField(required=False, label=checklist.title)

    @property
    def unticked_checklists(self) -> list[str]:
        """Identifiers of the checklists whose checkbox is not ticked."""
        with_box = self.checklists.with_box
        return [one.identifier for one in with_box if not self.cleaned_data.get(one.checkbox_name)]

    @cached_property
    def checklist_usage(self) -> ChecklistUsage:
        """What the submitted form has seen of the lists."""
        return read_usage(self.data.get(OPENED_FIELD, ""), self.data.get(FLAGGED_FIELD, ""))

    @property
    def sent_usage(self) -> list[tuple[str, str]]:
        """(name, value) of the hidden inputs."""
        return [(name, self.data.get(name, "")) for name in (OPENED_FIELD, FLAGGED_FIELD)]

    def checklist_context(self) -> dict[str, Any]:
        """Return the fields of a `CertificationContext` about checklists."""
        with_box = self.checklists.with_box
        return {
            "unticked": self.unticked_checklists,
            "checklists": [self._frozen_checklist(checklist) for checklist in self.checklists.all],
            "gone_through": [one.key for one in with_box if one.is_general],
            "opened_checklists": sorted(self.checklist_usage.opened - self.checklists.opened),
        }

    def _frozen_checklist(self, checklist: FormChecklist) -> dict[str, Any]:
        """Return what is stored of a list: the edition that was shown, and `open` at its flag, None if unknown."""
        stored = {"identifier": checklist.identifier, "title": checklist.title, "edition": checklist.edition}
        if checklist.is_general:
            return stored
        states = {
            edition: state
            for (name, edition), state in self.checklist_usage.open_at_flag.items()
            if name == checklist.identifier
        }
        edition = max(states, default=checklist.edition)
        return stored | {"edition": edition, "open": states.get(edition)}

    def is_ticked(self, checklist: FormChecklist) -> bool:
        """Whether the checkbox is ticked, for the current edition if its value is an edition."""
        sent = self.data.get(checklist.checkbox_name, "")
        return bool(self[checklist.checkbox_name].value()) and (not sent.isdigit() or sent == str(checklist.edition))

    def reject_outdated_ticks(self) -> None:
        """Untick checklists that were ticked in an edition that is not current, with an error."""
        message = "This list has changed since you ticked it. Go through it again."
        for checklist in self.checklists.with_box:
            if self.cleaned_data.get(checklist.checkbox_name) and not self.is_ticked(checklist):
                self.cleaned_data[checklist.checkbox_name] = False
                self.add_error(checklist.checkbox_name, message)
