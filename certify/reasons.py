"""A reason added while certifying: the form comes back with it chosen and all else as typed."""

from __future__ import annotations

from django.http import QueryDict

from certify.actions import add_bad_reason
from certify.desk import Desk
from certify.forms import BadReasonForm
from users.models import User


def wants_reason(sent: QueryDict) -> bool:
    """Whether the person pressed "Add": then nothing else is saved."""
    return "add_reason" in sent


def reason_added(actor: User, sent: QueryDict, desk: Desk) -> bool:
    """Make the reason and choose it on the desk; False when its error stands beside it."""
    desk.reason_form = BadReasonForm(sent)
    desk.forget_errors()
    if not desk.reason_form.is_valid():
        return False
    typed = desk.reason_form.cleaned_data
    made = add_bad_reason(actor, typed["new_reason"], typed["new_reason_description"])
    desk.form.send_as("bad_reason", made.pk)
    desk.reason_form = BadReasonForm()
    return True
