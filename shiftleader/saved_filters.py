"""Saved filters: those of a person, and the form to save the current ones."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from django import forms
from django.http import QueryDict

from certify.filters.names import DAY_NAMES, current_names, has_days
from shiftleader.models import SavedFilter

if TYPE_CHECKING:
    from reports.scope import Scope
    from users.models import User


class SaveFilterForm(forms.Form):
    """A name, and whether the days are saved too."""

    name = forms.CharField(label="Save these filters as", max_length=50)
    with_days = forms.BooleanField(label="with these days", required=False)


@dataclass(frozen=True)
class SavedFilterLink:
    """A saved filter with its query string. A filter without days gets the days of the page."""

    saved_filter: SavedFilter
    query: str


def saved_filter_links(person: User, scope: Scope) -> list[SavedFilterLink]:
    """The saved filters of a person by name: one query."""
    filters = SavedFilter.objects.filter(user=person, is_retired=False)
    return [SavedFilterLink(saved, _query_in_scope(saved.query, scope)) for saved in filters]


def _query_in_scope(query: str, scope: Scope) -> str:
    saved = current_names(QueryDict(query))
    return query if has_days(saved) else urlencode({**scope.days.query(), **dict(saved.lists())}, doseq=True)


def query_to_save(scope: Scope, with_days: bool) -> str:
    """The query string to save for a scope."""
    return scope.filters.as_query(without=() if with_days else DAY_NAMES)
