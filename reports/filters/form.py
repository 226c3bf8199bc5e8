"""The filters of the week, as the address names them."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.http import QueryDict

from certify.filters.date_range import FIRST_DAY, LAST_DAY, DateRange, days_of_week, this_week
from certify.models.choices import Component, Reconstruction, TrackerMap, Verdict
from certify.rules.run_numbers import parse_ranges
from certify.vocabulary.cache import vocabulary
from oms.choices import RunType
from reports.daily.forms import day_field
from reports.filters.week import Scope
from users.models import User

_MOST_PEOPLE = 100


def _text(label: str, length: int = 150, **attrs: str) -> forms.CharField:
    return forms.CharField(label=label, required=False, max_length=length, widget=forms.TextInput(attrs=attrs))


def _number(label: str, most: float) -> forms.FloatField:
    says = dict.fromkeys(("invalid", "min_value", "max_value"), f"Give a number from 0 to {most:g}.")
    widget = forms.TextInput(attrs={"inputmode": "decimal"})
    return forms.FloatField(
        label=label, required=False, min_value=0, max_value=most, error_messages=says, widget=widget
    )


def _words(label: str, choices: list[tuple[str, str]]) -> forms.MultipleChoiceField:
    says = {"invalid_choice": "There is no %(value)s here."}
    return forms.MultipleChoiceField(label=label, required=False, choices=choices, error_messages=says)


class PeopleField(forms.MultipleChoiceField):
    """Persons by account name; cleaned to the persons. Which are offered is the page's business."""

    def __init__(self) -> None:
        super().__init__(label="Shifters", required=False)

    def clean(self, value: Any) -> list[User]:
        names = [name for name in value or [] if name]
        if any(not name.isprintable() or len(name) > 150 for name in names) or len(names) > _MOST_PEOPLE:
            raise forms.ValidationError("Nobody has this account name.")
        people = list(User.objects.filter(username__in=names).order_by("username")) if names else []
        for name in set(names) - {person.username for person in people}:
            raise forms.ValidationError(f"Nobody has the account name {name}.")
        return people


def problem_choices() -> list[tuple[str, str]]:
    """Every problem, as pixel-3 and Pixel: its name."""
    words = vocabulary().terms
    return [
        (f"{component.value}-{word.pk}", f"{component.label}: {word.name}")
        for component in Component
        for word in words[f"{component.value}_problems"]
    ]


class ComponentProblemsField(forms.MultipleChoiceField):
    """Problems of any component; cleaned to the keys by component."""

    def __init__(self) -> None:
        says = {"invalid_choice": "There is no problem %(value)s."}
        super().__init__(label="Problems", required=False, choices=problem_choices, error_messages=says)

    def clean(self, value: Any) -> dict[str, list[int]]:
        chosen: dict[str, list[int]] = {}
        for one in super().clean([one for one in value or [] if one]):
            component, _, key = one.partition("-")
            chosen.setdefault(component, []).append(int(key))
        return chosen


class WeekForm(forms.Form):
    """All filters of the week. Without days it is this ISO week (UTC); with runs and no days, all days."""

    week = _text("Week", 10, placeholder="2018-W17")
    user = PeopleField()
    runs = _text("Runs and ranges", 2000, placeholder="316187, 316199-316202")
    run_type = _words("Run type", RunType.choices)
    reconstruction = _words("Reconstruction", Reconstruction.choices)
    verdict = _words("Verdict", Verdict.choices)
    trackermap = _words("Tracker map", TrackerMap.choices)
    b_field = _number("B field (T)", 10)
    energy = _number("Energy (GeV)", 100_000)
    beam = _text("Beam", placeholder="PROTON")
    dataset = _text("Dataset contains")
    problem = ComponentProblemsField()

    def __init__(self, asked: QueryDict) -> None:
        super().__init__(asked)
        self.fields = {"from": day_field("From (UTC)"), "to": day_field("To (UTC)"), **self.fields}

    def clean_week(self) -> DateRange | None:
        try:
            return days_of_week(name) if (name := self.cleaned_data["week"].strip()) else None
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean_runs(self) -> list[tuple[int, int]]:
        typed = self.cleaned_data["runs"]
        try:
            return parse_ranges(typed) if typed.strip() else []
        except ValueError as wrong:
            raise forms.ValidationError(str(wrong)) from None

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        first, last = cleaned.get("from"), cleaned.get("to")
        for name, day in (("from", first), ("to", last)):
            if day and not FIRST_DAY <= day <= LAST_DAY:
                self.add_error(name, f"Days go from {FIRST_DAY} to {LAST_DAY}.")
        if first and last and last < first:
            self.add_error("to", "Ends before it begins.")
        return cleaned

    def scope(self) -> Scope:
        """What a valid form asks for."""
        said = dict(self.cleaned_data)
        days = _days(said.pop("from"), said.pop("to"), said.pop("week"), bool(said["runs"]))
        return Scope(days, said)


def _days(first: date | None, last: date | None, week: DateRange | None, has_runs: bool) -> DateRange:
    """A range comes before a week; no days at all are this week, or all where runs are named."""
    if first or last:
        return DateRange(first, last)
    return week or (DateRange() if has_runs else this_week())


FILTER_NAMES = frozenset({"from", "to", *WeekForm.base_fields})
