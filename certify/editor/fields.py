"""Form fields that outlive any text sent to them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms

from certify.models import RunReconstruction

if TYPE_CHECKING:
    from certify.references.ranking import RankedReference

_MAX_KEY_LENGTH = 18  # digits: what every database here takes as a key


def _is_possible_key(value: object) -> bool:
    """Whether a row can have this key."""
    return str(value).isascii() and str(value).isdigit() and len(str(value)) <= _MAX_KEY_LENGTH


class TermsField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Some rows by key. A key that no row can have is an invalid choice, not an error of the database."""

    def _check_values(self, value: Any) -> Any:
        for key in value if isinstance(value, list | tuple) else ():
            if not _is_possible_key(key):
                raise forms.ValidationError(self.error_messages["invalid_choice"], params={"value": str(key)[:40]})
        return super()._check_values(value)  # type: ignore[misc]


class ReferenceField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """The reference run; `offer` puts the ranked ones in order, the impossible ones left out but for the `chosen`."""

    def to_python(self, value: Any) -> RunReconstruction | None:
        """As any choice; of one that was retired meanwhile it is said what is offered in its place."""
        try:
            return super().to_python(value)
        except forms.ValidationError as refused:
            retired = RunReconstruction.objects.filter(successor__is_reference=True).select_related("successor")
            for one in retired.filter(pk=value) if _is_possible_key(value) else ():
                sentence = f"{one} is retired: {one.successor} is offered in its place. Choose that or another."
                raise forms.ValidationError(sentence, code="invalid_choice") from refused
            raise

    def offer(self, ranked: list[RankedReference], chosen: str) -> None:
        offered = [
            (one.reference.pk, one.label) for one in ranked if one.is_possible or str(one.reference.pk) == chosen
        ]
        self.choices = offered or [("", "No reference run of this type yet")]
