"""The forms of typed facts, of a run and of its fill. They are built only if a fact is missing, typed or corrected.

A hidden field (`shown-run-energy`) has the initial value of each input, so that only values that the person changed
count as typed, also if OMS gives other values meanwhile.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from certify.facts.snapshot import TypedValues, apply_typed, may_be_typed, needed_fill_fields, needed_run_fields
from oms.choices import RunType, SourceKind
from oms.forms import OmsFillForm, OmsRunForm, TypedForm
from oms.models import OmsFill, OmsMirrorModel, OmsRun

if TYPE_CHECKING:
    from django.http import QueryDict

CORRECTING = "correcting"
Form = TypeVar("Form", OmsRunForm, OmsFillForm)


@dataclass
class FactForms:
    """The forms of typed facts of `run`, which they do not change. `is_opened`: every fact has an input."""

    run: OmsRun
    data: QueryDict | None = None
    is_opened: bool = False

    @property
    def is_correcting(self) -> bool:
        """Whether every fact has an input, including those from OMS."""
        return self.is_opened or (self.data is not None and CORRECTING in self.data)

    @property
    def run_type(self) -> str:
        """The run type as submitted, else of the run. It determines which facts are required."""
        return self.data.get("run-run_type", self.run.run_type) if self.data is not None else self.run.run_type

    @cached_property
    def run_form(self) -> OmsRunForm:
        required = needed_run_fields(self.run, self.run_type)
        return self._without_unchanged_errors(OmsRunForm(self.data, instance=self.run, required=required))

    @cached_property
    def fill_form(self) -> OmsFillForm:
        required = needed_fill_fields(self.run, self.run_type)
        fill = self.run.fill or OmsFill(pk=self.run.fill_number)
        return self._without_unchanged_errors(OmsFillForm(self.data, instance=fill, required=required))

    @property
    def forms(self) -> tuple[OmsRunForm, OmsFillForm]:
        return self.run_form, self.fill_form

    def has_input(self, row: OmsMirrorModel, form_class: type[TypedForm], name: str) -> bool:
        """Whether the page has an input for this attribute."""
        if name not in form_class.base_fields:
            return False
        return self.is_correcting or may_be_typed(row, name) or self._was_shown(form_class, name)

    def is_only_offered(self, row: OmsMirrorModel, name: str) -> bool:
        """Whether the input is optional and folded: the form is unbound, and OMS answered without this value."""
        if self.data is not None or self.is_correcting or row.fetched_at is None:
            return False
        return row.source_of(name).kind == SourceKind.NONE

    def _was_shown(self, form: TypedForm | type[TypedForm], name: str) -> bool:
        """Whether the submitted form had an input for this attribute."""
        return self.data is not None and f"shown-{form.prefix}-{name}" in self.data

    def shown(self, form: TypedForm, name: str) -> str:
        """The value of the input when the page was first shown; empty if it had none."""
        if self.data is not None:
            return self.data.get(shown_field_name(form, name), "")
        value = form[name].value()
        return "" if value is None else str(value)

    def run_with_typed(self) -> OmsRun:
        """Return a copy of the run with the valid typed values, for the rules."""
        if self.data is None:
            return self.run
        run = copy.copy(self.run)
        run.typed, run.reported = dict(self.run.typed), dict(self.run.reported)
        # A luminosity with an invalid unit is not valid.
        invalid = set(self.run_form.errors)
        valid = {name: typed for name, typed in self.typed_run_values().items() if f"{name}_unit" not in invalid}
        apply_typed(run, valid, by="")
        return run

    def typed_run_values(self) -> TypedValues:
        values = self.run_form.typed_values().items()
        return {name: typed for name, typed in values if self._is_typed(self.run, self.run_form, name)}

    def typed_fill_values(self) -> TypedValues:
        """Typed values of the fill form: the fill number is stored with the run, the others with the fill."""
        fill, values = self.run.fill or OmsFill(), self.fill_form.typed_values().items()
        rows: dict[str, OmsMirrorModel] = {"fill_number": self.run}
        return {name: typed for name, typed in values if self._is_typed(rows.get(name, fill), self.fill_form, name)}

    def is_fill_unknown(self) -> bool:
        """Whether values of a fill were typed, but its number is unknown."""
        typed = self.typed_fill_values()
        return bool(typed) and "fill_number" not in typed and not (self.run.fill_id or self.run.fill_number)

    def _is_typed(self, row: OmsMirrorModel, form: TypedForm, name: str) -> bool:
        """Whether the person typed this value: it had an input, and the value is not the initial one.

        An input that was shown counts although OMS has answered since, so that no typed value is lost.
        """
        if self.is_unchanged(form, name):
            return False
        return self._was_shown(form, name) or self.is_correcting or may_be_typed(row, name)

    def is_unchanged(self, form: TypedForm, name: str) -> bool:
        """Whether the submitted value of the input equals its initial value."""
        sent, shown = str(form[name].data or "").strip(), self.shown(form, name).strip()
        unit = form.data.get(form.add_prefix(f"{name}_unit"), "")
        return bool(shown) and sent == shown and unit == _default_unit(form, name)

    def with_current_values(self) -> FactForms:
        """Return the same forms with the current value in each input that the person did not change."""
        assert self.data is not None
        data, now = self.data.copy(), FactForms(self.run)
        for form, form_now in zip(self.forms, now.forms, strict=True):
            for name in form.attributes():
                if self._was_shown(form, name) and self.is_unchanged(form, name):
                    data[form.add_prefix(name)] = data[shown_field_name(form, name)] = now.shown(form_now, name)
        return FactForms(self.run, data, self.is_opened)

    def _without_unchanged_errors(self, form: Form) -> Form:
        """Remove errors of unchanged values, which are not the person's; add an error to each emptied input."""
        if self.data is not None:
            for name in [name for name in form.errors if name in form.fields and self.is_unchanged(form, name)]:
                del form.errors[name]
                form.cleaned_data[name] = None
            for name in [name for name in form.attributes() if self._is_emptied(form, name)]:
                form.errors.pop(name, None)
                form.add_error(name, self._emptied_message(form, name))
        return form

    def _is_emptied(self, form: TypedForm, name: str) -> bool:
        """Whether the input was submitted without its initial value."""
        was_there = self.shown(form, name).strip() not in ("", RunType.UNKNOWN)
        return was_there and not str(form[name].data or "").strip()

    def _emptied_message(self, form: TypedForm, name: str) -> str:
        row = self.run if isinstance(form, OmsRunForm) or name == "fill_number" else self.run.fill
        is_corrected = row is not None and name in row.typed and row.fetched_at is not None
        back = f"put back {self.shown(form, name)}"
        return (
            f"Emptied. Type a value, {back}, or take OMS’s." if is_corrected else f"Emptied. Type a value, or {back}."
        )


def shown_field_name(form: TypedForm, name: str) -> str:
    """Return the name of the hidden field with the initial value of the input."""
    return f"shown-{form.add_prefix(name)}"


def _default_unit(form: TypedForm, name: str) -> str:
    unit = form.fields.get(f"{name}_unit")
    return unit.initial if unit else ""


def is_correction_request(sent: QueryDict) -> bool:
    """Whether the person pressed "Correct". Such a POST saves nothing."""
    return "correct" in sent


def with_all_inputs(sent: QueryDict, run: OmsRun) -> QueryDict:
    """Return the submitted data with an input for every fact. Typed values do not change."""
    opened = sent.copy()
    opened[CORRECTING] = "1"
    facts = FactForms(run, is_opened=True)
    for form in facts.forms:
        for name in form.attributes():
            if form.add_prefix(name) not in sent:
                opened[form.add_prefix(name)] = opened[shown_field_name(form, name)] = facts.shown(form, name)
        for name in set(form.fields) - set(form.attributes()):
            opened.setdefault(form.add_prefix(name), form.fields[name].initial)
    return opened
