"""Forms for the attributes of a run or fill that a user types because OMS does not report them.

A luminosity is entered as a value and a unit. The forms validate and convert but do not save: the action that takes
`typed_values` also stores who typed them.
"""

from __future__ import annotations

import copy
import unicodedata
from typing import TYPE_CHECKING, Any

from django import forms
from django.core.exceptions import ValidationError
from django.core.validators import MaxValueValidator, MinValueValidator

from oms import units
from oms.choices import RunType
from oms.models import OmsFill, OmsRun

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

# Upper limits in 1/pb and 10^34 cm^-2 s^-1. No run or fill reaches them: a larger value has a wrong unit.
MAX_LUMI = 10_000
MAX_INST_LUMI = 100


class UnitField(forms.ChoiceField):
    """A choice of luminosity units that accepts every spelling `parse_unit` knows. `initial` is the default."""

    def __init__(self, choices: list[tuple[str, str]], parse_unit: Callable[[str], str | None], initial: str) -> None:
        message = "%(value)s is not a unit of luminosity. Choose one of the list."
        super().__init__(choices=choices, required=False, initial=initial, error_messages={"invalid_choice": message})
        self.parse_unit = parse_unit

    def to_python(self, value: Any) -> str:
        text = super().to_python(value)
        return self.parse_unit(text) or text


class NumberField(forms.FloatField):
    """A finite number from `low` to `high`. Error messages contain the label."""

    def __init__(self, label: str, low: float, high: float, unit: str = "") -> None:
        limits = f"{_label_without_unit(label)} is between {low:g} and {high:g}{unit}."
        super().__init__(
            label=label, required=False, error_messages=_error_messages(label, "Type a number, such as 3.8.")
        )
        self.widget.attrs |= {"min": low, "max": high, "inputmode": "decimal"}
        self.validators += [MinValueValidator(low, limits), MaxValueValidator(high, limits)]


class WholeNumberField(forms.IntegerField):
    """An integer from `low` to `high`. Error messages contain the label."""

    def __init__(self, label: str, low: int, high: int) -> None:
        limits = f"{_label_without_unit(label)} is between {low} and {high}."
        super().__init__(label=label, required=False, error_messages=_error_messages(label, "Type a whole number."))
        self.widget.attrs |= {"min": low, "max": high, "inputmode": "numeric"}
        self.validators += [MinValueValidator(low, limits), MaxValueValidator(high, limits)]


def _error_messages(label: str, invalid: str) -> dict[str, str]:
    name = _label_without_unit(label)
    needed = f"{name} are needed. Type them." if name.endswith("s") else f"{name} is needed. Type it."
    return {"required": needed, "invalid": f"{name} is not a number. {invalid}"}


def _label_without_unit(label: str) -> str:
    """Return the label without the unit in parentheses."""
    return label.split(" (", maxsplit=1)[0]


def _lumi_field(label: str) -> NumberField:
    field = NumberField(label, 0, 1e12)
    field.validators = [MinValueValidator(0, f"{label} is not negative.")]
    del field.widget.attrs["max"]
    return field


def _lumi_unit_field() -> UnitField:
    return UnitField(units.LUMI_UNITS, units.lumi_unit, units.PB)


def _inst_lumi_unit_field() -> UnitField:
    return UnitField(units.INST_LUMI_UNITS, units.inst_lumi_unit, units.INST_34)


def _validate_printable(text: str) -> None:
    """Reject control characters and lone surrogates, which cannot be stored or displayed."""
    if any(unicodedata.category(character) in ("Cc", "Cs") for character in text):
        raise ValidationError("Only letters, digits and signs can be stored. Remove the others.")


def _text_field(label: str) -> forms.CharField:
    field = forms.CharField(label=label, required=False, max_length=100, error_messages=_error_messages(label, ""))
    field.validators.append(_validate_printable)
    return field


