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
from infrastructure.web.responses import SeeOther
from reports.filters.week import Scope
from users.access import SignedInRequest, role_required
from users.fields import ShifterField
from users.models import Role, User
from users.training import LONGEST_REASON, NotSwitched, people_to_train, switch_training

ON, OFF = "on", "off"
_SAYS = {ON: "Put in training", OFF: "End the training"}
Practised = list[tuple[User, int]]


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
        max_length=LONGEST_REASON,
        label="Why",
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Say why."},
    )


def part(request: SignedInRequest, _scope: Scope) -> dict[str, Any]:
    """Who is in training and who has practised: for shift leaders; others read who sets it."""
    return {"practised": practised() if request.user.may_change_others else None}


def practised() -> Practised:
    """Those in training, and those who have practice, with how much of it: two queries."""
    practice = TrackerCertification.everything.live().filter(is_practice=True).order_by()
    number = dict(practice.values_list("user").annotate(Count("pk")))
    people = [person for person in people_to_train() if person.in_training or person.pk in number]
    return [(person, number.get(person.pk, 0)) for person in people]


@require_http_methods(["GET", "HEAD", "POST"])
@role_required(Role.SHIFT_LEADER)
def switch(request: SignedInRequest) -> HttpResponse:
    """Put somebody in training or take them out, with a reason; `?person=` and `?training=` fill the form."""
    if request.method != "POST":
        asked = {name: request.GET[name] for name in ("person", "training") if request.GET.get(name)}
        return _page(request, TrainingForm(initial={"training": ON} | asked))
    form = TrainingForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    said = form.cleaned_data
    try:
        person = switch_training(request.user, said["person"], is_on=said["training"] == ON, reason=said["reason"])
    except NotSwitched as refused:
        form.add_error("person", str(refused))
        return _page(request, form, status=422)
    messages.success(request, f"{person.display_name} is {'in training' if person.in_training else 'not in training'}.")
    return SeeOther(reverse("shiftleader:training"))


def _page(request: SignedInRequest, form: TrainingForm, status: int = 200) -> HttpResponse:
    meant = OFF if form["training"].value() == OFF else ON
    ways = [(value, _SAYS[value], value == meant) for value in sorted(_SAYS, key=lambda value: value != meant)]
    context = {"form": form, "ways": ways, "practised": practised()}
    return render(request, "shiftleader/training.html", context, status=status)
