"""What people keep of the week for themselves."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from audit.choices import ChangeKind
from audit.operation import operation
from shiftleader.models import SavedFilter
from users.models import User

MAX_FILTERS = 50


class TooManyFilters(Exception):
    """The actor has as many as a person may keep; the text says so."""


def save_filter(actor: User, name: str, query: str) -> SavedFilter:
    """The actor's filter of this name, made or set to another query. Raises `TooManyFilters`."""
    with operation(actor, ChangeKind.SETTING) as done:
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # sent twice at once, it is made once
        mine = SavedFilter.objects.select_for_update(of=("self",)).filter(user=actor, is_retired=False)
        saved = mine.filter(name=name).first()
        if saved:
            done.track_loaded(saved)
            saved.query = query
        elif len(mine) >= MAX_FILTERS:
            raise TooManyFilters(f"You have {MAX_FILTERS} saved filters. Remove one, then save this one.")
        else:
            saved = SavedFilter(user=actor, name=name, query=query)
        saved.save()
    return saved


def retire_filter(actor: User, saved: SavedFilter) -> None:
    """Offer it no longer. Raises `PermissionDenied` for anybody but whose it is."""
    with operation(actor, ChangeKind.SETTING) as done:
        held = SavedFilter.objects.select_for_update(of=("self",)).get(pk=saved.pk)
        if held.user_id != actor.pk:
            raise PermissionDenied("This filter is somebody else’s. Only they can remove it.")
        done.track_loaded(held)
        held.is_retired = True
        held.save()
