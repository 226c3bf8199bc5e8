"""A reason added while certifying: the form comes back with it chosen and all else as typed."""

from __future__ import annotations

from typing import Any

from django.http import QueryDict

from certify.actions import add_bad_reason
from certify.desk import Desk
from certify.forms import BadReasonForm
from certify.vocabulary import vocabulary


def reason_added(actor: Any, sent: QueryDict, desk: Desk) -> bool:
    """Whether the person pressed "Add": then the reason is made, or its error shown, and nothing else is saved."""
    if "add_reason" not in sent:
        return False
    desk.reason_form = BadReasonForm(sent)
    if desk.reason_form.is_valid():
        name, description = (desk.reason_form.cleaned_data[key] for key in ("new_reason", "new_reason_description"))
        made = desk.reason_form.taken() or add_bad_reason(actor, name, description)
        desk.vocabulary = vocabulary()
        desk.form.start_again_with("bad_reason", made.pk)
        desk.reason_form = BadReasonForm()
    return True
