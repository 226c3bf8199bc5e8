"""The opinions of others beside an open form: not before all flags are set, so that nobody judges by them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.conf import settings

from certify.models.choices import Flag
from certify.models.components import Component
from certify.opinions import OtherOpinions, other_opinions

if TYPE_CHECKING:
    from certify.editor.editor import CertificationEditor


def may_show_opinions(editor: CertificationEditor) -> bool:
    """Whether all flags are set in the form, or `SHOW_OPINIONS_FIRST` is on."""
    if settings.SHOW_OPINIONS_FIRST:
        return True
    return all(editor.form[component.flag_field].value() in Flag.values for component in Component)


def form_opinions(editor: CertificationEditor) -> OtherOpinions | None:
    """Return the opinions of others, with one query; None, without a query, while they may not be shown."""
    if not may_show_opinions(editor):
        return None
    form_context = editor.form_context
    dataset = str(editor.form["dataset"].value() or "")
    return other_opinions(
        editor.run,
        form_context.reconstruction,
        form_context.registry_flags.get(dataset, {}),
        editor.entry.component_flags,
        form_context.training_of,
    )
