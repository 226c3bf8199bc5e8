"""The facts of a run for the page: value, unit, source, and an input if the value can be typed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from django.template.loader import render_to_string
from django.utils.html import format_html
from django.utils.safestring import SafeString

from certify.facts.forms import shown_field_name
from certify.facts.presentation import NOT_REPORTED, fact_text, has_fact, luminosities_like, typed_by_text
from certify.vocabulary.widgets import Option, field_options
from infrastructure.web.rendered_cache import render_once
from oms.choices import RunType, SourceKind
from oms.forms import OmsFillForm, OmsRunForm
from oms.models import OmsFill, OmsRun, Source
from oms.overrides import oms_value

if TYPE_CHECKING:
    from django.forms import BoundField

    from certify.editor.editor import CertificationEditor

FOR_COLLISIONS = "needed for collisions"
# (label, attribute, unit) of the luminosities and of the fill.
_LUMI_FACTS = [
    ("Recorded", "recorded_lumi", ""),
    ("Delivered", "delivered_lumi", ""),
    ("Initial", "init_lumi", ""),
    ("End", "end_lumi", ""),
]
_FILL_FACTS = [
    ("Era", "era", ""),
    ("Particles", "fill_type_runtime", ""),
    ("Colliding", "bunches_colliding", "bunches"),
    ("Initial", "init_lumi", ""),
    ("Peak", "peak_lumi", ""),
    ("Pile-up", "peak_pileup", ""),
]


@dataclass(frozen=True)
class FactLine:
    """One fact. `field` and `unit_field`: its inputs if it is missing, typed or being corrected.

    `shown`: (name, value) of the hidden field with the initial value. `oms_text`: the value of OMS beside a typed one.
    `cached_html`: the rendered line, if it is the same on every page.
    """

    label: str
    text: str
    unit: str = ""
    source: Source | None = None
    field: BoundField | None = None
    unit_field: BoundField | None = None
    needed: str = ""
    shown: tuple[str, str] | None = None
    oms_text: str = ""
    cached_html: SafeString | None = None

    @property
    def html(self) -> SafeString:
        """The rendered line."""
        if self.cached_html is not None:
            return self.cached_html
        if self.field is not None:
            return render_to_string("certify/_fact_with_input.html", {"line": self})
        return _plain_line_html(self.css_classes, self.label, self.text)

    @property
    def css_classes(self) -> str:
        """CSS class of a line that has no value."""
        return " fact-missing" if self.text == NOT_REPORTED else ""

    @property
    def unit_options(self) -> list[Option]:
        """The units to choose from."""
        return field_options(self.unit_field) if self.unit_field is not None else []

    @property
    def errors(self) -> list[str]:
        """Errors of the typed value and of its unit."""
        fields = [field for field in (self.field, self.unit_field) if field is not None]
        return [str(error) for field in fields for error in field.errors]

    @property
    def is_offer(self) -> bool:
        """Whether the input is optional: OMS answered without the value."""
        answered = self.source is not None and self.source.kind == SourceKind.NONE and self.source.at is not None
        return answered and self.field is not None and not self.field.value() and not self.errors

    @property
    def typed_by(self) -> str:
        """Who typed the value and when (UTC); empty if it is not typed."""
        return typed_by_text(self.source) if self.source else ""


@dataclass(frozen=True)
class FactGroup:
    """Facts under one heading. `has_confirmations`: the confirmation of the recorded luminosity stands below them."""

    title: str
    lines: list[FactLine]
    is_wide: bool = False
    has_confirmations: bool = False

    @property
    def html(self) -> SafeString:
        """The rendered lines. Only lines with inputs use a template, which takes ten times as long."""
        return SafeString("\n".join(line.html for line in self.lines))


def _plain_line_html(css_classes: str, label: str, text: str) -> SafeString:
    """Render a line without an input, and without a template, which takes ten times as long."""
    return format_html('<div class="fact{}"><dt>{}</dt><dd>{}</dd></div>', css_classes, label, text)


def fact_groups(editor: CertificationEditor) -> list[FactGroup]:
    """Return the groups run, luminosity, fill and configuration."""
    run, fill = editor.run, editor.run.fill or OmsFill()
    run_facts = [("Type", "run_type", ""), ("B field", "b_field", "T"), ("Energy", "energy", "GeV")]
    run_facts += [("Lumisections", "lumisections", ""), ("Particles", "fill_type_runtime", "")]
    run_facts += [("Duration", "duration", "")] if run.run_type == RunType.COSMICS else []
    run_facts += [("Began", "start_time", "UTC"), ("Ended", "end_time", "UTC"), ("Sequence", "sequence", "")]
    wide_facts = [("HLT key", "hlt_key", ""), ("Detectors", "components", "")]
    groups = [
        FactGroup("Run", _fact_lines(editor, run, OmsRunForm, run_facts)),
        FactGroup("Luminosity", _fact_lines(editor, run, OmsRunForm, _LUMI_FACTS)),
        FactGroup(
            "Fill",
            _fact_lines(editor, run, OmsFillForm, [("Number", "fill_number", "")])
            + _fact_lines(editor, fill, OmsFillForm, _FILL_FACTS if _has_fill(editor) else []),
        ),
        FactGroup("Configuration", _fact_lines(editor, run, OmsRunForm, wide_facts), is_wide=True),
    ]
    shown = [group for group in groups if group.lines]
    confirming = next((group.title for group in shown if group.title == "Luminosity"), "Run")
    return [replace(group, has_confirmations=group.title == confirming) for group in shown]


def _has_fill(editor: CertificationEditor) -> bool:
    return editor.facts.is_correcting or has_fact(editor.run.run_type, "fill_number", editor.run.fill_number)


def _fact_lines(
    editor: CertificationEditor,
    row: OmsRun | OmsFill,
    form_class: type[OmsRunForm | OmsFillForm],
    facts: list[tuple[str, str, str]],
) -> list[FactLine]:
    """Build the lines of these (label, attribute, unit), without those that a cosmics run does not have."""
    return [
        _fact_line(editor, row, form_class, *fact)
        for fact in facts
        if has_fact(editor.run.run_type, fact[1], getattr(row, fact[1])) or editor.facts.is_correcting
    ]


def _fact_line(
    editor: CertificationEditor,
    row: OmsRun | OmsFill,
    form_class: type[OmsRunForm | OmsFillForm],
    label: str,
    name: str,
    unit: str,
) -> FactLine:
    """Build the line of one fact. The forms are built only if it has an input that is not optional."""
    if editor.facts.is_only_offered(row, name) and name in form_class.base_fields:
        return FactLine(label, NOT_REPORTED, cached_html=_offered_line_html(form_class, label, name, unit))
    if editor.facts.has_input(row, form_class, name):
        form = editor.run_form if form_class is OmsRunForm else editor.fill_form
        return _input_line(editor, row, form, label, name, unit)
    text = fact_text(name, getattr(row, name), unit, _luminosities_like(editor, name))
    return FactLine(label, text, unit)


def _luminosities_like(editor: CertificationEditor, name: str) -> list[float | None]:
    """Return the luminosities on the page with the quantity of `name`: they have one unit."""
    shown = [(editor.run, _LUMI_FACTS), (editor.run.fill, _FILL_FACTS if _has_fill(editor) else [])]
    return luminosities_like(name, *({fact[1]: getattr(row, fact[1]) for fact in facts} for row, facts in shown if row))


@render_once(maxsize=64)
def _offered_line_html(form_class: type[OmsRunForm | OmsFillForm], label: str, name: str, unit: str) -> SafeString:
    """Render the folded, empty input of a value that OMS does not give. It is the same on every page."""
    form: Any = form_class(None, instance=form_class._meta.model(), required=set())
    line = FactLine(
        label=label,
        text=NOT_REPORTED,
        unit=unit,
        source=Source(SourceKind.NONE, at=datetime.min.replace(tzinfo=UTC)),
        field=form[name],
        unit_field=form[f"{name}_unit"] if f"{name}_unit" in form.fields else None,
        shown=(shown_field_name(form, name), ""),
    )
    return render_to_string("certify/_fact_with_input.html", {"line": line})


def _input_line(
    editor: CertificationEditor, row: OmsRun | OmsFill, form: OmsRunForm | OmsFillForm, label: str, name: str, unit: str
) -> FactLine:
    source, shown = row.source_of(name), editor.facts.shown(form, name)
    beside = [*_luminosities_like(editor, name), *([oms_value(row, name)] if name.endswith("_lumi") else [])]
    text = fact_text(name, getattr(row, name), unit, beside)
    oms_text = fact_text(name, oms_value(row, name), unit, beside)
    is_corrected = source.kind == SourceKind.TYPED and row.fetched_at is not None
    is_being_corrected = source.kind == SourceKind.OMS and form.is_bound and not editor.facts.is_unchanged(form, name)
    return FactLine(
        label=label,
        text=text,
        unit=unit,
        needed=_needed_text(editor, form, name),
        source=source,
        field=form[name],
        unit_field=form[f"{name}_unit"] if f"{name}_unit" in form.fields else None,
        shown=(shown_field_name(form, name), shown),
        oms_text=oms_text if is_corrected else text if is_being_corrected else "",
    )


def _needed_text(editor: CertificationEditor, form: Any, name: str) -> str:
    """Return whether the value must be typed: "needed", only for collisions (`FOR_COLLISIONS`), or ""."""
    if name in form.fields and form.fields[name].required:
        return "needed"
    is_open = editor.run.fetched_at is None and editor.facts.run_type in ("", RunType.UNKNOWN)
    return FOR_COLLISIONS if is_open and name in ("fill_number", "energy", "recorded_lumi") else ""
