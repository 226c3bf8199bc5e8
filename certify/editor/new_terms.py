"""A reason or a problem added while certifying: the form comes back with it chosen and all else as typed."""

from __future__ import annotations

from django.http import QueryDict

from certify.editor.editor import CertificationEditor
from certify.vocabulary.inline_forms import INLINE_FORMS
from users.models import User


def is_new_term(sent: QueryDict) -> bool:
    """Whether the person pressed "Add": then nothing else is saved."""
    return any(f"add_{what}" in sent for what in INLINE_FORMS)


def add_new_term(actor: User, sent: QueryDict, editor: CertificationEditor) -> bool:
    """Make the word and choose it in the editor; False when its error stands beside it."""
    what = next(what for what in INLINE_FORMS if f"add_{what}" in sent)
    form = INLINE_FORMS[what](sent)
    editor.clear_errors()
    if is_new := form.validate_for(actor):
        editor.choose_term(form.field, form.save(actor))
    elif form.term_to_choose:
        editor.choose_term(form.field, form.term_to_choose)
    editor.new_term_forms |= {what: None if is_new else form}
    return is_new
