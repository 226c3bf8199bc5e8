"""The rows of components, problems and checklists of the certify page, and their HTML."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from django.template.loader import render_to_string
from django.urls import get_script_prefix

from certify.models.choices import Flag
from certify.models.components import Component
from certify.models.vocabulary import TRACKERMAP_CHECKLIST
from certify.vocabulary.widgets import Option, field_options, term_options
from infrastructure.web.rendered_cache import render_once

if TYPE_CHECKING:
    from collections.abc import Sequence

    from django.utils.safestring import SafeString

    from certify.editor.editor import CertificationEditor
    from certify.editor.form import CertificationForm
    from certify.editor.live_checks import ConfirmationBox
    from certify.editor.range_rows import RangesNote, RangesOffer
    from certify.vocabulary.cache import FormChecklist
    from certify.vocabulary.inline_forms import InlineTermForm

# The input that a list is about, by the identifier of the list.
_FLAG_FIELDS = {TRACKERMAP_CHECKLIST: "trackermap"} | {
    component.declaration.starter_checklist: component.flag_field
    for component in Component
    if component.declaration.starter_checklist
}
_FLAG_KEYS = {Flag.GOOD: "g", Flag.BAD: "b", Flag.EXCLUDED: "x"}


class ChecklistRow(NamedTuple):
    """A checklist beside the input that it is about: `flag_field`, empty for the general list and additional ones.

    `has_box`: the form has a checkbox for it. `was_open`: this edition was open on this shift day for this run type.
    `types_opened`: the run types for which it was, separated by spaces.
    """

    checklist: FormChecklist
    flag_field: str = ""
    has_box: bool = False
    was_open: bool = False
    is_ticked: bool = False
    errors: tuple[str, ...] = ()
    types_opened: str = ""


class ComponentRow(NamedTuple):
    """The choices of one component: (option, keyboard key) of each flag, low statistics, required confirmations.

    `ranges`: its bad lumisections as text, with a note below them; `offers`: ranges to take over.
    """

    name: str
    label: str
    flags: tuple[tuple[Option, str], ...]
    is_low: bool
    errors: tuple[str, ...]
    confirmations: tuple[ConfirmationBox, ...]
    ranges: str
    note: RangesNote
    offers: tuple[RangesOffer, ...] = ()

    @property
    def chosen(self) -> str:
        """The flag, empty if none is chosen."""
        return next((option.value for option, _key in self.flags if option.is_chosen), "")

    @property
    def is_bad(self) -> bool:
        return self.chosen == Flag.BAD

    @property
    def initial(self) -> str:
        return Component(self.name).declaration.initial

    @property
    def required(self) -> str:
        """Names of the components that it requires, separated by spaces."""
        return " ".join(row.component for row in Component(self.name).declaration.prerequisites if row.is_required)

    @property
    def shows_ranges(self) -> bool:
        """Whether the field of its bad lumisections is open."""
        return bool(self.ranges or self.note.errors)

    @property
    def html(self) -> SafeString:
        return _component_html(self)


class ProblemsRow(NamedTuple):
    """The problems of one component. `html_name`: the name of its checkboxes."""

    component: str
    label: str
    html_name: str
    options: tuple[Option, ...]
    errors: tuple[str, ...]


@render_once(maxsize=256)
def _component_html(component: ComponentRow) -> SafeString:
    """One component with its flags, errors and confirmations."""
    return render_to_string("certify/_component.html", {"component": component})


def render_problems(rows: tuple[ProblemsRow, ...], may_add: bool, new_term_form: InlineTermForm | None) -> SafeString:
    """Render the problems of all components, and the form that adds one."""
    if new_term_form is None:
        return _problems_html(rows, may_add, get_script_prefix())
    return _problems_with_form_html(rows, may_add, new_term_form)


@render_once(maxsize=64)
def _problems_html(rows: tuple[ProblemsRow, ...], may_add: bool, _prefix: str) -> SafeString:
    return _problems_with_form_html(rows, may_add, None)


def _problems_with_form_html(
    rows: tuple[ProblemsRow, ...], may_add: bool, new_term_form: InlineTermForm | None
) -> SafeString:
    context = {"rows": rows, "may_add": may_add, "new_term_form": new_term_form}
    return render_to_string("certify/_problems.html", context)


def render_checklists(rows: tuple[ChecklistRow, ...]) -> SafeString:
    return render_to_string("certify/_checklists.html", {"rows": rows})


def component_row(
    form: CertificationForm,
    component: Component,
    confirmations: Sequence[ConfirmationBox],
    note: RangesNote,
    offers: Sequence[RangesOffer],
) -> ComponentRow:
    flag, low, ranges = (form[name] for name in (component.flag_field, component.lowstat_field, component.ranges_field))
    return ComponentRow(
        name=component.value,
        label=str(component.label),
        flags=tuple((option, _FLAG_KEYS[Flag(option.value)]) for option in field_options(flag)),
        is_low=bool(low.value()),
        errors=tuple(str(error) for error in (*flag.errors, *low.errors)),
        confirmations=tuple(confirmations),
        ranges=ranges.value() or "",
        note=note,
        offers=tuple(offers),
    )


def problems_row(editor: CertificationEditor, component: Component) -> ProblemsRow:
    problems = editor.form[component.problems_field]
    options, errors = term_options(problems, editor.vocabulary), (str(error) for error in problems.errors)
    return ProblemsRow(component.value, str(component.label), problems.html_name, tuple(options), tuple(errors))


def checklist_rows(form: CertificationForm) -> tuple[ChecklistRow, ...]:
    """Return the lists of the form, in their order."""
    return tuple(_checklist_row(form, checklist) for checklist in form.checklists.all)


def _checklist_row(form: CertificationForm, checklist: FormChecklist) -> ChecklistRow:
    has_box = form.checklists.has_box(checklist)
    opened = form.checklists.opened | form.checklist_usage.opened
    return ChecklistRow(
        checklist,
        _FLAG_FIELDS.get(checklist.identifier, ""),
        has_box,
        was_open=checklist.key in opened,
        is_ticked=has_box and form.is_bound and form.is_ticked(checklist),
        errors=tuple(map(str, form.errors.get(checklist.checkbox_name, []))) if form.is_bound else (),
        types_opened=" ".join(form.checklists.types_opened(checklist)),
    )
