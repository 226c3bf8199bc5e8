"""The form that makes a file."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4, uuid5

from django import forms
from django.utils import timezone

from golden.layouts import LAYOUTS
from golden.models import Policy
from golden.selectors import policy_version_as_of

if TYPE_CHECKING:
    from django.http import QueryDict

    from golden.models import PolicyVersion

_LAYOUT_LABELS = {
    "wrap42": "wrap 42, as in 2016",
    "wrap80": "wrap 80, as in 2017 and 2018",
    "indent": "indent, from 2022 on",
    "flat": "flat, as Run Registry has it",
    "lumilist": "lumi list, as CRAB has it",
}
_EXAMPLE = "2018-12-20 08:00"


class MakeFileForm(forms.Form):
    """Policy, time (UTC) and layout. Clean, it has `version`, the one in force at that time, and `moment`.

    `policy`: the name of the one that is chosen at first.
    """

    policy = forms.ModelChoiceField(Policy.objects.none(), to_field_name="name", empty_label=None)
    as_of = forms.CharField(
        label="As of (UTC)", required=False, max_length=40, help_text=f"Empty: now. Else {_EXAMPLE}."
    )
    layout = forms.ChoiceField(
        required=False, choices=[("", "that of the policy"), *((name, _LAYOUT_LABELS[name]) for name in LAYOUTS)]
    )
    key = forms.UUIDField(required=False, widget=forms.HiddenInput, initial=uuid4)
    version: PolicyVersion
    moment: datetime

    def __init__(self, data: QueryDict | None = None, policy: str = "") -> None:
        super().__init__(data, label_suffix="", initial={"policy": policy})
        self.fields["policy"].queryset = Policy.objects.all()  # type: ignore[attr-defined]
        self.fields["as_of"].widget.attrs |= {"placeholder": "now", "autocomplete": "off"}

    @property
    def content_key(self) -> UUID | None:
        """The key of the form with what was entered, so that another entry in the same form makes another file."""
        key = self.cleaned_data.get("key")
        return uuid5(key, "\n".join(str(self[name].value()) for name in ("policy", "as_of", "layout"))) if key else None

    def clean_as_of(self) -> datetime | None:
        """Return the time, None for now."""
        text = self.cleaned_data["as_of"].strip().removesuffix("UTC").strip()
        if not text:
            return None
        try:
            moment = datetime.fromisoformat(text)
            return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
        except (ValueError, OverflowError):
            raise forms.ValidationError(f"It is no time. Write {_EXAMPLE}, or nothing for now.") from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors:
            self.moment = cleaned["as_of"] or timezone.now()
            version = policy_version_as_of(cleaned["policy"].name, self.moment)
            if version is None:
                self.add_error("as_of", f"{cleaned['policy']} did not exist then. Give a later time.")
            else:
                self.version = version
        return cleaned
