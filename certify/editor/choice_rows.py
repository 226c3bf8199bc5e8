"""What is said of components, problems and checklists, as the page draws it: once for all that say the same."""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from django.template.loader import render_to_string
from django.utils.safestring import SafeString

from certify.editor.editor import Desk
from certify.editor.form import CertificationForm
from certify.editor.live_checks import Box
from certify.editor.widgets import Option, options_of, word_options
from certify.models.choices import Component, Flag
from certify.vocabulary.cache import ToTick
from certify.vocabulary.inline_forms import NewWordForm

_KEYS = {Flag.GOOD: "g", Flag.BAD: "b", Flag.EXCLUDED: "x"}


class ComponentRow(NamedTuple):
    """One component's choices on the page: (option, key) of each flag, the low tick, what is asked of them."""

    name: str
    label: str
    flags: tuple[tuple[Option, str], ...]
    is_low: bool
    errors: tuple[str, ...]
    asked: tuple[Box, ...]

    @property
    def is_bad(self) -> bool:
        return any(option.is_chosen for option, _key in self.flags if option.value == Flag.BAD)

    @property
    def html(self) -> SafeString:
        return _drawn_component(self)


class ProblemsRow(NamedTuple):
    """The problems of one component; `boxes`: name of its boxes."""

    label: str
    boxes: str
    options: tuple[Option, ...]
    errors: tuple[str, ...]


class ChecklistRow(NamedTuple):
    """A checklist with its box on the page."""

    list: ToTick
    is_ticked: bool = False
    errors: tuple[str, ...] = ()


@lru_cache(maxsize=256)
def _drawn_component(component: ComponentRow) -> SafeString:
    """Drawn once for all pages on which as much is said."""
    return render_to_string("certify/_component.html", {"component": component})


def draw_problems(rows: tuple[ProblemsRow, ...], is_open: bool, may_add: bool, adds: NewWordForm | None) -> SafeString:
    """The problems of all components, and the small form that adds one."""
    context = {"rows": rows, "is_open": is_open, "may_add": may_add, "adds": adds}
    return render_to_string("certify/_problems.html", context)


drawn_problems = lru_cache(maxsize=256)(draw_problems)


@lru_cache(maxsize=64)
def drawn_checklists(rows: tuple[ChecklistRow, ...]) -> SafeString:
    return render_to_string("certify/_checklists.html", {"rows": rows})


def component_row(form: CertificationForm, component: Component, asked: list[Box]) -> ComponentRow:
    flag, low = form[component.value], form[f"{component}_lowstat"]
    return ComponentRow(
        name=component.value,
        label=str(component.label),
        flags=tuple((option, _KEYS[Flag(option.value)]) for option in options_of(flag)),
        is_low=bool(low.value()),
        errors=tuple(str(error) for error in (*flag.errors, *low.errors)),
        asked=tuple(asked),
    )


def problems_row(desk: Desk, component: Component) -> ProblemsRow:
    problems = desk.form[f"{component}_problems"]
    options, errors = word_options(problems, desk.vocabulary), (str(error) for error in problems.errors)
    return ProblemsRow(str(component.label), problems.html_name, tuple(options), tuple(errors))


def checklist_rows(form: CertificationForm) -> tuple[ChecklistRow, ...]:
    if not form.is_bound:
        return tuple(ChecklistRow(one) for one in form.checklists)
    return tuple(
        ChecklistRow(one, form.is_ticked(one), tuple(str(error) for error in form.errors.get(one.box, [])))
        for one in form.checklists
    )
