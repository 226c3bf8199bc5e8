"""Responses of several pages: after a save, and for a missing object."""

from django.http import Http404, HttpResponseRedirect


class HttpResponseSeeOther(HttpResponseRedirect):
    """Status 303 after a save, so that reloading the next page does not submit the form again."""

    status_code = 303


class ExplainedHttp404(Http404):
    """Status 404 with the text for the page."""
