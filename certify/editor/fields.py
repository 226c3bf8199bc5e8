"""Form fields that handle any submitted text, including keys that the database would refuse."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from certify.models import RunReconstruction
from infrastructure.number_ranges import RangesInvalid, format_ranges, parse_ranges

if TYPE_CHECKING:
    from certify.references.ranking import RankedReference

MAX_RANGES_LENGTH = 10_000  # characters
_MAX_KEY_LENGTH = 18  # digits that fit a primary key in every supported database


def _is_possible_key(value: object) -> bool:
    """Whether the value can be a primary key."""
    return str(value).isascii() and str(value).isdigit() and len(str(value)) <= _MAX_KEY_LENGTH


class TermsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Rows by primary key. An impossible key is an invalid choice, not a database error."""

    def _check_values(self, value: Any) -> Any:
        for key in value if isinstance(value, list | tuple) else ():
            if not _is_possible_key(key):
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": str(key)[:40]})
        return super()._check_values(value)  # type: ignore[misc]


class RangesField(forms.CharField):
    """Bad lumisections of a component as text, such as "310-330, 352"; cleaned, ranges that are minimal."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(required=False, **kwargs)

    def to_python(self, value: Any) -> Any:
        text = super().to_python(value) or ""
        if len(text) > MAX_RANGES_LENGTH:
            raise forms.ValidationError(
                f"The text has {len(text)} characters. Write ranges with at most {MAX_RANGES_LENGTH}.",
                code="max_length",
            )
        try:
            return parse_ranges(text)
        except RangesInvalid as error:
            raise forms.ValidationError(str(error), code="invalid") from None

    def has_changed(self, initial: Any, data: Any) -> bool:
        """Compare as text: 310-330 is 310 – 330."""
        try:
            return bool(self.to_python(data) != self.to_python(self.prepare_value(initial or ())))
        except forms.ValidationError:
            return True

    def prepare_value(self, value: Any) -> Any:
        """Return the text of stored ranges; what was typed stays as it is."""
        return value if value is None or isinstance(value, str) else format_ranges((row[0], row[1]) for row in value)


class ReferenceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The reference run. `offer` sets the choices."""

    def to_python(self, value: Any) -> RunReconstruction | None:
        """Return the chosen row. The error of a retired reference names its successor."""
        try:
            return super().to_python(value)
        except forms.ValidationError as error:
            retired = RunReconstruction.objects.filter(successor__is_reference=True).select_related("successor")
            for reference in retired.filter(pk=value) if _is_possible_key(value) else ():
                offered = f"{reference.successor} is offered in its place"
                sentence = f"{reference} is retired: {offered}. Choose that or another."
                raise forms.ValidationError(sentence, code="invalid_choice") from error
            raise

    def offer(self, ranked: list[RankedReference], chosen: str) -> None:
        """Set the ranked references as choices, without impossible ones except the `chosen` one (primary key)."""
        offered = [
            (option.reference.pk, option.label)
            for option in ranked
            if option.is_possible or str(option.reference.pk) == chosen
        ]
        self.choices = offered or [("", "No reference run of this type yet")]
