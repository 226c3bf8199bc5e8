"""A question to the shifter, and its answer."""

from django import forms

MAX_LENGTH = 2000


def _text_field(label: str, missing: str) -> forms.CharField:
    says = {"required": missing, "max_length": f"Shorten it to {MAX_LENGTH} characters."}
    area = forms.Textarea(attrs={"rows": 4, "maxlength": MAX_LENGTH, "autofocus": True})
    return forms.CharField(max_length=MAX_LENGTH, label=label, widget=area, error_messages=says)


class QuestionForm(forms.Form):
    """What the shift leader wants to know."""

    text = _text_field("Question", "Type the question.")


class AnswerForm(forms.Form):
    """What the shifter says to it."""

    answer = _text_field("Answer", "Type the answer.")
