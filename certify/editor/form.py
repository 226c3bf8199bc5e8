"""The form of a certification. It validates the rules of entry; the action validates them again."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from django import forms
from django.db.models import Q

from certify.actions.input import CertificationContext, CertificationInput
from certify.editor.checklist_fields import ChecklistsForm
from certify.editor.fields import RangesField, ReferenceField, TermsField
from certify.editor.like_express import is_taken_over
from certify.models import RunReconstruction, TrackerCertification
from certify.models.certification import MAX_COMMENT_LENGTH
from certify.models.choices import ConfirmationCode, Flag, Reconstruction, TrackerMap
from certify.models.components import (
    FLAG_COLUMNS,
    FLAG_FIELDS,
    LOWSTAT_FIELDS,
    PROBLEM_FIELDS,
    RANGES_FIELDS,
    Component,
)
from certify.rules.confirmations import CHECKBOX_PREFIX, CHECKBOX_VALUE_PREFIX
from certify.rules.entry import build_entry, validate
from infrastructure.web.iso_dates import IsoDateField
from infrastructure.web.reason_form import ReasonField
from infrastructure.web.rendered_widgets import RenderedTextarea
from registry.parsing import reconstruction_in

if TYPE_CHECKING:
    from django.db import models
    from django.http import QueryDict

    from certify.editor.form_context import FormContext
    from certify.references.ranking import RankedReference
    from certify.vocabulary.checklist_progress import FormChecklists
    from oms.models import OmsRun

# Has the version that the person chose to overwrite.
OVERWRITE_FIELD = "over"
# Nobody types into a hidden field: an invalid value was damaged on its way.
SPOILED_FIELD_ERRORS = dict.fromkeys(
    ("required", "invalid", "invalid_choice", "min_value", "max_value"),
    "The form did not come back as it was opened. Open it again.",
)


def _choice_field(label: str, choices: type[models.TextChoices], advice: str) -> forms.ChoiceField:
    """Return a field of radio buttons; the error of a missing or unknown choice is the advice."""
    errors = dict.fromkeys(("required", "invalid_choice"), f"{label}: {advice}")
    return forms.ChoiceField(choices=choices.choices, widget=forms.RadioSelect, label=label, error_messages=errors)


def _form_field(column: models.Field[Any, Any], **options: Any) -> forms.Field | None:
    """Return the form field of a column: radio buttons for flags."""
    if column.name in FLAG_FIELDS:
        return _choice_field(Component(column.name).label, Flag, "choose good, bad or excluded.")
    if column.name in RANGES_FIELDS:
        return RangesField(label=Component(column.name.removesuffix("_ranges")).ranges_label)
    return column.formfield(**options)


# The columns of a reference that the rules need or a certification stores, out of the fifty of its run.
_REFERENCE_COLUMNS = ("reconstruction", "is_reference", *(f"run__{name}" for name in ("run_type", "b_field", "energy")))


class CertificationForm(ChecklistsForm, forms.ModelForm):  # type: ignore[type-arg]
    """Flags, reference, tracker map, reason, problems, comment and date; and hidden fields with the form context."""

    trackermap = _choice_field("Tracker map", TrackerMap, "choose exists or missing.")
    reference_runreconstruction = ReferenceField(
        RunReconstruction.objects.none(),
        label="Reference",
        empty_label=None,
        error_messages={
            "required": "Choose a reference run.",
            "invalid_choice": "That reference is retired, or was none. Choose another.",
        },
    )
    date = IsoDateField(label="Shift day (UTC)", error_messages={"required": "Give the shift day."})
    reconstruction = forms.ChoiceField(
        choices=Reconstruction.choices, widget=forms.HiddenInput, error_messages=SPOILED_FIELD_ERRORS
    )
    dataset = forms.CharField(required=False, max_length=150, widget=forms.HiddenInput)
    ticket = forms.CharField(required=False, widget=forms.HiddenInput)
    version = forms.IntegerField(
        required=False, min_value=0, max_value=2**31 - 1, widget=forms.HiddenInput, error_messages=SPOILED_FIELD_ERRORS
    )
    idempotency_key = forms.UUIDField(required=False, widget=forms.HiddenInput, error_messages=SPOILED_FIELD_ERRORS)
    runs = forms.CharField(required=False, widget=forms.HiddenInput)
    reason = ReasonField(
        required=False,
        label="Why you change it",
        widget=forms.TextInput(),
        error_messages={"required": "Say why you change somebody else's certification."},
    )

    class Meta:
        model = TrackerCertification
        formfield_callback = staticmethod(_form_field)
        fields = (
            *(*FLAG_FIELDS, *LOWSTAT_FIELDS, *RANGES_FIELDS, "trackermap", "reference_runreconstruction"),
            *("bad_reason", *PROBLEM_FIELDS, "comment", "date"),
        )
        field_classes = dict.fromkeys(PROBLEM_FIELDS, TermsField)
        widgets = {
            "comment": RenderedTextarea(attrs={"rows": 3, "maxlength": MAX_COMMENT_LENGTH}),
            **dict.fromkeys(PROBLEM_FIELDS, forms.CheckboxSelectMultiple),
        }
        labels = {"bad_reason": "Reason", **{component.problems_field: component.label for component in Component}}

    def __init__(self, *args: Any, run: OmsRun, form_context: FormContext, checklists: FormChecklists, **kwargs: Any):
        self.run, self.form_context = run, form_context
        self.needs_reason = kwargs.pop("needs_reason", False)
        self.entered_values: dict[str, Any] = {}
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = self.needs_reason
        if form_context.registry == "unreachable" and not self.instance.pk:
            typed = self.fields["dataset"]
            typed.widget = forms.TextInput()
            typed.help_text = "Run Registry is out: type the dataset if it is known. It is saved as unverified."
        self.add_checklists(checklists)
        if self.is_bound:  # querysets are needed for validation only; the page renders its choices as plain values
            self._limit_references()
            for name in ("bad_reason", *PROBLEM_FIELDS):
                self._limit_terms(name)

    def _limit_references(self) -> None:
        """Accept reference runs, and the current reference of the certification even if it is retired."""
        current = self.instance.reference_runreconstruction_id
        offered = RunReconstruction.objects.filter(Q(is_reference=True) | Q(pk=current)).select_related("run")
        cast("ReferenceField", self.fields["reference_runreconstruction"]).queryset = offered.only(*_REFERENCE_COLUMNS)

    def offer_references(self, ranked: list[RankedReference]) -> None:
        """Offer these references in this order. The chosen one is always included, valid or not."""
        chosen = str(self["reference_runreconstruction"].value())
        cast("ReferenceField", self.fields["reference_runreconstruction"]).offer(ranked, chosen)

    def _limit_terms(self, name: str) -> None:
        """Accept retired terms only if the certification has them already."""
        choice = cast("forms.ModelChoiceField[Any]", self.fields[name])
        terms = choice.queryset.model._default_manager  # type: ignore[union-attr]
        choice.queryset = terms.filter(Q(is_retired=False) | self._own_terms(name))

    def _own_terms(self, name: str) -> Q:
        """Return the condition for the terms that the certification has."""
        if not self.instance.pk:
            return Q(pk__in=[])
        current = getattr(self.instance, name)
        return Q(pk=self.instance.bad_reason_id) if name == "bad_reason" else Q(pk__in=current.values("pk"))

    def clean_dataset(self) -> str:
        """Return the dataset: of the existing certification for a change; else the submitted one.

        A dataset typed while Run Registry is unavailable must be of the reconstruction.
        """
        if self.instance.pk and not self.is_overwrite:
            return self.instance.dataset.name if self.instance.dataset else ""
        name = self.cleaned_data["dataset"].strip()
        meant = reconstruction_in(name) if name else None
        if name and not self.form_context.datasets and meant != self.form_context.reconstruction:
            raise forms.ValidationError(f"{name} is not a dataset of {self.form_context.reconstruction}. Correct it.")
        return name

    def clean_comment(self) -> str:
        """Return the comment; the name of the reason alone if nothing was typed after it and the colon."""
        comment: str = self.cleaned_data["comment"]
        reason, start = self.cleaned_data.get("bad_reason"), comment.strip().removesuffix(":").rstrip()
        return start if reason and start.casefold() == reason.name.casefold() else comment

    def clean(self) -> dict[str, Any]:
        values = super().clean() or self.cleaned_data
        if values.get("reconstruction") not in (None, self.form_context.reconstruction):
            self.add_error(
                None, f"This form was opened for {self.form_context.reconstruction}. Open it again to certify another."
            )
        self.entered_values = dict(
            values
        )  # `add_error` removes fields from the cleaned data; confirmations need all of them
        self.reject_outdated_ticks()
        known = self._is_dataset_known()
        entry = build_entry(
            self.run,
            self.form_context.reconstruction,
            values,
            is_dataset_known=known,
            unticked=self.unticked_checklists,
        )
        for issue in validate(entry):
            self.add_issue(issue.field, issue.sentence)
        if "comment" in self.errors and values.get("bad_reason"):
            self.set_sent_value("comment", values["bad_reason"].name)  # proposed comment for the next submission
        return values

    def add_issue(self, field: str, sentence: str) -> None:
        """Add the sentence of a rule to its field, unless the field has an error already."""
        if field not in self.fields:
            self.add_error(None, sentence)
        elif field not in self.errors:
            self.add_error(field, sentence)

    def set_sent_value(self, name: str, value: Any) -> None:
        """Replace the submitted value of a field."""
        data = cast("QueryDict", self.data).copy()
        data[name] = value
        self.data = data

    def add_sent_value(self, name: str, value: Any) -> None:
        """Add a value to the submitted values of a field."""
        data = cast("QueryDict", self.data).copy()
        data.setlist(name, list(dict.fromkeys([*data.getlist(name), value])))
        self.data = data

    def untick(self, name: str) -> None:
        """Remove the submitted value of a checkbox."""
        data = cast("QueryDict", self.data).copy()
        data.pop(name, None)
        self.data = data

    def _post_clean(self) -> None:
        """Do not construct the instance: the action saves, and the database checks its constraints."""

    def _is_dataset_known(self) -> bool:
        """Whether the dataset was among those shown. A change keeps its dataset."""
        keeps_dataset = bool(self.instance.pk) and not self.is_overwrite
        return keeps_dataset or self.form_context.accepts_dataset(self.cleaned_data.get("dataset", ""))

    @property
    def is_overwrite(self) -> bool:
        """Whether the person chose to overwrite another version, including its dataset."""
        return OVERWRITE_FIELD in self.data

    @property
    def confirmed(self) -> list[str]:
        """Codes of the ticked confirmations."""
        ticked = forms.CheckboxInput().value_from_datadict
        return [code for code in ConfirmationCode.values if ticked(self.data, self.files, f"{CHECKBOX_PREFIX}{code}")]

    @property
    def confirmed_checkbox_values(self) -> dict[str, str]:
        """{code: submitted value} of the ticked confirmations whose value depends on the sentence."""
        sent = {code: self.data[f"{CHECKBOX_PREFIX}{code}"] for code in self.confirmed}
        return {code: value for code, value in sent.items() if value.startswith(CHECKBOX_VALUE_PREFIX)}

    def certification_input(self) -> CertificationInput:
        """Return the input for the action. The form must be valid."""
        entered_values = self.cleaned_data
        return CertificationInput.from_columns(
            **{name: entered_values[name] for name in (*FLAG_COLUMNS, "trackermap", "date", "bad_reason", "comment")},
            reference=entered_values["reference_runreconstruction"],
            confirmed=self.confirmed,
            problems={name: list(entered_values[name]) for name in PROBLEM_FIELDS},
            like_express=is_taken_over(self.data),
        )

    def certification_context(
        self, typed_run: dict[str, Any], typed_fill: dict[str, Any], seconds_to_save: int | None = None
    ) -> CertificationContext:
        """Return the context for the action. The form must be valid."""
        form_context, dataset = self.form_context, self.cleaned_data["dataset"]
        return CertificationContext(
            dataset=dataset,
            is_dataset_known=self._is_dataset_known(),
            is_dataset_verified=form_context.is_dataset_verified(dataset),
            is_complete=form_context.is_complete and not typed_run and not typed_fill,
            typed_run=typed_run,
            typed_fill=typed_fill,
            registry=form_context.registry_facts(dataset),
            **self.checklist_context(),
            shift_run_type=self.run.run_type,
            seconds_to_save=seconds_to_save,
            shown=form_context.shown,
            training_of=form_context.training_of,
        )


def initial_values(
    form_context: FormContext, dataset: str, reference: RankedReference | None, runs: str
) -> dict[str, Any]:
    """Return the initial values of a new form: today, the best reference, a new idempotency key."""
    return {
        "date": datetime.now(UTC).date(),
        "reconstruction": form_context.reconstruction,
        "dataset": dataset,
        "ticket": form_context.signed(),
        "idempotency_key": uuid.uuid4(),
        "reference_runreconstruction": reference.reference.pk if reference else None,
        "runs": runs,
        "version": 0,
    }
