"""URLs with their parameters, and the URL to which a save leads."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from django.urls import reverse

from certify.editor.worklist import form_search

if TYPE_CHECKING:
    from certify.editor.form_context import FormContext
    from certify.models import TrackerCertification

MAX_SEARCH_LENGTH = 2000  # characters, so that it fits in a URL


def next_address(sent: Any, certification: TrackerCertification, form_context: FormContext) -> str:
    """Return the URL after a save: the next open run of the search if requested, else the search or the list."""
    runs = sent.get("runs", "")[:MAX_SEARCH_LENGTH]
    if runs and sent.get("then") == "next":
        following = form_search(runs, form_context).next_open((certification.run_number, certification.reconstruction))
        if following:
            address = reverse("certify:certify-reconstruction", args=[following.run_number, following.reconstruction])
            return with_query(address, dataset=following.dataset, runs=runs)
    return with_query(reverse("openruns:open-runs"), runs=runs) if runs else reverse("listruns:list")


def with_query(address: str, **query: str) -> str:
    """Return the URL with the parameters that have a value."""
    parameters = urlencode({name: value for name, value in query.items() if value})
    return f"{address}?{parameters}" if parameters else address
