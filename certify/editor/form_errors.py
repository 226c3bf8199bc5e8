"""The errors of a submitted form for the summary at the top of the page, with links to the fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from certify.models.choices import ConfirmationCode
from certify.models.components import FLAG_FIELDS, Component
from certify.rules.confirmations import CHECKBOX_PREFIX
from oms.models import OmsFill

if TYPE_CHECKING:
    from collections.abc import Iterator

    from django.forms import BoundField

    from certify.editor.form import CertificationForm
    from certify.facts.forms import FactForms
    from certify.rules.entry import ValidationIssue
    from oms.forms import TypedForm


@dataclass(frozen=True)
class FormErrorLink:
    """An error: id and name of its input, its sentence, and whether the page shows the sentence beside the input."""

    anchor: str
    name: str
    sentence: str
    is_beside_input: bool


def form_errors(form: CertificationForm, facts: FactForms) -> Iterator[FormErrorLink]:
    """Yield the first error of each field, also of fields that the page does not show."""
    for bound in _fields_with_errors(form):
        yield _error_link(bound, is_beside_input=not bound.is_hidden and (bound.name != "reason" or form.needs_reason))
    for typed in facts.forms:
        for bound in _fields_with_errors(typed):
            yield _error_link(bound, is_beside_input=_has_input(facts, typed, bound.name.removesuffix("_unit")))


def _fields_with_errors(form: CertificationForm | TypedForm) -> list[BoundField]:
    return [form[name] for name in form.errors if name in form.fields]


def _error_link(bound: BoundField, *, is_beside_input: bool) -> FormErrorLink:
    return FormErrorLink(input_anchor(bound), field_name(bound), str(bound.errors[0]), is_beside_input)


def _has_input(facts: FactForms, form: TypedForm, name: str) -> bool:
    is_of_run = form is facts.run_form or name == "fill_number"
    return facts.has_input(facts.run if is_of_run else facts.run.fill or OmsFill(), type(form), name)


def input_anchor(bound: BoundField) -> str:
    """Return the id of the input of this field, or of the group of its choices."""
    return bound.id_for_label or f"choice-{bound.name}"


def field_name(bound: BoundField) -> str:
    """Return the full name of the field, including its component."""
    component, _, suffix = bound.name.partition("_")
    if component in FLAG_FIELDS and suffix:
        row = Component(component)
        labels = {row.lowstat_field: row.lowstat_label, row.ranges_field: row.ranges_label}
        return labels.get(bound.name, f"{row.label} {suffix}")
    return f"Checklist {bound.label}" if component == "checklist" else str(bound.label)


def confirmation_name(missing: ValidationIssue) -> str:
    """Return the name of a missing confirmation: what it is about, without the values."""
    return ConfirmationCode(missing.field.removeprefix(CHECKBOX_PREFIX)).label
