"""The form that confirms a plan: a decision for each row that needs it, and what the plan was when it was shown."""

from __future__ import annotations

from hashlib import sha256
from typing import TYPE_CHECKING, Any

from django import forms

from registry_sync.plan import PlanChoice

if TYPE_CHECKING:
    from collections.abc import Mapping

    from registry_sync.planning import SendingPlan

_CHOICES = [(PlanChoice.OURS.value, "ours"), (PlanChoice.SKIP.value, "leave theirs")]
LOWSTAT_PREFIX = "lowstat-"


class PlanForm(forms.Form):
    """Confirms a plan without decisions; `choices` are the decisions about its rows."""

    digest = forms.CharField(widget=forms.HiddenInput)

    def __init__(self, plan: SendingPlan, data: Mapping[str, Any] | None = None) -> None:
        super().__init__(data)
        self.plan = plan
        self.current_digest = digest_of(plan)  # what the page sends next, also where an older digest was refused
        for row in plan.to_choose:
            if row.ours:
                label = f"{row.component.label} {row.lumisections}"
                messages = {"required": f"{label}: choose what Run Registry gets."}
                self.fields[row.key] = forms.ChoiceField(
                    label=label, choices=_CHOICES, widget=forms.RadioSelect, error_messages=messages
                )

    def clean_digest(self) -> str:
        """Refuse a confirmation of what is not planned any more."""
        if self.cleaned_data["digest"] != self.current_digest:
            raise forms.ValidationError("Run Registry or the certification has changed: this is the new plan.")
        return str(self.cleaned_data["digest"])

    def clean(self) -> dict[str, Any]:
        """Refuse what is bad with low statistics while its status in Run Registry is not chosen."""
        for label in dict.fromkeys(row.component.label for row in self.plan.to_choose if not row.ours):
            self.add_error(None, f"Not sent: {label} is bad with low statistics. Choose GOOD or BAD above the plan.")
        return self.cleaned_data

    @property
    def choices(self) -> dict[str, PlanChoice]:
        """Return the decisions, by the key of the row."""
        return {name: PlanChoice(value) for name, value in self.cleaned_data.items() if name != "digest"}


def digest_of(plan: SendingPlan) -> str:
    """Return a text that changes with each row, state and version of the plan."""
    rows = [(row.key, row.theirs, row.ours, row.outcome.value) for row in plan.rows]
    state = plan.status.state if plan.status else ""
    return sha256(repr((plan.certification.version, state, rows)).encode()).hexdigest()[:32]
