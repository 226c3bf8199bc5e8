"""The facts of a run as a person may type them: two forms, built only where something is missing, typed or corrected.

What was in an input when it was shown travels beside it (`shown-run-energy`), so that only what a person changed
counts as typed by them, whatever OMS says meanwhile.
"""

from __future__ import annotations

import copy
from dataclasses import dataclass
from functools import cached_property
from typing import TypeVar

from django.http import QueryDict

from certify.facts.snapshot import TypedValues, apply_typed, may_be_typed, needed_of_fill, needed_of_run
from oms.choices import RunType, SourceKind
from oms.forms import OmsFillForm, OmsRunForm, TypedForm
from oms.models import MirrorOfOms, OmsFill, OmsRun

CORRECTING = "correcting"
Form = TypeVar("Form", OmsRunForm, OmsFillForm)


@dataclass
class FactForms:
    """The forms for typed facts; they work on copies of run and fill. `is_opened`: all inputs were asked for."""

    run: OmsRun
    data: QueryDict | None = None
    is_opened: bool = False

    @property
    def is_correcting(self) -> bool:
        """Whether every fact has an input, those that OMS gave too."""
        return self.is_opened or (self.data is not None and CORRECTING in self.data)

    @property
    def run_type(self) -> str:
        """As sent, else as known: it decides what is needed."""
        return self.data.get("run-run_type", self.run.run_type) if self.data is not None else self.run.run_type

    @cached_property
    def run_form(self) -> OmsRunForm:
        required = needed_of_run(self.run, self.run_type)
        return self._forgiven(OmsRunForm(self.data, instance=self.run, required=required))

    @cached_property
    def fill_form(self) -> OmsFillForm:
        required = needed_of_fill(self.run, self.run_type)
        fill = self.run.fill or OmsFill(pk=self.run.fill_number)
        return self._forgiven(OmsFillForm(self.data, instance=fill, required=required))

    @property
    def forms(self) -> tuple[OmsRunForm, OmsFillForm]:
        return self.run_form, self.fill_form

    def has_input(self, row: MirrorOfOms, kind: type[TypedForm], name: str) -> bool:
        """Whether the page has an input for this attribute."""
        if name not in kind.base_fields:
            return False
        return self.is_correcting or may_be_typed(row, name) or self._was_shown(kind, name)

    def only_offers(self, row: MirrorOfOms, name: str) -> bool:
        """Whether typing is just offered: nothing was sent or asked for, and OMS has answered without this value."""
        if self.data is not None or self.is_correcting or row.fetched_at is None:
            return False
        return row.source_of(name).kind == SourceKind.NONE

    def _was_shown(self, form: TypedForm | type[TypedForm], name: str) -> bool:
        """Whether the form that was sent had an input for this attribute."""
        return self.data is not None and f"shown-{form.prefix}-{name}" in self.data

    def shown(self, form: TypedForm, name: str) -> str:
        """What stood in the input when the page was first shown; empty where nothing did."""
        if self.data is not None:
            return self.data.get(shown_name(form, name), "")
        value = form[name].value()
        return "" if value is None else str(value)

    def judged(self) -> OmsRun:
        """The run as the rules must see it: with what was typed, where that can be taken."""
        if self.data is None:
            return self.run
        judged = copy.copy(self.run)
        judged.typed, judged.reported = dict(self.run.typed), dict(self.run.reported)
        # A luminosity whose unit is wrong is no value yet.
        wrong = set(self.run_form.errors)
        sound = {name: given for name, given in self.typed_of_run().items() if f"{name}_unit" not in wrong}
        apply_typed(judged, sound, by="")
        return judged

    def typed_of_run(self) -> TypedValues:
        typed = self.run_form.typed_values().items()
        return {name: given for name, given in typed if self._is_typed(self.run, self.run_form, name)}

    def typed_of_fill(self) -> TypedValues:
        """The number is an attribute of the run; the rest is the fill's, which several runs share."""
        fill, typed = self.run.fill or OmsFill(), self.fill_form.typed_values().items()
        rows: dict[str, MirrorOfOms] = {"fill_number": self.run}
        return {name: given for name, given in typed if self._is_typed(rows.get(name, fill), self.fill_form, name)}

    def is_fill_unknown(self) -> bool:
        """Whether values of a fill were typed, and nobody says of which."""
        typed = self.typed_of_fill()
        return bool(typed) and "fill_number" not in typed and not (self.run.fill_id or self.run.fill_number)

    def _is_typed(self, row: MirrorOfOms, form: TypedForm, name: str) -> bool:
        """Whether the person typed it: it had an input, and it is not just what stood there.

        An input that was shown counts although OMS has answered since: what a person typed is never dropped.
        """
        if self.is_as_shown(form, name):
            return False
        return self._was_shown(form, name) or self.is_correcting or may_be_typed(row, name)

    def is_as_shown(self, form: TypedForm, name: str) -> bool:
        """Whether the input of a sent form has what stood in it."""
        sent, shown = str(form[name].data or "").strip(), self.shown(form, name).strip()
        unit = form.data.get(form.add_prefix(f"{name}_unit"), "")
        return bool(shown) and sent == shown and unit == _first_unit(form, name)

    def untouched_as_now(self) -> FactForms:
        """The same forms, each input that has what was shown in it with the value as it is now."""
        assert self.data is not None
        data, now = self.data.copy(), FactForms(self.run)
        for form, form_now in zip(self.forms, now.forms, strict=True):
            for name in form.attributes():
                if self._was_shown(form, name) and self.is_as_shown(form, name):
                    data[form.add_prefix(name)] = data[shown_name(form, name)] = now.shown(form_now, name)
        return FactForms(self.run, data, self.is_opened)

    def _forgiven(self, form: Form) -> Form:
        """What OMS gave, however odd, is no mistake of the person who left it as it stood; to empty it says nothing."""
        if self.data is not None:
            for name in [name for name in form.errors if name in form.fields and self.is_as_shown(form, name)]:
                del form.errors[name]
                form.cleaned_data[name] = None
            for name in [name for name in form.attributes() if self._is_emptied(form, name)]:
                form.errors.pop(name, None)
                form.add_error(name, self._how_to_fill(form, name))
        return form

    def _is_emptied(self, form: TypedForm, name: str) -> bool:
        """Whether the input came without the value that stood in it."""
        was_there = self.shown(form, name).strip() not in ("", RunType.UNKNOWN)
        return was_there and not str(form[name].data or "").strip()

    def _how_to_fill(self, form: TypedForm, name: str) -> str:
        row = self.run if isinstance(form, OmsRunForm) or name == "fill_number" else self.run.fill
        is_corrected = row is not None and name in row.typed and row.fetched_at is not None
        back = f"put back {self.shown(form, name)}"
        return (
            f"Emptied. Type a value, {back}, or take OMS’s." if is_corrected else f"Emptied. Type a value, or {back}."
        )


def shown_name(form: TypedForm, name: str) -> str:
    """Name of the hidden field beside the input."""
    return f"shown-{form.add_prefix(name)}"


def _first_unit(form: TypedForm, name: str) -> str:
    unit = form.fields.get(f"{name}_unit")
    return unit.initial if unit else ""


def wants_correction(sent: QueryDict) -> bool:
    """Whether the person pressed "Correct": then nothing is saved."""
    return "correct" in sent


def with_all_inputs(sent: QueryDict, run: OmsRun) -> QueryDict:
    """What was sent, as if every fact had had an input; nothing that was typed is touched."""
    opened = sent.copy()
    opened[CORRECTING] = "1"
    facts = FactForms(run, is_opened=True)
    for form in facts.forms:
        for name in form.attributes():
            if form.add_prefix(name) not in sent:
                opened[form.add_prefix(name)] = opened[shown_name(form, name)] = facts.shown(form, name)
        for name in set(form.fields) - set(form.attributes()):
            opened.setdefault(form.add_prefix(name), form.fields[name].initial)
    return opened
