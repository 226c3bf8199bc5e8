"""Answers that several pages give: a form was saved, or what was asked for is not there."""

from django.http import Http404, HttpResponseRedirect


class HttpResponseSeeOther(HttpResponseRedirect):
    """303: go and read what the save made; reloading sends nothing twice."""

    status_code = 303


class ExplainedHttp404(Http404):
    """404 that knows why: its text is the sentence on the page."""
