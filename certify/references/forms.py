"""Forms to adopt and to retire reference runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from certify.filters.run_fields import RunNumberField
from certify.models import RunReconstruction
from certify.models.choices import Reconstruction
from certify.rules.run_numbers import FIRST_RUN, LAST_RUN
from infrastructure.web.reason_form import ReasonForm

if TYPE_CHECKING:
    from certify.references.ranking import RankedReference


class AdoptForm(ReasonForm):
    """The run and reconstruction to adopt, with the reason."""

    run_number = RunNumberField(
        label="Run",
        min_value=FIRST_RUN,
        max_value=LAST_RUN,
        error_messages={
            "required": "Type the run number.",
            **dict.fromkeys(
                ("invalid", "min_value", "max_value"), f"Run numbers go from {FIRST_RUN} to {LAST_RUN}. Type one."
            ),
        },
    )
    reconstruction = forms.ChoiceField(choices=Reconstruction.choices, label="Reconstruction")

    field_order = ("run_number", "reconstruction", "reason")


class RetireForm(ReasonForm):
    """The reason for retiring a reference run and its successor, the most similar one first."""

    successor = forms.ModelChoiceField(
        RunReconstruction.objects.filter(is_reference=True),
        required=False,
        label="In its place",
        empty_label="None",
        help_text="Certifications that rest on it keep it. Who opens one of them is shown this one in its place.",
        error_messages={"invalid_choice": "That reference is retired, or was none. Choose another."},
    )

    field_order = ("successor", "reason")

    def __init__(self, *args: Any, candidates: list[RankedReference], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields(self.field_order)
        choices = [(candidate.reference.pk, candidate.label) for candidate in candidates if candidate.is_possible]
        self.fields["successor"].choices = [("", "None"), *choices]  # type: ignore[attr-defined]
