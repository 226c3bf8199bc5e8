"""A reason or a problem added while certifying: the form comes back with it chosen and all else as typed."""

from __future__ import annotations

from django.http import QueryDict

from certify.editor.editor import Desk
from certify.vocabulary.inline_forms import FORMS
from users.models import User


def wants_word(sent: QueryDict) -> bool:
    """Whether the person pressed "Add": then nothing else is saved."""
    return any(f"add_{what}" in sent for what in FORMS)


def word_added(actor: User, sent: QueryDict, desk: Desk) -> bool:
    """Make the word and choose it on the desk; False when its error stands beside it."""
    what = next(what for what in FORMS if f"add_{what}" in sent)
    form = FORMS[what](sent)
    desk.forget_errors()
    if is_new := form.is_to_be_added_by(actor):
        desk.choose_word(form.field, form.add(actor))
    elif form.offers:
        desk.choose_word(form.field, form.offers)
    desk.new_words |= {what: None if is_new else form}
    return is_new
