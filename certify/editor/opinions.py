"""The opinions of others beside an open form: not before all flags are set, so that nobody judges by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from certify.models.choices import Flag
from certify.models.components import Component
from certify.opinions import OtherOpinions, other_opinions
from certify.ranges.registry_comparison import RunDatasetKey, compare_with_stored

if TYPE_CHECKING:
    from certify.editor.editor import CertificationEditor


def may_show_opinions(editor: CertificationEditor) -> bool:
    """Whether all flags are set in the form, or `SHOW_OPINIONS_FIRST` is on."""
    if settings.SHOW_OPINIONS_FIRST:
        return True
    return all(editor.form[component.flag_field].value() in Flag.values for component in Component)


def form_opinions(editor: CertificationEditor) -> OtherOpinions | None:
    """Return the opinions of others; None, without a query, while they may not be shown.

    One query; with bad lumisections those of `compare_with_stored` too.
    """
    if not may_show_opinions(editor):
        return None
    form_context, component_flags = editor.form_context, editor.entry.component_flags
    dataset = str(editor.form["dataset"].value() or "")
    registry_flags = form_context.registry_flags.get(dataset, {})
    key = RunDatasetKey(form_context.run_number, form_context.reconstruction, dataset)
    by_lumisection = compare_with_stored(key, registry_flags, component_flags.values(), editor.entry.lumisections)
    return other_opinions(
        editor.run,
        form_context.reconstruction,
        registry_flags,
        component_flags,
        form_context.training_of,
        by_lumisection,
    )
