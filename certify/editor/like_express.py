"""Take over flags, comment and the kind of reference of the express certification into the form of a prompt."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from certify.models.components import LOWSTAT_FIELDS, PROBLEM_FIELDS, RANGES_FIELDS
from certify.rules.like_express import may_be_like_express

if TYPE_CHECKING:
    from collections.abc import Mapping

    from django.http import QueryDict

    from certify.editor.editor import CertificationEditor
    from certify.references.ranking import RankedReference
    from certify.rules.entry import TwinCertification

FIELD = "like_express"
TAKE_OVER = "take"  # value of the button; the form then carries TAKEN
TAKEN = "taken"


def is_take_over(sent: QueryDict) -> bool:
    """Whether the person pressed "All like express". Such a POST saves nothing."""
    return sent.getlist(FIELD)[-1:] == [TAKE_OVER]


def is_taken_over(sent: Mapping[str, Any]) -> bool:
    """Whether flags were taken over into the form that was sent. The action checks that they are still those."""
    return sent.get(FIELD) == TAKEN


def is_offered(editor: CertificationEditor) -> bool:
    """Whether "All like express" is offered: for a new prompt under the guard of the rules."""
    reconstruction = editor.form_context.reconstruction
    return editor.existing is None and may_be_like_express(editor.run_with_typed, reconstruction, editor.twin)


def take_over(editor: CertificationEditor) -> None:
    """Set the flags, the comment and the reference in the submitted form, if it is offered. Not the tracker map.

    A typed comment stays; reason, problems and bad lumisections are removed, since everything is good.
    """
    express = editor.twin
    if express is not None and is_offered(editor):
        _set_values(editor, express)
    else:
        editor.form.untick(FIELD)
    editor.clear_errors()  # cleans the form, so it comes after the values


def _set_values(editor: CertificationEditor, express: TwinCertification) -> None:
    for component_flag in express.component_flags.values():
        editor.form.set_sent_value(component_flag.component.flag_field, component_flag.flag)
    for name in LOWSTAT_FIELDS:
        editor.form.untick(name)
    for name in ("bad_reason", *PROBLEM_FIELDS, *RANGES_FIELDS):
        editor.form.untick(name)
    editor.form.set_sent_value("comment", _joined_comments(editor.form["comment"].value() or "", express.comment))
    if reference := _reference_like(express, editor.ranked):
        editor.form.set_sent_value("reference_runreconstruction", str(reference.reference.pk))
    editor.form.set_sent_value(FIELD, TAKEN)


def _joined_comments(typed: str, comment: str) -> str:
    """Return the typed comment, with that of express below it unless it is in there already."""
    if comment in typed:
        return typed
    return f"{typed.rstrip()}\n{comment}" if typed.strip() else comment


def _reference_like(express: TwinCertification, ranked: list[RankedReference]) -> RankedReference | None:
    """Return the reference of the same kind: prompt where express had an express one, else of the same reconstruction.

    The same run comes first, then the best ranked one; None if there is none, and the form keeps its own.
    """
    is_own = express.reference_reconstruction == express.reconstruction
    wanted = "prompt" if is_own else express.reference_reconstruction
    fitting = [row for row in ranked if row.is_possible and row.reference.reconstruction == wanted]
    same_run = (row for row in fitting if row.reference.run_number == express.reference_run_number)
    return next(same_run, fitting[0] if fitting else None)
