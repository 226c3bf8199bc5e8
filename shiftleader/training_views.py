"""The page on which a shift leader puts a shifter in training, or ends it, with a reason."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django import forms
from django.contrib import messages
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from infrastructure.web.reason_form import ReasonField, ReasonForm
from infrastructure.web.responses import HttpResponseSeeOther
from shiftleader.parts.training import practice_counts
from users.access import SignedInRequest, role_required
from users.fields import ShifterField
from users.models import Role
from users.training import MAX_REASON_LENGTH, TrainingUnchanged, switch_training

if TYPE_CHECKING:
    from django.http import HttpResponse

ON, OFF = "on", "off"
_BUTTON_LABELS = {ON: "Put in training", OFF: "End the training"}


class TrainingForm(ReasonForm):
    """The shifter, whether they are in training, and the reason."""

    person = ShifterField(label="Shifter", to_field_name="username")
    training = forms.ChoiceField(
        choices=[(ON, "in training"), (OFF, "not in training")],
        label="From now on",
        initial=ON,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Put in training, or end the training: choose one."
        ),
    )
    reason = ReasonField(max_length=MAX_REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 2}))

    field_order = ("person", "training", "reason")


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def training(request: SignedInRequest) -> HttpResponse:
    """Start or end the training of a shifter, with a reason. `?person=` and `?training=` prefill the form."""
    if request.method != "POST":
        initial = {name: request.GET[name] for name in ("person", "training") if request.GET.get(name)}
        return _render_page(request, TrainingForm(initial={"training": ON} | initial))
    form = TrainingForm(request.POST)
    if not form.is_valid():
        return _render_page(request, form, status=422)
    data = form.cleaned_data
    try:
        person = switch_training(request.user, data["person"], is_on=data["training"] == ON, reason=data["reason"])
    except TrainingUnchanged as error:
        form.add_error("person", str(error))
        return _render_page(request, form, status=422)
    messages.success(request, f"{person.display_name} is {'in training' if person.in_training else 'not in training'}.")
    return HttpResponseSeeOther(reverse("shiftleader:training"))


def _render_page(request: SignedInRequest, form: TrainingForm, status: int = 200) -> HttpResponse:
    suggested = OFF if form["training"].value() == OFF else ON
    buttons = [
        (value, _BUTTON_LABELS[value], value == suggested)
        for value in sorted(_BUTTON_LABELS, key=lambda value: value != suggested)
    ]
    context = {"form": form, "buttons": buttons, "practice_counts": practice_counts()}
    return render(request, "shiftleader/training.html", context, status=status)
