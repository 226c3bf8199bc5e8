"""Saving and retiring filters of the week."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from audit.operation import operation
from shiftleader.choices import SettingChangeKind
from shiftleader.models import SavedFilter
from users.models import User

MAX_FILTERS = 50


class TooManyFilters(Exception):
    """The actor already has `MAX_FILTERS` saved filters. The message is for the page."""


def save_filter(actor: User, name: str, query: str) -> SavedFilter:
    """Create the filter of this name for the actor, or replace its query. Raises `TooManyFilters`."""
    with operation(actor, SettingChangeKind.SETTING) as done:
        User.objects.select_for_update(no_key=True).get(pk=actor.pk)  # serializes concurrent requests of one person
        own_filters = SavedFilter.objects.select_for_update(of=("self",)).filter(user=actor, is_retired=False)
        saved = own_filters.filter(name=name).first()
        if saved:
            done.track_loaded(saved)
            saved.query = query
        elif len(own_filters) >= MAX_FILTERS:
            raise TooManyFilters(f"You have {MAX_FILTERS} saved filters. Remove one, then save this one.")
        else:
            saved = SavedFilter(user=actor, name=name, query=query)
        saved.save()
    return saved


def retire_filter(actor: User, saved: SavedFilter) -> None:
    """Retire a saved filter. Raises `PermissionDenied` if the actor is not its owner."""
    with operation(actor, SettingChangeKind.SETTING) as done:
        locked = SavedFilter.objects.select_for_update(of=("self",)).get(pk=saved.pk)
        if locked.user_id != actor.pk:
            raise PermissionDenied("This filter is somebody else’s. Only they can remove it.")
        done.track_loaded(locked)
        locked.is_retired = True
        locked.save()
