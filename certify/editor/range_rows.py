"""What the certify page shows below the bad lumisections of a component: errors, the price, ranges to take over."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from certify.editor.opinions import may_show_opinions
from certify.models.choices import Flag, Reconstruction
from certify.models.components import Component, ComponentFlag
from certify.rules.range_rules import (
    accepted_ranges,
    count_off,
    off_text,
    price_text,
    range_refusals,
    unshared_ranges,
)
from infrastructure.number_ranges import NumberRange, NumberRanges, format_ranges, ranges_without

if TYPE_CHECKING:
    from collections.abc import Iterable

    from certify.editor.editor import CertificationEditor


class RangesOffer(NamedTuple):
    """Ranges that a button adds to the field of a component. `sentence`: why, empty where the page says it already."""

    component: str
    label: str
    ranges: str
    sentence: str = ""


class RangesNote(NamedTuple):
    """What is beside the field of a component: its errors, else the price of its ranges.

    `may_remove`: whether a button that removes the ranges is offered, since the whole run is bad or excluded.
    """

    component: str
    errors: tuple[str, ...] = ()
    price: str = ""
    may_remove: bool = False


def ranges_notes(editor: CertificationEditor) -> dict[str, RangesNote]:
    """Return the note of each component. Without ranges no query."""
    typed = _typed_ranges(editor)
    return {component.value: _note(editor, component, typed) for component in Component}


def ranges_offers(editor: CertificationEditor) -> dict[str, list[RangesOffer]]:
    """Return what is offered to each component that is not bad or excluded. An unbound new form offers nothing."""
    if not editor.form.is_bound and editor.existing is None:
        return {}
    typed = _typed_ranges(editor)
    offers = {}
    for component in Component:
        if not _is_whole_run_out(editor, component):
            express = _from_express(editor, component, typed)
            offered = {offer.ranges for offer in express}
            required = [offer for offer in _from_required(editor, component, typed) if offer.ranges not in offered]
            offers[component.value] = [*required, *express]
    return offers


def _typed_ranges(editor: CertificationEditor) -> dict[Component, NumberRanges]:
    """Return the ranges in the form, also of components without a flag; nothing for a field that cannot be read."""
    if editor.form.is_bound:
        editor.form.is_valid()  # cleans the form, which sets `entered_values`
        values = editor.form.entered_values
    else:
        values = {row.ranges_field: getattr(editor.existing, row.ranges_field, ()) for row in Component}
    ranges = {row: tuple((first, last) for first, last in values.get(row.ranges_field) or ()) for row in Component}
    return {component: spans for component, spans in ranges.items() if spans}


def _note(editor: CertificationEditor, component: Component, typed: dict[Component, NumberRanges]) -> RangesNote:
    errors = tuple(str(error) for error in editor.form[component.ranges_field].errors)
    if component in typed and not errors:
        errors = tuple(range_refusals(_typed_flag(editor, component, typed), editor.entry.lumisections))
    if errors:
        return RangesNote(component.value, errors, may_remove=_is_whole_run_out(editor, component))
    return RangesNote(component.value, price=price_text(component, typed, editor.entry) if component in typed else "")


def _typed_flag(
    editor: CertificationEditor, component: Component, typed: dict[Component, NumberRanges]
) -> ComponentFlag:
    """Return the flag of a component with its ranges; as good before it has a flag."""
    flag = editor.form[component.flag_field].value() or Flag.GOOD
    return ComponentFlag(component, flag, lowstat=False, ranges=typed.get(component, ()))


def _is_whole_run_out(editor: CertificationEditor, component: Component) -> bool:
    return editor.form[component.flag_field].value() in (Flag.BAD, Flag.EXCLUDED)


def _from_required(
    editor: CertificationEditor, component: Component, typed: dict[Component, NumberRanges]
) -> list[RangesOffer]:
    """Return the ranges of what good tracks require, as far as the component does not have them."""
    required = [row.component for row in component.declaration.prerequisites if row.is_required]
    last = editor.entry.lumisections
    accepted = {row: accepted_ranges(_typed_flag(editor, row, typed), last) for row in required}
    ranges = _missing([span for spans in accepted.values() for span in spans], typed.get(component, ()))
    if not ranges:
        return []
    is_asked = component in unshared_ranges(editor.entry)  # the question names them
    sentence = "" if is_asked else f"{' and '.join(row.label for row in required if accepted[row])}: {ranges} bad."
    return [RangesOffer(component, f"same for {component.label}", ranges, sentence)]


def _from_express(
    editor: CertificationEditor, component: Component, typed: dict[Component, NumberRanges]
) -> list[RangesOffer]:
    """Return the ranges that express has for a component which is good here, once all flags are set."""
    if editor.form_context.reconstruction != Reconstruction.PROMPT or not may_show_opinions(editor):
        return []
    express, is_good = editor.twin, editor.form[component.flag_field].value() == Flag.GOOD
    if express is None or not is_good:
        return []
    ranges = ranges_without(express.component_flags[component].ranges, typed.get(component, ()))
    if not ranges:
        return []
    text, label = format_ranges(ranges), Reconstruction.EXPRESS.label
    off = count_off(component, editor.entry, ranges)
    sentence = f"{label} has {text} bad{f', {off_text(off)}' if off else ''}; not confirmed here yet."
    return [RangesOffer(component, f"take from {label}", text, sentence)]


def _missing(offered: Iterable[NumberRange], present: NumberRanges) -> str:
    return format_ranges(ranges_without(offered, present))
