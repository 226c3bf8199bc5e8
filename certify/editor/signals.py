"""Signals of the certify page."""

from django.dispatch import Signal

# A form was opened with a search. Arguments: user, and numbers, the set of the run numbers of the search.
search_opened = Signal()
