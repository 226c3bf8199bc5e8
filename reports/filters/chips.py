"""The filters as the page draws them: what is set, as chips to take away, and the fields with their options."""

from __future__ import annotations

from dataclasses import dataclass
from typing import cast

from django.forms import BoundField, ChoiceField
from django.http import QueryDict

from certify.editor.widgets import Option
from certify.models import TrackerCertification
from reports.filters.form import FILTER_NAMES, WeekForm, problem_choices
from reports.filters.week import Scope
from users.models import User

# Names that single parts know.
_OF_PARTS = {"page", "per_page", "name", "again", "since", "upto", "list"}


@dataclass(frozen=True)
class WeekFilterChoice:
    """A field with its options; drawn by the templates that draw those of the list."""

    field: BoundField
    options: list[Option]
    is_multiple: bool = True


@dataclass(frozen=True)
class WeekFilterChip:
    """A filter that is set, and the query that is left without it."""

    text: str
    query: str


def choices(form: WeekForm) -> dict[str, WeekFilterChoice]:
    """The fields of several words; of people, those who certified anything."""
    names = ("run_type", "reconstruction", "verdict", "trackermap", "problem")
    offered = {name: _offered(form, name) for name in names} | {"user": _people(form)}
    return {name: _choice(form[name], pairs) for name, pairs in offered.items()}


def _offered(form: WeekForm, name: str) -> list[tuple[str, str]]:
    return list(cast(ChoiceField, form.fields[name]).choices)  # type: ignore[arg-type]


def _choice(field: BoundField, pairs: list[tuple[str, str]]) -> WeekFilterChoice:
    chosen = set(field.value() or [])
    return WeekFilterChoice(field, [Option(str(value), str(label), str(value) in chosen) for value, label in pairs])


def _people(form: WeekForm) -> list[tuple[str, str]]:
    certified = TrackerCertification.objects.order_by().values("user")
    people = list(
        User.objects.filter(pk__in=certified).order_by("username").only("username", "first_name", "last_name")
    )
    known = {person.username for person in people}
    more = [person for person in form.cleaned_data.get("user", []) if person.username not in known]
    return [(person.username, _named(person)) for person in (*people, *more)]


def _named(person: User) -> str:
    name = person.display_name
    return f"{person.username} · {name}" if name != person.username else name


def chips(scope: Scope) -> list[WeekFilterChip]:
    """Each filter that is set; the days stand in the heading."""
    return [WeekFilterChip(text, scope.without(name)) for name, text in filter_descriptions(scope).items()]


def filter_descriptions(scope: Scope) -> dict[str, str]:
    """Each filter that is set, by its name in the address: Verdict bad."""
    sent = {name: value for name, value in scope.as_sent().items() if name not in ("week", "from", "to")}
    labels = dict(problem_choices()) if "problem" in sent else {}
    return {name: f"{WeekForm.base_fields[name].label} {_says(value, labels)}" for name, value in sent.items()}


def _says(value: object, labels: dict[str, str]) -> str:
    if isinstance(value, list):
        return ", ".join(labels.get(one) or one for one in value)
    return f"{value:g}" if isinstance(value, float) else str(value)


def unknown_names(asked: QueryDict) -> list[str]:
    """Names in the address that mean nothing here, such as a filter with a typing error."""
    return sorted(set(asked) - FILTER_NAMES - _OF_PARTS)
