"""Who is in training, and the switch: a part of the week for shift leaders, and the page that asks why."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from certify.models import TrackerCertification
from infrastructure.web.responses import HttpResponseSeeOther
from reports.scope import Scope
from users.access import SignedInRequest, role_required
from users.fields import ShifterField
from users.models import Role, User
from users.training import MAX_REASON_LENGTH, TrainingUnchanged, switch_training, training_candidates

ON, OFF = "on", "off"
_BUTTON_LABELS = {ON: "Put in training", OFF: "End the training"}
PracticeCounts = list[tuple[User, int]]


class TrainingForm(forms.Form):
    """Whose training, on or off, and why."""

    person = ShifterField(label="Shifter", to_field_name="username")
    training = forms.ChoiceField(
        choices=[(ON, "in training"), (OFF, "not in training")],
        label="From now on",
        initial=ON,
        error_messages=dict.fromkeys(
            ("required", "invalid_choice"), "Put in training, or end the training: choose one."
        ),
    )
    reason = forms.CharField(
        max_length=MAX_REASON_LENGTH,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why."},
    )


def part(request: SignedInRequest, _scope: Scope) -> dict[str, Any]:
    """Who is in training and who has practised: for shift leaders; others read who sets it."""
    return {"practice_counts": practice_counts() if request.user.may_change_others else None}


def practice_counts() -> PracticeCounts:
    """Those in training, and those who have practice, with how much of it: two queries."""
    practice = TrackerCertification.everything.live().filter(is_practice=True).order_by()
    number = dict(practice.values_list("user").annotate(Count("pk")))
    people = [person for person in training_candidates() if person.in_training or person.pk in number]
    return [(person, number.get(person.pk, 0)) for person in people]


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def training_page(request: SignedInRequest) -> HttpResponse:
    """Put somebody in training or take them out, with a reason; `?person=` and `?training=` fill the form."""
    if request.method != "POST":
        asked = {name: request.GET[name] for name in ("person", "training") if request.GET.get(name)}
        return _render_page(request, TrainingForm(initial={"training": ON} | asked))
    form = TrainingForm(request.POST)
    if not form.is_valid():
        return _render_page(request, form, status=422)
    said = form.cleaned_data
    try:
        person = switch_training(request.user, said["person"], is_on=said["training"] == ON, reason=said["reason"])
    except TrainingUnchanged as refused:
        form.add_error("person", str(refused))
        return _render_page(request, form, status=422)
    messages.success(request, f"{person.display_name} is {'in training' if person.in_training else 'not in training'}.")
    return HttpResponseSeeOther(reverse("shiftleader:training"))


def _render_page(request: SignedInRequest, form: TrainingForm, status: int = 200) -> HttpResponse:
    meant = OFF if form["training"].value() == OFF else ON
    ways = [
        (value, _BUTTON_LABELS[value], value == meant)
        for value in sorted(_BUTTON_LABELS, key=lambda value: value != meant)
    ]
    context = {"form": form, "buttons": ways, "practice_counts": practice_counts()}
    return render(request, "shiftleader/training.html", context, status=status)
