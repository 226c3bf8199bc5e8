"""Forms for a question to the shifter and its answer."""

from django import forms

MAX_LENGTH = 2000


def _text_field(label: str, required_message: str) -> forms.CharField:
    messages = {"required": required_message, "max_length": f"Shorten it to {MAX_LENGTH} characters."}
    widget = forms.Textarea(attrs={"rows": 4, "maxlength": MAX_LENGTH, "autofocus": True})
    return forms.CharField(max_length=MAX_LENGTH, label=label, widget=widget, error_messages=messages)


class QuestionForm(forms.Form):
    """A question of the shift leader."""

    text = _text_field("Question", "Type the question.")


class AnswerForm(forms.Form):
    """The answer of the shifter."""

    answer = _text_field("Answer", "Type the answer.")
