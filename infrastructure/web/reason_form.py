"""Why something is done: asked wherever an operation needs a reason of its own."""

from django import forms


class ReasonForm(forms.Form):
    """The reason, kept with the change."""

    reason = forms.CharField(
        max_length=500, label="Why", widget=forms.Textarea(attrs={"rows": 3}), error_messages={"required": "Say why."}
    )
