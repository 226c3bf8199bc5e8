"""A question to the shifter, and its answer."""

from django import forms

LONGEST = 2000


def _text(label: str, missing: str) -> forms.CharField:
    says = {"required": missing, "max_length": f"Shorten it to {LONGEST} characters."}
    area = forms.Textarea(attrs={"rows": 4, "maxlength": LONGEST, "autofocus": True})
    return forms.CharField(max_length=LONGEST, label=label, widget=area, error_messages=says)


class QuestionForm(forms.Form):
    """What the shift leader wants to know."""

    text = _text("Question", "Type the question.")


class AnswerForm(forms.Form):
    """What the shifter says to it."""

    answer = _text("Answer", "Type the answer.")
