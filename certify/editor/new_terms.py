"""Add a reason or a problem from the certify page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from certify.vocabulary.inline_forms import INLINE_FORMS

if TYPE_CHECKING:
    from django.http import QueryDict

    from certify.editor.editor import CertificationEditor
    from users.models import User


def is_new_term(sent: QueryDict) -> bool:
    """Whether the person pressed "Add" for a reason or a problem. Such a POST saves nothing else."""
    return any(f"add_{name}" in sent for name in INLINE_FORMS)


def add_new_term(actor: User, sent: QueryDict, editor: CertificationEditor) -> bool:
    """Create the term and choose it in the editor. Returns False if its form is invalid."""
    name = next(name for name in INLINE_FORMS if f"add_{name}" in sent)
    form = INLINE_FORMS[name](sent)
    editor.clear_errors()
    if is_new := form.validate_for(actor):
        editor.choose_term(form.field, form.save(actor))
    elif form.term_to_choose:
        editor.choose_term(form.field, form.term_to_choose)
    editor.new_term_forms |= {name: None if is_new else form}
    return is_new