class TypedForm(forms.ModelForm):  # type: ignore[type-arg]
    """A model form of OMS attributes. Only those named in `required` must be filled in.

    `CONVERSIONS` maps an attribute to (conversion to our unit, maximum in our unit, that maximum as text).
    """

    CONVERSIONS: Mapping[str, tuple[Callable[[float, str | None, str], float], float, str]] = {}

    def __init__(self, data: Any = None, *, required: Collection[str] = (), instance: Any = None, **rest: Any) -> None:
        # Validation writes the cleaned data into the instance, so the form works on a copy.
        super().__init__(data, instance=copy.copy(instance), **rest)
        for name in self.attributes():
            self.fields[name].required = name in required

    def attributes(self) -> list[str]:
        """Return the names of the fields that can be typed, without the unit fields."""
        return [name for name in self.fields if not name.endswith("_unit")]

    def validate_unique(self) -> None:
        """Do nothing: values are usually typed for a run or fill that is already stored."""

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        for name in self.CONVERSIONS:
            self._convert(name, cleaned)
        return cleaned

    def _convert(self, name: str, cleaned: dict[str, Any]) -> None:
        """Replace the value in `cleaned` by the value in our unit. A missing unit is an error, not a default."""
        value, unit = cleaned.get(name), cleaned.get(f"{name}_unit")
        if value is None or unit is None:
            return
        convert, maximum, maximum_text = self.CONVERSIONS[name]
        label = self.fields[name].label
        if not unit:
            self.add_error(f"{name}_unit", f"{label} has no unit. Choose it.")
            return
        cleaned[name] = convert(value, unit, name)
        if cleaned[name] > maximum:
            self.add_error(name, f"{label} is at most {maximum_text}. Check the unit.")

    def typed_values(self) -> dict[str, dict[str, Any]]:
        """Return {attribute: {value, as_typed, unit}} of the filled-in fields, `value` in our unit.

        Requires a form for which `is_valid()` is true.
        """
        return {
            name: self._typed_value(name) for name in self.attributes() if self.cleaned_data.get(name) not in (None, "")
        }

    def _typed_value(self, name: str) -> dict[str, Any]:
        as_typed = str(self.data.get(self.add_prefix(name), "")).strip()
        unit = self.cleaned_data.get(f"{name}_unit", "")
        return {"value": self.cleaned_data[name], "as_typed": as_typed, "unit": unit}


_INTEGRATED = (units.in_inverse_pb, MAX_LUMI, f"{MAX_LUMI} /pb")
_INSTANTANEOUS = (units.in_1e34, MAX_INST_LUMI, f"{MAX_INST_LUMI} in units of 10^34 cm^-2 s^-1")


class OmsRunForm(TypedForm):
    """Typed attributes of a run. Energy is per beam in GeV, the magnetic field in T."""

    prefix = "run"
    CONVERSIONS = {
        "recorded_lumi": _INTEGRATED,
        "delivered_lumi": _INTEGRATED,
        "init_lumi": _INSTANTANEOUS,
        "end_lumi": _INSTANTANEOUS,
    }

    run_type = forms.ChoiceField(
        label="Run type",
        choices=[
            ("", "choose"),
            *((run_type.value, run_type.label) for run_type in (RunType.COLLISIONS, RunType.COSMICS)),
        ],
        required=False,
        error_messages={
            "required": "Run type is needed. Choose it.",
            "invalid_choice": "Run type is collisions or cosmics. Choose one.",
        },
    )
    lumisections = WholeNumberField("Lumisections", 1, 10_000)
    energy = NumberField("Energy per beam (GeV)", 0, 10_000, " GeV")
    b_field = NumberField("B field (T)", -4.5, 4.5, " T")
    recorded_lumi = _lumi_field("Recorded luminosity")
    recorded_lumi_unit = _lumi_unit_field()
    delivered_lumi = _lumi_field("Delivered luminosity")
    delivered_lumi_unit = _lumi_unit_field()
    init_lumi = _lumi_field("Initial luminosity")
    init_lumi_unit = _inst_lumi_unit_field()
    end_lumi = _lumi_field("End luminosity")
    end_lumi_unit = _inst_lumi_unit_field()

    class Meta:
        model = OmsRun
        fields = (
            "run_type",
            "lumisections",
            "energy",
            "b_field",
            "recorded_lumi",
            "delivered_lumi",
            "init_lumi",
            "end_lumi",
        )


class OmsFillForm(TypedForm):
    """Typed attributes of a fill."""

    prefix = "fill"
    CONVERSIONS = {"init_lumi": _INSTANTANEOUS, "peak_lumi": _INSTANTANEOUS}

    fill_number = WholeNumberField("Fill number", 1, 99_999)
    fill_type_runtime = _text_field("Fill type")
    era = _text_field("Era")
    init_lumi = _lumi_field("Initial luminosity of the fill")
    init_lumi_unit = _inst_lumi_unit_field()
    peak_lumi = _lumi_field("Peak luminosity")
    peak_lumi_unit = _inst_lumi_unit_field()
    peak_pileup = NumberField("Peak pile-up", 0, 1000)
    bunches_colliding = WholeNumberField("Colliding bunches", 0, 3564)

    class Meta:
        model = OmsFill
        fields = (
            "fill_number",
            "fill_type_runtime",
            "era",
            "init_lumi",
            "peak_lumi",
            "peak_pileup",
            "bunches_colliding",
        )
